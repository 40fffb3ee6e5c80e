"""Finding a person's repository without changing it."""

import subprocess
from pathlib import Path

import pytest

from apps.cli.repository import open_repository, service_name
from suture.errors import InvalidInput, NotFound


def git(directory: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ana", "-c", "user.email=ana@shop.example")
    subprocess.run(["git", *identity, *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "My Shop"
    (top / "services" / "till").mkdir(parents=True)
    git(top, "init", "--quiet", "--initial-branch=trunk")
    git(top, "commit", "--quiet", "--allow-empty", "--message=First")
    return top


def test_the_current_branch_is_the_base(repository: Path) -> None:
    found = open_repository(repository)
    assert (found.top, found.root, found.branch) == (repository, "", "trunk")
    assert found.name == "my-shop"


def test_a_directory_inside_is_the_services_root(repository: Path) -> None:
    found = open_repository(repository / "services" / "till")
    assert (found.top, found.root, found.name) == (repository, "services/till", "till")


def test_a_detached_head_is_told_with_the_way_out(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    with pytest.raises(InvalidInput, match="git switch"):
        open_repository(repository)


def test_a_repository_without_a_commit_is_told(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(InvalidInput, match="no commit"):
        open_repository(tmp_path)


@pytest.mark.parametrize("place", ["", "missing"])
def test_what_is_no_repository_is_told(tmp_path: Path, place: str) -> None:
    with pytest.raises(NotFound):
        open_repository(tmp_path / place)


@pytest.mark.parametrize(("text", "name"), [("A b/c", "a-b-c"), ("...", "service"), ("-x-", "x")])
def test_names_fit_branches_and_paths(text: str, name: str) -> None:
    assert service_name(text) == name
