"""The house rules that no linter checks."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("suture", "integrations", "activities", "workflows", "workers", "evals", "apps")
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_MOCKS_PER_TEST = 0.05
ENVIRONMENT_READERS = {Path("suture/settings.py")}


def modules(*folders: str) -> list[Path]:
    return sorted(
        path.relative_to(ROOT)
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if ROOT / "evals/incidents" not in path.parents
    )


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported(path: Path) -> Iterator[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def test_the_top_level_packages_are_the_layers_of_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert tuple(contract["tool"]["importlinter"]["root_packages"]) == PACKAGES
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found - {"tests", "benchmarks"} == set(PACKAGES)


@pytest.mark.parametrize("path", modules(*PACKAGES, "tests", "benchmarks"), ids=str)
def test_modules_and_functions_stay_small(path: Path) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_MODULE_LINES, f"{path} has {lines} lines: split it by what it is about"
    for function in functions(path):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= MAX_FUNCTION_LINES, f"{path}:{function.lineno} {function.name} {length}"


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=str)
def test_only_settings_reads_the_environment(path: Path) -> None:
    if path in ENVIRONMENT_READERS:
        return
    source = (ROOT / path).read_text(encoding="utf-8")
    assert "os.environ" not in source, f"{path} reads the environment: take a setting instead"
    assert "getenv" not in source, f"{path} reads the environment: take a setting instead"


@pytest.mark.parametrize("path", modules(*PACKAGES, "benchmarks"), ids=str)
def test_nothing_but_tests_needs_tests(path: Path) -> None:
    assert "tests" not in {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=str)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=str)
def test_names_say_something(path: Path) -> None:
    assert not {path.stem, path.parent.name} & {"utils", "helpers", "common", "manager", "base"}


def test_there_is_hardly_a_mock() -> None:
    sources = [(ROOT / path).read_text(encoding="utf-8") for path in modules("tests")]
    mocks = sum(
        source.count("unittest" + ".mock") + source.count("monkey" + "patch.setattr")
        for source in sources
    )
    tests = sum(source.count("def test_") for source in sources)
    assert mocks <= MAX_MOCKS_PER_TEST * tests


def test_heavy_libraries_load_only_where_they_are_used() -> None:
    heavy = ("litellm", "jira", "github")
    for path in modules(*PACKAGES):
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        for node in tree.body:
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            loaded = {name.split(".")[0] for name in names}
            assert not loaded & set(heavy), f"{path} imports {loaded} at the top"
