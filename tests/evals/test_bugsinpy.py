import subprocess
from pathlib import Path

import pytest

from evals.case import FunctionName
from evals.suite import IncidentSuite
from evals.suites.bugsinpy import load, setup_command, suite_command
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


def test_old_names_are_restored_for_every_project() -> None:
    assert "pip install pytest\n" in setup_command("unknown")
    assert "suture_old_names.pth" in setup_command("tornado")
