"""Maven and Gradle, read from the JUnit XML files that both leave behind.

Sources: https://maven.apache.org/surefire/maven-surefire-plugin/test-mojo.html and
https://docs.gradle.org/current/userguide/java_testing.html#test_reporting.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from suture.domain.service import ToolchainName
from suture.domain.verification import SuiteReport, TestCase, TestOutcome
from suture.errors import InvalidInput
from suture.toolchain.model import (
    REPORT_PATH,
    TEMPORARY,
    Invocation,
    Project,
    SetUp,
)
from suture.toolchain.naming import narrowed
from suture.toolchain.shell import program_at, segments
from suture.verdict.junit import MAX_CASES, MAX_REPORT_CHARACTERS, WORST, parse_junit, stable_id
from suture.verdict.suite import Ends, SuiteRun, read_report

MAVEN = frozenset({"mvn", "mvnw"})
GRADLE = frozenset({"gradle", "gradlew"})
SEPARATOR = "\x1e"
"""Between the files of a report; no XML document may hold it."""
CLASS_NAME = re.compile(r"[\w.$]{1,400}")
EMPTY_CLASS = "SutureSetUpTest"

MAVEN_RUN = f"""\
repository="{TEMPORARY}/m2"
[ ! -d /env/m2 ] || cp -rs /env/m2 "$repository"
find . -path '*/target/surefire-reports' -prune -exec rm -rf {{}} +
mvn -o -B -fae -Dmaven.repo.local="$repository" -Dstyle.color=never """
MAVEN_SET_UP = f"""\
find . -path '*/src/test/java' -prune -exec sh -c \
'for d; do echo "public class {EMPTY_CLASS} {{ }}" > "$d/{EMPTY_CLASS}.java"; done' _ {{}} +
mvn -B -ntp -Dmaven.repo.local=/env/m2 -Dtest={EMPTY_CLASS} -DfailIfNoTests=false \
-Dsurefire.failIfNoSpecifiedTests=false -Dmaven.test.failure.ignore=true test
"""
"""Runs no test of the project's: an empty class is enough for Maven to fetch all they need."""
GRADLE_RUN = f"""\
export GRADLE_USER_HOME="{TEMPORARY}/gradle"
[ ! -d /env/gradle ] || cp -rs /env/gradle "$GRADLE_USER_HOME"
find . -path '*/build/test-results' -prune -exec rm -rf {{}} +
"""
GRADLE_OPTIONS = "--offline --no-daemon --continue --console=plain"
GRADLE_SET_UP = """\
export GRADLE_USER_HOME=/env/gradle
{gradle} --no-daemon --console=plain testClasses
{gradle} --no-daemon --console=plain dependencies > /dev/null
rm -rf /env/gradle/daemon /env/gradle/notifications
find /env/gradle -name '*.lock' -delete
"""


def gathering(place: str) -> str:
    """Return the shell text that puts all reports into one file and keeps the exit code."""
    put = f"for f; do cat \"$f\"; printf '{SEPARATOR}'; done"
    return (
        f"\ncode=$?\nfind . -path '{place}' -exec sh -c {shlex.quote(put)} _ {{}} + "
        f"> {REPORT_PATH}\nexit $code\n"
    )


@dataclass(frozen=True, kw_only=True)
class MavenToolchain:
    """Tests of a project of Maven's."""

    project: Project

    @property
    def name(self) -> ToolchainName:
        """Maven."""
        return ToolchainName.MAVEN

    def set_up(self) -> SetUp:
        """Fetch the plugins and dependencies, those of the test runner among them."""
        return SetUp(command=MAVEN_SET_UP, python=False)

    def whole(self) -> Invocation:
        """Run the goals of the project's own command, or `test`."""
        return self._invocation([], ())

    def selected(self, node_ids: Sequence[str]) -> Invocation:
        """Run the classes that hold the tests, and those inside them."""
        names = [name.rpartition(".")[2] for name in classes_of(node_ids)]
        chosen = ",".join(f"{name}*" for name in dict.fromkeys(names))
        words = ["-DfailIfNoTests=false", "-Dsurefire.failIfNoSpecifiedTests=false"]
        return self._invocation([f"-Dtest={chosen}", *words] if chosen else words, node_ids)

    def read(self, run: SuiteRun, invocation: Invocation) -> SuiteReport:
        """Read the files of surefire."""
        return narrowed(read_report(run, parse_jvm, Ends()), invocation.chosen)

    def _invocation(self, words: Sequence[str], chosen: Sequence[str]) -> Invocation:
        own = own_words(self.project.test_command, MAVEN) or ["test"]
        command = f"{MAVEN_RUN}{shlex.join([*own, *words])}"
        text = command + gathering("*/target/surefire-reports/TEST-*.xml")
        return Invocation(argv=("sh", "-c", text), chosen=tuple(chosen))


@dataclass(frozen=True, kw_only=True)
class GradleToolchain:
    """Tests of a project of Gradle's."""

    project: Project

    @property
    def name(self) -> ToolchainName:
        """Gradle."""
        return ToolchainName.GRADLE

    def set_up(self) -> SetUp:
        """Compile the tests once, which fetches what they need."""
        return SetUp(command=GRADLE_SET_UP.format(gradle=self._program()), python=False)

    def whole(self) -> Invocation:
        """Run the tasks of the project's own command, or `test`."""
        return self._invocation([], ())

    def selected(self, node_ids: Sequence[str]) -> Invocation:
        """Run the classes that hold the tests, and those inside them."""
        words = [part for name in classes_of(node_ids) for part in ("--tests", f"{name}*")]
        return self._invocation(words, node_ids)

    def read(self, run: SuiteRun, invocation: Invocation) -> SuiteReport:
        """Read the files of the task's results."""
        return narrowed(read_report(run, parse_jvm, Ends()), invocation.chosen)

    def _program(self) -> str:
        return "sh ./gradlew" if "gradlew" in self.project.files else "gradle"

    def _invocation(self, words: Sequence[str], chosen: Sequence[str]) -> Invocation:
        own = own_words(self.project.test_command, GRADLE) or ["test"]
        command = f"{GRADLE_RUN}{self._program()} {GRADLE_OPTIONS} {shlex.join([*own, *words])}"
        text = command + gathering("*/build/test-results/*/TEST-*.xml")
        return Invocation(argv=("sh", "-c", text), chosen=tuple(chosen))


def own_words(command: str, programs: frozenset[str]) -> list[str]:
    """Return the arguments of the project's own command, if that is what it starts."""
    for part in segments(command):
        words = part.words
        place = program_at(words, programs)
        if place is not None:
            return [word for word in words[place + 1 :] if not re.search(r"[$`<>]", word)]
    return []


def classes_of(node_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the outermost classes that hold these tests, each once."""
    named = (node_id.partition("::")[0].partition("$")[0] for node_id in node_ids)
    return tuple(dict.fromkeys(name for name in named if CLASS_NAME.fullmatch(name)))


def parse_jvm(text: str) -> tuple[TestCase, ...]:
    """Return the tests of all files of a report.

    What JUnit calls an error is an exception that a test did not expect, and a failure to us.

    Raises:
        InvalidInput: one is no such report, or they exceed a bound together.
    """
    if len(text) > MAX_REPORT_CHARACTERS:
        raise InvalidInput("the test report is too large")
    found: dict[str, TestCase] = {}
    documents = [part.strip() for part in text.split(SEPARATOR)]
    for document in filter(None, documents):
        for case in parse_junit(document, jvm_id, traces=True):
            known = found.get(case.node_id)
            if known is None or WORST[case.outcome] > WORST[known.outcome]:
                found[case.node_id] = case
        if len(found) > MAX_CASES:
            raise InvalidInput("the test report has too many tests")
    if not any(documents):
        raise InvalidInput("no class of tests left a report")
    return tuple(_as_failure(case) for case in found.values())


def jvm_id(attributes: dict[str, str]) -> str:
    """Return the id of a test: its class, then its method with what tells its cases apart."""
    name = re.sub(r"\(\)(?=$|\[)", "", attributes.get("name", ""))
    return stable_id(f"{attributes.get('classname', '')}::{name}")


def _as_failure(case: TestCase) -> TestCase:
    if case.outcome is not TestOutcome.ERROR:
        return case
    return case.model_copy(update={"outcome": TestOutcome.FAILED})
