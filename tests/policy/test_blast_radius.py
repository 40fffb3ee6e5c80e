"""A patch that leaves its blast radius, one way at a time."""

import pytest

from suture.domain.patch import FileChange
from suture.policy.blast_radius import Rule, check_patch, count_lines
from suture.policy.model import BlastRadius

OLD = "def total(a, b):\n    return a / b\n"
NEW = "def total(a, b):\n    return a / b if b else 0\n"
TEST = "tests/test_cart_regression_1a2b3c4d.py"


def rules(
    *changes: tuple[str, str | None],
    old: str | None = OLD,
    policy: BlastRadius | None = None,
    test: str | None = None,
) -> set[Rule]:
    files = tuple(FileChange(path=path, content=content) for path, content in changes)
    before = {path: old for path, _ in changes if path != test}
    found = check_patch(files, before, policy or BlastRadius(), test)
    assert all(violation.message for violation in found)
    return {violation.rule for violation in found}


def test_a_small_repair_with_its_test_is_fine() -> None:
    assert rules(("shop/cart.py", NEW), (TEST, "def test_a():\n    assert 1\n"), test=TEST) == set()
    assert rules(("shop/clock.py", NEW), ("shop/blocks.py", NEW)) == set()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "~/x.py",
        "../x.py",
        "a/../../x.py",
        "a//x.py",
        "./x.py",
        "a\\x.py",
        "a\x00.py",
        "a\n.py",
        "a\u202e.py",
        "C:x.py",
        "a/x.py ",
        "a./x.py",
        "a" * 500,
    ],
)
def test_paths_that_cannot_be_trusted_are_refused(path: str) -> None:
    assert rules((path, NEW)) == {Rule.PATH}


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".GitHub/workflows/ci.yml",
        ".gitlab-ci.yml",
        "deploy/Dockerfile.prod",
        "uv.lock",
        "web/package-lock.json",
        "pyproject.toml",
        "src/.env.production",
        "keys/server.pem",
        "shop/migrations/0001.py",
        ".git/hooks/pre-commit",
        "sub/.git/config",
        ".suture/policy.yaml",
        "suture.toml",
    ],
)
def test_forbidden_paths_are_refused(path: str) -> None:
    assert Rule.FORBIDDEN in rules((path, NEW))


def test_no_policy_opens_gits_own_files() -> None:
    policy = BlastRadius(forbidden_paths=())
    assert rules((".github/x.yml", NEW), policy=policy) == set()
    assert rules((".git/config", NEW), policy=policy) == {Rule.FORBIDDEN}


def test_only_allowed_paths_and_the_regression_test_may_change() -> None:
    policy = BlastRadius(allowed_paths=("src/**",))
    assert rules(("src/a.py", NEW), (TEST, "x = 1\n"), policy=policy, test=TEST) == set()
    assert rules(("lib/a.py", NEW), policy=policy) == {Rule.NOT_ALLOWED}
    assert rules(("SRC/a.py", NEW), policy=policy) == {Rule.NOT_ALLOWED}


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_cart.py",
        "shop/tests.py",
        "test_a.py",
        "a/b_test.py",
        "tests/data.json",
        "x.spec.ts",
        "x.test.mjs",
        "lib/__tests__/x.js",
        "invoice/invoice_test.go",
        "src/main/OrderTest.java",
    ],
)
def test_existing_tests_are_not_touched(path: str) -> None:
    assert Rule.TESTS in rules((path, NEW))
    assert Rule.TESTS in rules((path, None))
    assert Rule.TESTS in rules((path, NEW), old=None)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.js", "const run = require('child_process').exec"),
        ("a.js", "const f = new Function('return 1')"),
        ("a.ts", "// @ts-ignore"),
        ("a.go", 'import "os/exec"'),
        ("A.java", "@SuppressWarnings"),
    ],
)
def test_other_languages_bring_in_no_more_than_a_repair_needs(path: str, line: str) -> None:
    assert Rule.INTRODUCES in rules((path, f"{line}\n"))
    assert rules(("src/Latest.java", "class Latest { }\n")) == set()


def test_the_regression_test_must_be_a_new_test() -> None:
    files = (FileChange(path=TEST, content="x = 1\n"),)
    assert check_patch(files, {TEST: "old"}, BlastRadius(), TEST)[0].rule is Rule.TESTS
    removed = (FileChange(path=TEST, content=None),)
    assert check_patch(removed, {}, BlastRadius(), TEST)[0].rule is Rule.TESTS
    assert rules(("shop/cart.py", NEW), test="shop/cart.py") == {Rule.TESTS}
    assert Rule.FORBIDDEN in rules(("tests/conftest.py", "x = 1\n"), test="tests/conftest.py")


def test_size_is_bounded_without_the_regression_test() -> None:
    long = "".join(f"line_{number} = {number}\n" for number in range(100))
    assert rules(("a.py", OLD + long)) == {Rule.SIZE}
    assert rules((TEST, long), test=TEST) == set()
    assert rules(*((f"a{number}.py", NEW) for number in range(4))) == {Rule.SIZE}
    assert rules(("a.py", "x" * (2 << 20))) == {Rule.SIZE}
    assert rules(("a.py", NEW), ("a.py", OLD)) == {Rule.PATH}
    assert rules(("a.py", None)) == {Rule.INTERFACE}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("x = '\x00'", Rule.BINARY),
        ("x = 1 # \u202e", Rule.BINARY),
        ("x = '\u200b'", Rule.BINARY),
        ("password = 'hunter2hunter2'", Rule.SECRET),
        ("KEY = 'AKIA" + "ABCDEFGHIJKLMNOP'", Rule.SECRET),
        ("@pytest.mark.skip", Rule.INTRODUCES),
        ("@unittest.skipIf(1, 'x')", Rule.INTRODUCES),
        ("pytest.xfail('x')", Rule.INTRODUCES),
        ("x = 1  # type: ignore", Rule.INTRODUCES),
        ("x = 1  #noqa", Rule.INTRODUCES),
        ("x = 1  # pragma: no cover", Rule.INTRODUCES),
        ("eval('1')", Rule.INTRODUCES),
        ("exec (x)", Rule.INTRODUCES),
        ("import subprocess", Rule.INTRODUCES),
        ("os.system('x')", Rule.INTRODUCES),
        ("pickle.loads(x)", Rule.INTRODUCES),
    ],
)
def test_what_a_repair_does_not_need_is_refused(line: str, rule: Rule) -> None:
    assert rules(("shop/cart.py", f"{NEW}{line}\n")) == {rule}
    assert rules(("shop/cart.py", f"{NEW}{line}\n"), old=f"{OLD}{line}\n") == set()


def test_ordinary_code_and_text_bring_in_nothing() -> None:
    text = "x = re.compile('a')\ny = model.eval()\ncafé = 'naïve 日本'\nyaml.safe_load(x)\n"
    assert rules(("shop/cart.py", OLD + text)) == set()


def test_lines_are_counted_as_a_diff_counts_them() -> None:
    assert count_lines(OLD, NEW) == 2
    assert count_lines("", NEW) == 2
    assert count_lines(NEW, "") == 2
    assert count_lines("a\nb\nc\n", "a\nx\nb\ny\nc\n") == 2
    big = "\n".join(str(number) for number in range(3_000))
    assert count_lines(big, big[::-1]) > 4_000


def test_a_secret_is_not_repeated_in_the_message() -> None:
    text = f"{NEW}password = 'hunter2hunter2'\n"
    files = (FileChange(path="a.py", content=text),)
    found = check_patch(files, {"a.py": OLD}, BlastRadius())
    assert "hunter2" not in found[0].message
    assert rules(("a.py", f"{NEW}password = get_password()\n")) == set()
