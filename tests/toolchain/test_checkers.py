"""What a project's own linters and type checkers say of a patch: their output, and a real run."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.checking import new_objections
from suture.toolchain.checkers import (
    CHECKERS,
    Checker,
    CheckerRun,
    chosen_checkers,
    findings,
    new_findings,
    read_runs,
    script_for,
)
from tests.toolchain.projects import JAVASCRIPT, needs, stand_of

FILES = frozenset({"shop.py", "src/cart.ts", "pay/pay.go"})


def named(name: str) -> Checker:
    return next(checker for checker in CHECKERS if checker.name == name)


def said(name: str, output: str) -> list[tuple[str, str]]:
    return list(findings(CheckerRun(name=name, output=output), FILES))


@pytest.mark.parametrize(
    ("files", "texts", "changed", "expected"),
    [
        ((), {"pyproject.toml": "[tool.ruff]\n[tool.mypy]\n"}, "a.py", ["ruff", "mypy"]),
        ((), {"setup.cfg": "[flake8]\n[mypy]\n"}, "a.py", ["flake8", "mypy"]),
        (("ruff.toml", "pyrightconfig.json"), {}, "a.py", ["ruff", "pyright"]),
        (("ruff.toml",), {}, "a.js", []),
        (("tsconfig.json", "eslint.config.mjs"), {}, "a.tsx", ["eslint", "tsc"]),
        ((".eslintrc.json",), {}, "a.js", ["eslint"]),
        ((), {"package.json": '{"eslintConfig": {}}'}, "a.js", ["eslint"]),
        (("go.mod",), {}, "a.go", ["go vet", "gofmt"]),
        ((), {}, "a.py", []),
    ],
)
def test_only_what_the_project_has_set_up_is_asked(
    files: tuple[str, ...], texts: dict[str, str], changed: str, expected: list[str]
) -> None:
    found = chosen_checkers([changed], frozenset(files), texts)
    assert [checker.name for checker in found] == expected


def test_real_ruff_and_mypy_are_understood(tmp_path: Path) -> None:
    text = "import os\n\n\ndef half(x: int) -> str:\n    return x\n"
    (tmp_path / "shop.py").write_text(text, encoding="utf-8")
    for name, expected in (("ruff", "F401"), ("mypy", "Incompatible return value type")):
        command = named(name).command.format(files="./shop.py", folders=".")
        done = subprocess.run(
            [sys.executable, "-m", *command.split()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        found = said(name, done.stdout + done.stderr)
        assert [path for path, _ in found] == ["shop.py"], done.stdout + done.stderr
        assert expected in found[0][1]


@pytest.mark.parametrize(
    ("name", "output", "expected"),
    [
        (
            "tsc",
            "src/cart.ts(4,7): error TS2322: Type 'string' is not assignable.\n",
            [("src/cart.ts", "error TS2322: Type 'string' is not assignable.")],
        ),
        (
            "pyright",
            '  /sandbox/tree/shop.py:4:12 - error: Type "int" is not assignable\n1 error\n',
            [("shop.py", 'error: Type "int" is not assignable')],
        ),
        (
            "go vet",
            "# ex.org/shop/pay\nvet: ./pay/pay.go:5:2: undefined: x\n",
            [("pay/pay.go", "undefined: x")],
        ),
        ("gofmt", "pay/pay.go:1: not formatted\n", [("pay/pay.go", "not formatted")]),
        ("mypy", "shop.py:1: note: See the documentation\n", []),
        (
            "eslint",
            (
                'warning\n[{"filePath": "/sandbox/tree/src/cart.ts", "messages": '
                '[{"ruleId": "eqeqeq", "message": "Expected ===", "line": 3}]}]'
            ),
            [("src/cart.ts", "eqeqeq: Expected ===")],
        ),
        ("eslint", "Oops! Something went wrong!", []),
        ("eslint", "[1, {}, {", []),
        ("eslint", '[1, {"messages": 3}, {"messages": [2]}]', []),
    ],
)
def test_what_tools_print_is_understood(
    name: str, output: str, expected: list[tuple[str, str]]
) -> None:
    assert said(name, output) == expected


def test_only_what_is_new_is_told_wherever_its_line_is_now() -> None:
    base = [CheckerRun(name="ruff", output="shop.py:1:1: F401 unused\nshop.py:9:1: E501 long\n")]
    patched = [
        CheckerRun(name="ruff", output="shop.py:3:1: F401 unused\n./shop.py:4:1: F821 what\n"),
        CheckerRun(name="mypy", output="shop.py:1: error: never run on the base\n"),
    ]
    assert new_findings(base, patched, FILES) == ("ruff: shop.py: F821 what",)


def test_the_same_objection_twice_is_new_once() -> None:
    base = [CheckerRun(name="ruff", output="shop.py:1:1: F401 unused\n")]
    patched = [CheckerRun(name="ruff", output="shop.py:1:1: F401 unused\n" * 2)]
    assert new_findings(base, patched, FILES) == ("ruff: shop.py: F401 unused",)


def test_each_tool_runs_on_the_files_that_it_reads() -> None:
    checkers = (named("ruff"), named("go vet"))
    text = script_for(checkers, ["a b.py", "pay/x.go", "pay/y.go"], "abc", "start here")
    assert "start here" in text
    assert "ruff check --no-cache --output-format concise './a b.py'; }" in text
    assert "go vet ./pay; }" in text
    assert "ruff" not in script_for((named("ruff"),), [], "abc", "")


def test_only_marked_ends_of_known_tools_count() -> None:
    checkers = (named("ruff"), named("mypy"))
    text = "one\nabc 0\nabc 7\nxx 1\nxyz 1\ntwo\nabc 1\nthree"
    runs = read_runs(text, checkers, "abc")
    assert [(run.name, run.output.strip()) for run in runs] == [
        ("ruff", "one"),
        ("mypy", "xx 1\nxyz 1\ntwo"),
    ]


@given(text=st.text(max_size=300))
def test_no_output_breaks_the_readers(text: str) -> None:
    for checker in CHECKERS:
        findings(CheckerRun(name=checker.name, output=text), FILES)


TSC = """\
#!/bin/sh
grep -n oops lib/*.js | sed 's/^/lib\\/basket.js:/; s/:\\([0-9]*\\):.*/(\\1,1): error TS1: oops/'
"""


def test_a_real_run_tells_what_is_new_with_a_patch(tmp_path: Path) -> None:
    needs("node")
    files = {**JAVASCRIPT, "tsconfig.json": "{}"}
    with stand_of(files, tmp_path, setup_command="") as stand:
        tool = stand.environment / "node" / "node_modules" / ".bin" / "tsc"
        tool.parent.mkdir(parents=True)
        tool.write_text(TSC, encoding="utf-8")
        tool.chmod(0o755)
        until = time.monotonic() + 1_000
        patched = {"lib/basket.js": JAVASCRIPT["lib/basket.js"] + "// oops\n"}
        assert new_objections(patched, stand, until) == ("tsc: lib/basket.js: error TS1: oops",)
        assert new_objections({"lib/basket.js": "// fine\n"}, stand, until) == ()
        assert new_objections({"README.md": "oops"}, stand, until) == ()
        assert new_objections(patched, stand, time.monotonic() - 1) == ()
