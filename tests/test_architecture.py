"""The house rules that no linter checks."""

import ast
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
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


@dataclass(frozen=True)
class Module:
    """What the rules ask about one file, which is parsed once for all of them."""

    source: str
    docstring: str | None
    functions: tuple[tuple[str, int, int], ...]
    """Name, first line and number of lines of each."""
    imported: frozenset[str]
    """Top-level packages that are imported anywhere in it."""
    imported_at_once: frozenset[str]
    """Those of them that load together with the module."""


@cache
def read(path: Path) -> Module:
    source = (ROOT / path).read_text(encoding="utf-8")
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    return Module(
        source=source,
        docstring=ast.get_docstring(tree),
        functions=tuple(
            (node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1)
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ),
        imported=frozenset(packages(nodes)),
        imported_at_once=frozenset(packages(tree.body)),
    )


def packages(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").split(".")[0]


def test_the_top_level_packages_are_the_layers_of_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert tuple(contract["tool"]["importlinter"]["root_packages"]) == PACKAGES
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found - {"tests", "benchmarks"} == set(PACKAGES)


@pytest.mark.parametrize("path", modules(*PACKAGES, "tests", "benchmarks"), ids=str)
def test_modules_and_functions_stay_small(path: Path) -> None:
    lines = read(path).source.count("\n")
    assert lines <= MAX_MODULE_LINES, f"{path} has {lines} lines: split it by what it is about"
    for name, line, length in read(path).functions:
        assert length <= MAX_FUNCTION_LINES, f"{path}:{line} {name} {length}"


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=str)
def test_only_settings_reads_the_environment(path: Path) -> None:
    if path in ENVIRONMENT_READERS:
        return
    source = read(path).source
    assert "os.environ" not in source, f"{path} reads the environment: take a setting instead"
    assert "getenv" not in source, f"{path} reads the environment: take a setting instead"


@pytest.mark.parametrize("path", modules(*PACKAGES, "benchmarks"), ids=str)
def test_nothing_but_tests_needs_tests(path: Path) -> None:
    assert "tests" not in read(path).imported


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=str)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert read(path).docstring


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=str)
def test_names_say_something(path: Path) -> None:
    assert not {path.stem, path.parent.name} & {"utils", "helpers", "common", "manager", "base"}


def test_there_is_hardly_a_mock() -> None:
    sources = [read(path).source for path in modules("tests")]
    mocks = sum(
        source.count("unittest" + ".mock") + source.count("monkey" + "patch.setattr")
        for source in sources
    )
    tests = sum(source.count("def test_") for source in sources)
    assert mocks <= MAX_MOCKS_PER_TEST * tests


def test_heavy_libraries_load_only_where_they_are_used() -> None:
    heavy = {"litellm", "jira", "github"}
    for path in modules(*PACKAGES):
        loaded = read(path).imported_at_once & heavy
        assert not loaded, f"{path} imports {sorted(loaded)} at the top"
