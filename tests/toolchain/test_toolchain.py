"""What an environment depends on, and which paths are acceptable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suture.errors import InvalidInput
from suture.job_paths import inside, inside_file
from suture.toolchain.lock_files import environment_key, is_lock_file, setup_files


def test_the_key_changes_with_everything_that_is_installed() -> None:
    base = environment_key(None, {"uv.lock": "a"}, "Python 3.12")
    assert base == environment_key(None, {"uv.lock": "a"}, "Python 3.12")
    others = {
        environment_key("make setup", {"uv.lock": "a"}, "Python 3.12"),
        environment_key("", {"uv.lock": "a"}, "Python 3.12"),
        environment_key(None, {"uv.lock": "b"}, "Python 3.12"),
        environment_key(None, {"poetry.lock": "a"}, "Python 3.12"),
        environment_key(None, {"uv.lock": "a"}, "Python 3.13"),
        environment_key(None, {}, "Python 3.12"),
    }
    assert len(others | {base}) == 7


def test_the_order_of_files_does_not_matter() -> None:
    one = environment_key(None, {"a": "1", "b": "2"}, "")
    assert one == environment_key(None, {"b": "2", "a": "1"}, "")


@pytest.mark.parametrize(
    "path",
    [
        "uv.lock",
        "pyproject.toml",
        "requirements.txt",
        "requirements-dev.txt",
        "dev-requirements.txt",
        "test_requirements.in",
        "constraints.txt",
        "requirements/test.txt",
    ],
)
def test_files_that_decide_what_is_installed_count(path: str) -> None:
    assert is_lock_file(path)


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "docs/requirements.txt",
        "requirements/readme.md",
        "requirements/a/b.txt",
        "requirements",
        "my.lock",
        "",
    ],
)
def test_other_files_do_not(path: str) -> None:
    assert not is_lock_file(path)


def test_files_of_the_service_and_of_the_repository_are_found() -> None:
    paths = [
        "services/shop/pyproject.toml",
        "services/shop/app.py",
        "services/shop/requirements/test.txt",
        "services/mail/pyproject.toml",
        "uv.lock",
        "README.md",
    ]
    assert setup_files(paths, "services/shop") == (
        "services/shop/pyproject.toml",
        "services/shop/requirements/test.txt",
        "uv.lock",
    )
    assert setup_files(paths, "") == ("uv.lock",)


@pytest.mark.parametrize("path", ["", ".", "a", "a/b.c", "a/./b", ".git/config", "..a", "a..b/c"])
def test_paths_under_the_root_are_accepted(path: str) -> None:
    assert not inside(path).is_absolute()


@pytest.mark.parametrize("path", ["/", "/a", "..", "a/..", "../a", "a/../../b", "a\0b", "a\udc80"])
def test_paths_out_of_the_root_are_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        inside(path)


def test_a_path_of_absurd_length_is_refused() -> None:
    assert inside("a" * 1_024).name
    with pytest.raises(InvalidInput, match="no path"):
        inside("a" * 1_025)


def test_a_file_needs_a_name() -> None:
    assert inside_file("a/b").name == "b"
    for path in ("", ".", "./"):
        with pytest.raises(InvalidInput, match="names no file"):
            inside_file(path)


@given(st.text(max_size=40))
def test_an_accepted_path_never_leaves_its_root(path: str) -> None:
    try:
        accepted = inside(path)
    except InvalidInput:
        return
    assert not accepted.is_absolute()
    assert ".." not in accepted.parts


def test_the_manifests_of_a_projects_parts_decide_too_but_not_those_of_packages_or_neighbours() -> (
    None
):
    paths = ["api/web/package.json", "api/node_modules/x/package.json", "worker/web/package.json"]
    assert setup_files(paths, "api") == ("api/web/package.json",)
