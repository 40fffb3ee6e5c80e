"""What a set-up installs, by the files that a repository has."""

import importlib.metadata
import os
from pathlib import Path

import pytest

from integrations.bubblewrap.installing import (
    LIST,
    PYTHON,
    UV,
    declared,
    parsed,
    plan_installation,
    poetry_specifier,
    read,
)
from suture.errors import SettingsError

PYTEST = importlib.metadata.version("pytest")


def laid(tmp_path: Path, **files: str) -> Path:
    names = {"pyproject": "pyproject.toml", "uv": "uv.lock", "poetry": "poetry.lock"}
    names |= {"setup": "setup.py", "requirements": "requirements.txt"}
    for name, content in files.items():
        (tmp_path / names[name]).write_text(content, encoding="utf-8")
    return tmp_path


def test_nothing_to_install(tmp_path: Path) -> None:
    plan = plan_installation(laid(tmp_path, pyproject="[tool.ruff]\n"), uv=True)
    assert (plan.command, plan.only_pytest, plan.installed) == ((), True, False)


@pytest.mark.parametrize(
    "requirements",
    [
        "pytest",
        f"pytest=={PYTEST}\n# comment\n",
        "pytest>=7 # why\npluggy",
        "a; python_version<'3'",
    ],
)
def test_pytest_alone_needs_no_registry(tmp_path: Path, requirements: str) -> None:
    plan = plan_installation(laid(tmp_path, requirements=requirements), uv=True)
    assert (plan.command, plan.only_pytest) == ((), True)


@pytest.mark.parametrize(
    "requirements",
    ["pytest==1.0", "requests", "pytest[testing]", "-r other.txt", "structlog", "git+https://x/y"],
)
def test_everything_else_does(tmp_path: Path, requirements: str) -> None:
    plan = plan_installation(laid(tmp_path, requirements=requirements), uv=True)
    assert plan.command == (UV, "pip", "install", "--python", PYTHON, "-r", "requirements.txt")
    assert not plan.only_pytest


def test_a_uv_lock_is_followed_exactly(tmp_path: Path) -> None:
    tree = laid(
        tmp_path,
        uv="version = 1\n",
        pyproject='[project]\nname = "a"\n'
        '[project.optional-dependencies]\ntest = ["x"]\ndocs = []\n'
        "[dependency-groups]\ndev = []\nlint = []\n",
    )
    plan = plan_installation(tree, uv=True)
    expected = (UV, "sync", "--frozen", "--python", PYTHON, "--group", "dev", "--extra", "test")
    assert plan.command == expected
    assert plan.installed
    with pytest.raises(SettingsError, match="uv is not installed"):
        plan_installation(tree, uv=False)


def test_a_poetry_lock_becomes_pinned_requirements(tmp_path: Path) -> None:
    tree = laid(
        tmp_path,
        poetry='[[package]]\nname = "wares"\nversion = "1.2"\nmarkers = "os_name == \'posix\'"\n'
        '[[package]]\nname = "extra"\nversion = "2"\noptional = true\n'
        '[[package]]\nname = "plain"\nversion = "3"\n',
        pyproject='[tool.poetry.dependencies]\npython = "^3.11"\nwares = "^1.2"\n',
    )
    plan = plan_installation(tree, uv=False)
    assert plan.command == (
        *(PYTHON, "-m", "pip", "install", "--no-input", "--progress-bar", "off"),
        *("-r", LIST),
    )
    assert plan.files == ((LIST, "wares==1.2 ; os_name == 'posix'\nplain==3\n"),)


def test_a_project_is_installed_with_what_its_tests_need(tmp_path: Path) -> None:
    tree = laid(
        tmp_path,
        pyproject="[build-system]\nrequires = []\n"
        '[project]\nname = "a"\ndependencies = ["wares>1"]\n'
        '[project.optional-dependencies]\ntesting = ["goods"]\ndocs = ["sphinx"]\n'
        '[dependency-groups]\ndev = [{include-group = "more"}, "pytest"]\n'
        'more = ["crates", {include-group = "dev"}]\nlint = ["ruff"]\n',
    )
    (tree / "requirements").mkdir()
    (tree / "requirements" / "test.txt").write_text("boxes\n", encoding="utf-8")
    (tree / "requirements" / "docs.txt").write_text("sphinx\n", encoding="utf-8")
    plan = plan_installation(tree, uv=True)
    assert plan.command[5:] == ("-r", "requirements/test.txt", "-r", LIST, "-e", ".")
    assert plan.files == ((LIST, "wares>1\ngoods\npytest\ncrates\n"),)
    assert plan.installed
    assert not plan.only_pytest


def test_an_old_style_project_is_installed(tmp_path: Path) -> None:
    plan = plan_installation(laid(tmp_path, setup="from setuptools import setup\n"), uv=True)
    assert plan.command[5:] == ("-e", ".")
    assert plan.only_pytest


@pytest.mark.parametrize(
    ("wanted", "specifier"),
    [
        ("^1.2.3", ">=1.2.3,<2"),
        ("^0.2.3", ">=0.2.3,<0.3"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.4", "~=1.4"),
        (">=1,<2", ">=1,<2"),
        ("1.5", "==1.5"),
        ("*", ""),
        ("^nonsense", ""),
        ({"version": "^2.0", "extras": ["x"]}, ">=2.0,<3"),
        ({"git": "https://example.com/x"}, ""),
        (7, ""),
    ],
)
def test_poetrys_versions_become_standard_ones(wanted: object, specifier: str) -> None:
    assert poetry_specifier(wanted) == specifier


def test_poetrys_groups_for_tests_are_declared() -> None:
    project = parsed(
        '[tool.poetry.dependencies]\npython = "^3.11"\nwares = "1.0"\n'
        '[tool.poetry.group.test.dependencies]\npytest = "*"\n'
        '[tool.poetry.group.docs.dependencies]\nsphinx = "*"\n'
    )
    assert declared(project) == ["wares==1.0", "pytest"]


@pytest.mark.parametrize(
    "text",
    [
        "not [ toml",
        "[project]\ndependencies = 7\n",
        'project = "text"\ntool = []\n',
        '[dependency-groups]\ndev = "pytest"\ntest = [7, {include-group = 3}]\n',
        "[project]\ndependencies = ['a\\nb']\n",
        '[project]\ndependencies = ["""a\n--index-url x"""]\n',
        "a = " + "[" * 20_000,
    ],
)
def test_nonsense_asks_for_nothing(tmp_path: Path, text: str) -> None:
    plan = plan_installation(laid(tmp_path, pyproject=text, poetry="package = 3\n"), uv=True)
    assert "-r" not in plan.command or "--index-url" not in dict(plan.files).get(LIST, "")


def test_files_are_read_bounded_and_not_through_links(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(9 << 20)
    assert read(tmp_path / "real") == "x"
    for name in ("link", "pipe", "huge", "absent", "a\0b", "."):
        assert read(tmp_path / name) == ""
