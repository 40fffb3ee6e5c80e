import os
import subprocess
import venv
from pathlib import Path

import pytest

from evals.case import FunctionName
from evals.suite import IncidentSuite
from evals.suites.bugsinpy import kind_of, load, prepare, setup_command, suite_command
from evals.suites.bugsinpy_checkout import Bug, node_ids, read_bugs
from evals.suites.bugsinpy_repository import build_repository, read_fix
from evals.suites.bugsinpy_tests import changed_functions, visible_tests
from suture.errors import InvalidInput

CART = (
    "class Cart:\n    def total(self):\n        return 0\n\n"
    "    def rows(self):\n        return []\n"
)
BUGGY = {
    "shop/cart.py": CART,
    "shop/__init__.py": "",
    "tests/test_cart.py": "def test_rows():\n    assert True\n",
}
FIXED = {
    "shop/cart.py": CART.replace("return 0", "return 1")
    + "\n    def new(self):\n        return 2\n",
    "shop/__init__.py": "",
    "tests/test_cart.py": (
        "from shop.cart import Cart\n\n\ndef test_rows():\n    assert True\n\n\n"
        "def test_total():\n    assert Cart().total() == 1\n\n\n"
        "class TestMore:\n    def test_new(self):\n        assert Cart().new() == 2\n"
    ),
}


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@shop.example")
    command = ["git", *who, *arguments]
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(folder: Path, files: dict[str, str]) -> str:
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "Change")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    clone = tmp_path / "shop"
    clone.mkdir()
    git(clone, "init", "-q", "-b", "main")
    buggy, fixed = commit(clone, BUGGY), commit(clone, FIXED)
    bugs = tmp_path / "BugsInPy" / "projects" / "shop" / "bugs"
    for number in ("1", "notes", "2"):
        (bugs / number).mkdir(parents=True)
    (bugs / "1" / "bug.info").write_text(
        f'python_version="3.8"\nbuggy_commit_id="{buggy}"\nfixed_commit_id="{fixed}"\n'
        'test_file="tests/test_cart.py"',
        encoding="utf-8",
    )
    (bugs / "1" / "run_test.sh").write_text("pytest tests/test_cart.py::test_total\n")
    (tmp_path / "BugsInPy" / "projects" / "absent" / "bugs" / "1").mkdir(parents=True)
    return tmp_path / "BugsInPy"


def only_bug(checkout: Path) -> Bug:
    (bug,) = read_bugs(checkout)
    return bug


def test_the_bugs_of_projects_whose_clones_lie_beside_the_checkout_are_cases(
    checkout: Path,
) -> None:
    suite = load(checkout)
    assert isinstance(suite, IncidentSuite)
    assert [(case.name, case.group) for case in suite.cases] == [("shop-1", "shop")]


def test_what_is_no_checkout_is_refused(tmp_path: Path, checkout: Path) -> None:
    for path in (None, tmp_path):
        with pytest.raises(InvalidInput):
            load(path)
    (checkout.parent / "shop").rename(checkout.parent / "elsewhere")
    with pytest.raises(InvalidInput, match="clone of a project"):
        load(checkout)


def test_a_fix_tells_what_it_changed_and_hides_its_other_tests(checkout: Path) -> None:
    fix = read_fix(only_bug(checkout))
    assert fix.failing == ("tests/test_cart.py::test_total",)
    assert fix.changed == (FunctionName(path="shop/cart.py", name="Cart.total"),)
    assert list(fix.sources) == ["shop/cart.py"]
    shown = fix.visible["tests/test_cart.py"]
    assert "test_total" in shown
    assert "test_rows" in shown
    assert "test_new" not in shown
    assert "test_new" in fix.tests["tests/test_cart.py"]
    compile(shown, "test_cart.py", "exec")
    assert suite_command(fix) == "python -m pytest -q tests/test_cart.py"


def test_the_repository_has_one_branch_with_nothing_from_after_the_bug(
    checkout: Path, tmp_path: Path
) -> None:
    bug = only_bug(checkout)
    head = build_repository(bug, read_fix(bug), tmp_path / "made")
    made = tmp_path / "made"
    assert git(made, "for-each-ref", "--format=%(refname) %(objectname)") == (
        f"refs/heads/main {head}"
    )
    assert git(made, "rev-parse", "main^") == bug.buggy
    assert "return 0" in git(made, "show", "main:shop/cart.py")
    assert "test_total" in git(made, "show", "main:tests/test_cart.py")


def test_a_bug_is_seen_to_fail_and_is_told_from_a_crash(checkout: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    prepared = prepare(only_bug(checkout), made)
    assert "test_total" in prepared.event
    assert "test_new" not in prepared.event
    assert prepared.labels == ("assertion",)
    assert kind_of(prepared.event.replace("AssertionError", "TypeError")) == "crash"


def test_commands_name_tests_of_both_runners() -> None:
    paths = ("a/b_test.py", "tests/test_x.py")
    commands = (
        "python -m unittest -q a.b_test.TestC.test_d",
        "pytest -q -s tests/test_x.py::test_y",
        "tox tests/gone.py::test_z",
    )
    assert node_ids(commands, paths) == ("a/b_test.py::TestC::test_d", "tests/test_x.py::test_y")
    assert node_ids(("python -m unittest -q gone.TestC",), paths) == ()


def test_changed_functions_are_the_innermost_that_were_there_before() -> None:
    before = (
        "def a():\n    def b():\n        return 1\n    return b\n\n\n"
        "@property\ndef c(self):\n    '''Old.'''\n    return 1\n"
    )
    after = before.replace("return 1\n    return b", "return 2\n    return b").replace("Old", "New")
    assert changed_functions(before, after) == ("a.b",)
    assert changed_functions(before, before + "\n\ndef d():\n    return 3\n") == ()
    assert changed_functions("def (", after) == ()


def test_tests_that_cannot_be_read_are_shown_as_they_are() -> None:
    assert visible_tests("def (", "", ["test_a"]) == "def ("


def test_old_names_are_restored_for_every_project(checkout: Path) -> None:
    bug = only_bug(checkout)
    for project in ("unknown", "tornado"):
        command = setup_command(bug.model_copy(update={"project": project}))
        assert "suture_old_names.pth" in command


def test_a_project_that_the_table_does_not_know_gets_what_its_checkout_pins(checkout: Path) -> None:
    listed = (
        "# by hand\nattrs==19.3.0\npytest==5.4.2\n-e git+https://x\nmock==4.0.2; echo\nmock==4\n"
    )
    folder = checkout / "projects" / "shop" / "bugs" / "1"
    for encoding in ("utf-8", "utf-16"):
        (folder / "requirements.txt").write_text(listed, encoding=encoding)
        bug = only_bug(checkout)
        assert bug.pins == ("attrs==19.3.0", "mock==4")
    assert "attrs==19.3.0\nmock==4" in setup_command(bug)
    assert "attrs" not in setup_command(bug.model_copy(update={"project": "tornado"}))


def test_the_project_itself_is_installed_as_a_name_only(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("PRICE = 1\n")
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'
        '[project]\nname = "shop"\nversion = "1.2"\ndescription = "Sells."\n'
    )
    (tmp_path / "asks.py").write_text(
        "from importlib.metadata import version\nimport sys, idna\nprint(version('shop'))\n"
        "print(version('idna'), version('pytest'), version('pytest-mock') != '1.0')\n"
        "sys.path.pop(0)\ntry:\n    import shop\nexcept ImportError:\n    print('it is the tree')\n"
    )
    venv.create(tmp_path / "env", with_pip=True)
    bug = Bug(
        project="shop",
        number=1,
        buggy="0" * 40,
        fixed="1" * 40,
        test_files=(),
        commands=("pytest",),
        pins=("idna==3.7", "there-is-no-such-package-here==1.0", "pytest-mock==1.0"),
        clone=tmp_path,
    )
    path = f"{tmp_path / 'env' / 'bin'}:{os.defpath}"
    done = subprocess.run(
        ["/bin/sh", "-ec", setup_command(bug)],
        cwd=tmp_path,
        env={**os.environ, "VIRTUAL_ENV": str(tmp_path / "env"), "PATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "there-is-no-such-package-here==1.0: not to be had" in done.stderr
    asked = [str(tmp_path / "env" / "bin" / "python"), "asks.py"]
    said = subprocess.run(asked, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert said.split("\n")[:3] == ["1.2", "3.7 7.4.4 True", "it is the tree"]
    (tmp_path / "test_old.py").write_text(
        "def test_old(request):\n    assert request.node.get_marker('slow') is None\n"
    )
    subprocess.run([*asked[:1], "-m", "pytest", "test_old.py"], cwd=tmp_path, check=True)
