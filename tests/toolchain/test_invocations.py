"""What is run for all tests of a project, and for some of them."""

import json

import pytest

from suture.domain.service import ToolchainName
from suture.toolchain.detection import detect
from suture.toolchain.model import MANIFESTS, REPORT_PATH, Invocation, Project, Toolchain
from suture.toolchain.shell import segments, with_leading_options, with_options


def of(command: str = "", script: str = "", *files: str) -> Toolchain:
    manifests = {"package.json": json.dumps({"scripts": {"test": script}})} if script else {}
    return detect(Project(files=files, manifests=manifests, test_command=command))


def shown(invocation: Invocation) -> str:
    """Return the last lines of the shell text."""
    assert invocation.argv[:2] == ("sh", "-c")
    return invocation.argv[2]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("jest", f"jest --json --outputFile={REPORT_PATH} --watchAll=false"),
        ("tsc -p . && jest -i; echo 'a && b'", f"jest -i --json --outputFile={REPORT_PATH}"),
        ("vitest", f"vitest --run --reporter=json --outputFile={REPORT_PATH}"),
        ("mocha 'test/**/*.js'", "mocha 'test/**/*.js' --reporter json"),
        ("node --test test/", f"--test-reporter-destination={REPORT_PATH} --test test/"),
        ("cross-env A=1 node --test", "cross-env A=1 node --test-reporter="),
    ],
)
def test_the_runner_in_a_packages_script_is_told_to_write_its_report(
    script: str, told: str
) -> None:
    text = shown(of("npm test", script).whole())
    assert told in text
    assert text == shown(of("", script, "package.json").whole())


def test_what_stands_around_the_runner_stays() -> None:
    text = shown(of("npm test", "tsc -p . && jest -i; echo 'a && b'").whole())
    assert "tsc -p . &&" in text
    assert text.endswith("; echo 'a && b'")


def test_a_script_that_hides_its_runner_is_run_as_it_is() -> None:
    project = Project(
        manifests={
            "package.json": json.dumps(
                {"scripts": {"test": "./run.sh"}, "devDependencies": {"jest": "29"}}
            )
        },
        test_command="npm test",
    )
    assert shown(detect(project).whole()).endswith("./run.sh")


def test_a_package_without_a_script_gets_the_runners_own_command() -> None:
    toolchain = detect(Project(files=("package.json", "a.js")))
    assert "node --test-reporter=" in shown(toolchain.whole())


def test_a_selection_runs_the_files_that_hold_the_tests() -> None:
    toolchain = of("npm test", "tsc && mocha --exit -t 900 'test/**/*.js' spec/x.js $FLAGS")
    invocation = toolchain.selected(("test/a.js::a > b", "test/a.js::c", "--evil::d"))
    last = shown(invocation).splitlines()[-1]
    assert last.startswith("mocha --exit -t 900 test/a.js --reporter json")
    assert invocation.chosen == ("test/a.js::a > b", "test/a.js::c", "--evil::d")


def test_a_selection_without_a_script_uses_the_runners_own_command() -> None:
    text = shown(detect(Project(files=("package.json", "a.js"))).selected(("a.test.js::x",)))
    assert text.rstrip().endswith("--test a.test.js")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "go test -json -count=1 ./... >"),
        ("make test", "go test -json -count=1 ./... >"),
        ("go vet ./... && go test -v -race -count=3 -run X ./pay $A", "-count=1 -race ./pay >"),
        ("go test -tags integration --json ./...", "-count=1 -tags integration ./... >"),
    ],
)
def test_go_keeps_the_flags_of_the_projects_own_command(command: str, words: str) -> None:
    toolchain = detect(Project(test_command=command), ToolchainName.GO)
    text = shown(toolchain.whole())
    assert words in text
    assert ("CGO_ENABLED=0" in text) == ("-race" not in command)


def test_go_selects_by_the_outer_name_in_the_package() -> None:
    toolchain = of("go test ./...")
    text = shown(toolchain.selected(("ex.org/a::TestX/one", "ex.org/a::TestY", "-x::TestZ")))
    assert "'-run=^(TestX|TestY|TestZ)$' ex.org/a >" in text


def test_go_runs_a_whole_package_where_no_test_is_named() -> None:
    text = shown(of("go test ./...").selected(("ex.org/a::(loads)",)))
    assert "-count=1 ex.org/a >" in text


def test_maven_selects_classes_and_what_they_hold() -> None:
    toolchain = of("./mvnw -q -Pfast verify")
    assert "mvn -o -B" in shown(toolchain.whole())
    text = shown(toolchain.selected(("shop.CartTest::adds", "shop.CartTest$Empty::is", "a b::c")))
    assert "-q -Pfast verify '-Dtest=CartTest*' -DfailIfNoTests=false" in text
    assert "-Dtest" not in shown(toolchain.selected(("a b::c",)))


@pytest.mark.parametrize(
    ("files", "program"),
    [
        (("gradlew", "build.gradle", "A.java"), "sh ./gradlew"),
        (("build.gradle", "A.java"), "gradle"),
    ],
)
def test_gradle_is_run_by_its_wrapper_where_there_is_one(
    files: tuple[str, ...], program: str
) -> None:
    toolchain = detect(Project(files=files))
    assert f"{program} --offline" in shown(toolchain.whole())
    assert "test --tests 'shop.CartTest*'" in shown(toolchain.selected(("shop.CartTest::adds",)))
    assert program in (toolchain.set_up().command or "")


def test_unittest_is_run_by_the_runner_and_a_selection_by_pytest() -> None:
    toolchain = of("python3 -m unittest discover -s tests")
    whole = toolchain.whole()
    assert whole.argv == (
        *("python3", ".suture_unittest.py", REPORT_PATH),
        *("discover", "-s", "tests"),
    )
    assert "unittest.main" in whole.files[".suture_unittest.py"]
    assert "tests/test_a.py::A::test_b" in toolchain.selected(("tests/test_a.py::A::test_b",)).argv
    named = detect(Project(test_command="make test"), ToolchainName.UNITTEST)
    assert named.whole().argv == ("python", ".suture_unittest.py", REPORT_PATH)


def test_pytest_is_the_default() -> None:
    toolchain = of()
    assert toolchain.whole().argv[:4] == ("python", "-m", "pytest", "-q")
    assert toolchain.selected(("a.py::b",)).argv[-1] == "a.py::b"
    assert toolchain.set_up().python


@pytest.mark.parametrize(
    ("files", "package", "command"),
    [
        ((), {}, ""),
        (("package-lock.json",), {"dependencies": {"a": "1"}}, "npm ci"),
        (("pnpm-lock.yaml",), {"devDependencies": {"a": "1"}}, "pnpm install --frozen-lockfile"),
        (("yarn.lock",), {"devDependencies": {"a": "1"}}, "yarn install --frozen-lockfile"),
        ((), {"workspaces": ["packages/*"]}, "npm install"),
    ],
)
def test_packages_are_installed_by_the_lock_file_that_is_there(
    files: tuple[str, ...], package: dict[str, object], command: str
) -> None:
    project = Project(files=files, manifests={"package.json": json.dumps(package)})
    set_up = detect(project, ToolchainName.JEST).set_up()
    assert not set_up.python
    assert (set_up.command or "").startswith(command)
    assert bool(set_up.command) == bool(command)


@pytest.mark.parametrize("name", [ToolchainName.GO, ToolchainName.MAVEN, ToolchainName.UNITTEST])
def test_every_toolchain_says_how_it_is_set_up(name: ToolchainName) -> None:
    set_up = detect(Project(), name).set_up()
    assert set_up.python == (set_up.command is None)


def test_manifests_are_those_that_detection_reads() -> None:
    assert set(MANIFESTS) >= {"package.json", "go.mod", "pom.xml", "build.gradle"}


def test_a_command_is_taken_apart_outside_quotes_only_and_joined_again() -> None:
    command = "a 'x && y' && b \"; c\" | d; e & f || g\nh"
    parts = segments(command)
    assert [part.text.strip() for part in parts] == [
        "a 'x && y'", 'b "; c"', "d", "e", "f", "g", "h",
    ]  # fmt: skip
    assert "".join(part.text + part.joint for part in parts) == command
    assert segments("a 'b")[0].words == []


def test_options_are_added_only_to_a_program_that_is_started() -> None:
    assert with_options("echo jest", frozenset({"jest"}), ["-x"]) is None
    assert with_options("--", frozenset({"jest"}), ["-x"]) is None
    assert with_options("npx jest a && ls", frozenset({"jest"}), ["-x"]) == "npx jest a -x && ls"
    leading = with_leading_options("./bin/node a.js", frozenset({"node"}), ["--b c"])
    assert leading == "./bin/node '--b c' a.js"
