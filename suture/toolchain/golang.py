"""`go test`, read from its JSON events.

Source: https://pkg.go.dev/cmd/test2json#hdr-Output_Format; builds that fail, since Go 1.24:
https://pkg.go.dev/cmd/go#hdr-Build__json_encoding.
"""

import re
import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from suture.domain.service import ToolchainName
from suture.domain.verification import SuiteReport, TestCase, TestOutcome
from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from suture.toolchain.model import (
    REPORT_PATH,
    TEMPORARY,
    Invocation,
    Project,
    SetUp,
)
from suture.toolchain.naming import narrowed
from suture.toolchain.shell import program_at, segments
from suture.verdict.junit import MAX_CASES, MAX_MESSAGE, MAX_REPORT_CHARACTERS, stable_id
from suture.verdict.suite import LOADS, Ends, SuiteRun, read_report

GO = frozenset({"go"})
OUTCOMES = {
    "pass": TestOutcome.PASSED,
    "fail": TestOutcome.FAILED,
    "skip": TestOutcome.SKIPPED,
}
NOISE = re.compile(r"^\s*(?:=== (?:RUN|PAUSE|CONT|NAME)|--- (?:PASS|FAIL|SKIP):|FAIL\s|ok\s)")
VALUE_FLAGS = frozenset(
    {"-run", "-tags", "-timeout", "-cpu", "-parallel", "-p", "-count", "-skip", "-mod"}
    | {"-coverprofile", "-covermode", "-coverpkg", "-bench", "-benchtime", "-ldflags", "-gcflags"}
)
OURS = ("-json", "-count", "-run", "-v", "-bench")
SHARED = """\
export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local GOTELEMETRY=off GOMODCACHE=/env/go/mod
"""
OFFLINE = f"""\
{SHARED}export GOPROXY=off GOSUMDB=off GOCACHE="{TEMPORARY}/go-build"
[ ! -d /env/go/build ] || cp -rs /env/go/build "$GOCACHE"
"""
"""The cache of builds is kept with the environment, and read there; what is new stays here."""
SET_UP = f"""\
{SHARED}export GOCACHE=/env/go/build GOFLAGS="$GOFLAGS -modcacherw"
mkdir -p /env/go/build /env/go/mod
[ -d vendor ] || go mod download
go test -run '^$' ./... > /dev/null 2>&1 || true
"""


@dataclass(frozen=True, kw_only=True)
class GoToolchain:
    """Tests of a module of Go."""

    project: Project

    @property
    def name(self) -> ToolchainName:
        """Go."""
        return ToolchainName.GO

    def set_up(self) -> SetUp:
        """Download the modules, and build once what every run needs."""
        # The race detector needs builds of its own, the standard library's among them.
        warm = SET_UP if self._cgo() else SET_UP.replace("go test ", "go test -race ")
        return SetUp(command=f"{self._cgo()}{warm}", python=False)

    def whole(self) -> Invocation:
        """Run the tests of all packages that the command names."""
        flags, packages = self._words()
        return self._invocation([*flags, *(packages or ["./..."])])

    def selected(self, node_ids: Sequence[str]) -> Invocation:
        """Run the named tests in their packages; a package alone means all of its tests."""
        flags, _ = self._words()
        pairs = [node_id.partition("::")[::2] for node_id in node_ids]
        packages = dict.fromkeys(name for name, _ in pairs if name and not name.startswith("-"))
        outer = dict.fromkeys(test.partition("/")[0] for _, test in pairs)
        # A package alone, or whether it loads, means all of its tests.
        known = all(re.fullmatch(r"\w+", test) for test in outer)
        run = [f"-run=^({'|'.join(outer)})$"] if known else []
        return self._invocation([*flags, *run, *(packages or ["./..."])], node_ids)

    def read(self, run: SuiteRun, invocation: Invocation) -> SuiteReport:
        """Read the events."""
        return narrowed(read_report(run, parse_go, Ends()), invocation.chosen)

    def _invocation(self, words: Sequence[str], chosen: Sequence[str] = ()) -> Invocation:
        command = shlex.join(["go", "test", "-json", "-count=1", *words])
        text = f"{self._cgo()}{OFFLINE}{command} > {REPORT_PATH}"
        return Invocation(argv=("sh", "-c", text), chosen=tuple(chosen))

    def _cgo(self) -> str:
        return "" if "-race" in self._words()[0] else "export CGO_ENABLED=0\n"

    def _words(self) -> tuple[list[str], list[str]]:
        """Return the flags and the packages of the project's own `go test`, if that is it."""
        for part in segments(self.project.test_command):
            words = part.words
            place = program_at(words, GO)
            if place is not None and words[place + 1 : place + 2] == ["test"]:
                return _divided(words[place + 2 :])
        return [], []


def _divided(words: Sequence[str]) -> tuple[list[str], list[str]]:
    flags: list[str] = []
    packages: list[str] = []
    value_of = ""
    for word in words:
        if value_of:
            flags += [value_of, word] if _is_kept(value_of) else []
            value_of = ""
        elif word in VALUE_FLAGS:
            value_of = word
        elif word.startswith("-"):
            flags += [word] if _is_kept(word) else []
        elif not re.search(r"[$`<>]", word):
            packages.append(word)
    return flags, packages


def _is_kept(flag: str) -> bool:
    return flag.partition("=")[0].replace("--", "-") not in OURS


def parse_go(text: str) -> tuple[TestCase, ...]:
    """Return the tests of a stream of events. Lines that are no event say nothing.

    A test that began and has no end, because its package died, has failed. A package that fails
    without a failing test, as when it does not build, has failed itself.

    Raises:
        InvalidInput: it exceeds a bound, or holds no event at all.
    """
    if len(text) > MAX_REPORT_CHARACTERS:
        raise InvalidInput("the test report is too large")
    reader = _Reader()
    for line in text.splitlines():
        if line.startswith("{"):
            reader.take(line)
    if not reader.seen:
        raise InvalidInput("the test report holds no event")
    return reader.cases()


class _Reader:
    def __init__(self) -> None:
        self.seen = 0
        self._outcomes: dict[str, dict[str, TestOutcome]] = defaultdict(dict)
        self._seconds: dict[tuple[str, str], float] = {}
        self._said: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._packages: dict[str, str] = {}

    def take(self, line: str) -> None:
        try:
            event = parse_object(line.encode("utf-8", "replace"), what="event")
        except InvalidInput:
            return
        action, package, test = (_text(event, name) for name in ("Action", "Package", "Test"))
        self.seen += bool(action)
        if action == "build-output":
            self._hear((_text(event, "ImportPath").partition(" ")[0], ""), event)
        elif action == "output":
            self._hear((package, test), event)
        elif test and (action == "run" or action in OUTCOMES):
            self._end(package, test, action, event)
        elif action in {"pass", "fail"} and package:
            self._packages[package] = action

    def _hear(self, place: tuple[str, str], event: Mapping[str, JsonValue]) -> None:
        text = _text(event, "Output")
        said = self._said[place]
        if not NOISE.match(text) and len(said) < MAX_MESSAGE:
            said.append(text[:MAX_MESSAGE])

    def _end(self, package: str, test: str, action: str, event: Mapping[str, JsonValue]) -> None:
        if len(self._seconds) >= MAX_CASES:
            raise InvalidInput("the test report has too many tests")
        self._outcomes[package][test] = OUTCOMES.get(action, TestOutcome.FAILED)
        elapsed = event.get("Elapsed")
        self._seconds[package, test] = (
            float(elapsed) if isinstance(elapsed, int | float) and 0 <= elapsed < 1e9 else 0.0  # noqa: PLR2004 (neither negative nor absurd)
        )

    def cases(self) -> tuple[TestCase, ...]:
        """Return what was taken."""
        found = [
            self._case(package, test, outcome)
            for package, tests in self._outcomes.items()
            for test, outcome in tests.items()
        ]
        return (*found, *(self._loading(package) for package in self._packages))

    def _loading(self, package: str) -> TestCase:
        """Return what stands for a package: built, or wrong beside its tests."""
        tests = self._outcomes.get(package, {}).values()
        broken = self._packages[package] == "fail" and TestOutcome.FAILED not in tests
        said = "".join(self._said.get((package, ""), ())).strip()
        return TestCase(
            node_id=stable_id(f"{package}{LOADS}"),
            outcome=TestOutcome.FAILED if broken else TestOutcome.PASSED,
            message=said[:MAX_MESSAGE] if broken else "",
        )

    def _case(self, package: str, test: str, outcome: TestOutcome) -> TestCase:
        said = "".join(self._said.get((package, test), ())).strip()
        return TestCase(
            node_id=stable_id(f"{package}::{test}"),
            outcome=outcome,
            message=said[:MAX_MESSAGE] if outcome is not TestOutcome.PASSED else "",
            seconds=self._seconds.get((package, test), 0.0),
        )


def _text(of: Mapping[str, JsonValue], name: str) -> str:
    found = of.get(name)
    return found if isinstance(found, str) else ""
