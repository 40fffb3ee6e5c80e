"""Which toolchain tests a project."""

import json

import pytest

from suture.domain.service import ToolchainName
from suture.toolchain.detection import detect
from suture.toolchain.model import Project

JS = ("package.json", "lib/a.js", "test/a.test.js")


def package(script: str = "", **more: object) -> dict[str, str]:
    scripts = {"scripts": {"test": script}} if script else {}
    return {"package.json": json.dumps({**scripts, **more})}


def named(
    files: tuple[str, ...] = (), command: str = "", manifests: dict[str, str] | None = None
) -> ToolchainName:
    project = Project(files=files, manifests=manifests or {}, test_command=command)
    return detect(project).name


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python -m pytest -q", ToolchainName.PYTEST),
        ("pytest tests && echo done", ToolchainName.PYTEST),
        ("coverage run -m pytest", ToolchainName.PYTEST),
        ("python manage.py test", ToolchainName.PYTEST),
        ("python -m unittest discover -s tests", ToolchainName.UNITTEST),
        ("python3 -W error -m unittest", ToolchainName.UNITTEST),
        ("python -m unittest | tee log", ToolchainName.PYTEST),
        ("python -m unittest 'a", ToolchainName.PYTEST),
        ("go test ./...", ToolchainName.GO),
        ("CGO_ENABLED=0 go test -race ./...", ToolchainName.GO),
        ("./mvnw -B verify", ToolchainName.MAVEN),
        ("gradle check", ToolchainName.GRADLE),
        ("npx jest --ci", ToolchainName.JEST),
        ("NODE_ENV=test node_modules/.bin/mocha", ToolchainName.MOCHA),
        ("vitest run", ToolchainName.VITEST),
        ("node --test", ToolchainName.NODE),
        ("npm test", ToolchainName.NODE),
        ("make test", ToolchainName.PYTEST),
    ],
)
def test_a_command_says_what_it_starts(command: str, expected: ToolchainName) -> None:
    assert named(command=command) is expected


@pytest.mark.parametrize(
    ("manifests", "expected"),
    [
        (package("jest --coverage"), ToolchainName.JEST),
        (package("tsc && vitest"), ToolchainName.VITEST),
        (package("npm run unit", name="x"), ToolchainName.NODE),
        (package("node --test test/"), ToolchainName.NODE),
        (package("./run.sh", devDependencies={"mocha": "10"}), ToolchainName.MOCHA),
        (package("./run.sh", devDependencies={"vitest": "1", "jest": "29"}), ToolchainName.VITEST),
        (package(jest={"testEnvironment": "node"}), ToolchainName.JEST),
        (package(), ToolchainName.NODE),
        ({"package.json": "{"}, ToolchainName.NODE),
        ({"package.json": '{"scripts": [], "dependencies": 3}'}, ToolchainName.NODE),
    ],
)
def test_a_package_says_which_runner_it_uses(
    manifests: dict[str, str], expected: ToolchainName
) -> None:
    assert named(JS, manifests=manifests) is expected
    assert named(command="npm run test", manifests=manifests) is expected


def test_scripts_that_start_each_other_come_to_an_end() -> None:
    loop = {"package.json": json.dumps({"scripts": {"test": "npm run a", "a": "npm test"}})}
    assert named(JS, manifests=loop) is ToolchainName.NODE


def test_a_script_behind_a_script_is_found() -> None:
    scripts = {"test": "npm run -s unit -- --ci", "unit": "jest"}
    assert named(JS, manifests={"package.json": json.dumps({"scripts": scripts})}) is (
        ToolchainName.JEST
    )


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((), ToolchainName.PYTEST),
        (("a.go",), ToolchainName.PYTEST),
        (("go.mod", "a.go"), ToolchainName.GO),
        (("pom.xml", "src/main/java/A.java"), ToolchainName.MAVEN),
        (("build.gradle.kts", "src/main/kotlin/A.kt"), ToolchainName.GRADLE),
        (("pyproject.toml", "package.json", "a.py", "b.py", "docs/x.js"), ToolchainName.PYTEST),
        (("pyproject.toml", "package.json", "a.py", "a.js", "b.js"), ToolchainName.NODE),
    ],
)
def test_without_a_command_the_files_decide(
    files: tuple[str, ...], expected: ToolchainName
) -> None:
    assert named(files) is expected


@pytest.mark.parametrize("name", list(ToolchainName))
def test_the_service_may_name_it_itself(name: ToolchainName) -> None:
    assert detect(Project(test_command="make test"), name).name is name
