"""Reading JUnit XML; the file is hostile.

Entities are refused, so that no small file can grow, and everything is bounded. Source:
https://docs.pytest.org/en/stable/how-to/output.html#creating-junitxml-format-files, with
`junit_family=xunit1` because only that names each test's file. Other runners name their tests
otherwise: `parse_junit` takes what makes an id of a test's attributes.
"""

import re
from collections.abc import Callable
from xml.parsers import expat

from suture.domain.verification import TestCase, TestOutcome
from suture.errors import InvalidInput

MAX_REPORT_CHARACTERS = 32 << 20
MAX_CASES = 100_000
MAX_NESTING = 32
MAX_MESSAGE = 2_000
MAX_NODE_ID = 1_000

ADDRESS = re.compile(r"0x[0-9a-fA-F]{4,}")
OUTCOMES = {
    "failure": TestOutcome.FAILED,
    "error": TestOutcome.ERROR,
    "skipped": TestOutcome.SKIPPED,
}
WORST = {
    TestOutcome.PASSED: 0,
    TestOutcome.SKIPPED: 1,
    TestOutcome.ERROR: 2,
    TestOutcome.FAILED: 3,
}
"""A test that fails and leaves something behind, over which its teardown stumbles, has failed."""


def parse_junit(
    text: str, name: Callable[[dict[str, str]], str] | None = None, *, traces: bool = False
) -> tuple[TestCase, ...]:
    """Return the tests of a report, each once with its worst outcome.

    `name` makes a test's id of the attributes of its element; unset: as pytest names it. With
    `traces` a failure's message is its text, the stack trace, where it has one.

    Raises:
        InvalidInput: it is no such report, or exceeds a bound.
    """
    if len(text) > MAX_REPORT_CHARACTERS:
        raise InvalidInput("the test report is too large")
    reader = _Reader(name or node_id_of, traces=traces)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.hear
    parser.EntityDeclHandler = reader.refuse
    parser.ExternalEntityRefHandler = reader.refuse
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise InvalidInput(f"the test report is no XML: {error}") from None
    if not reader.found_root:
        raise InvalidInput("the test report is no JUnit XML")
    return tuple(reader.cases.values())


class _Reader:
    def __init__(self, name: Callable[[dict[str, str]], str], *, traces: bool) -> None:
        self._name = name
        self._traces = traces
        self._heard: list[str] | None = None
        """The text of the failure that is open."""
        self.cases: dict[str, TestCase] = {}
        self.found_root = False
        self._depth = 0
        self._attributes: dict[str, str] | None = None
        self._outcome = TestOutcome.PASSED
        self._message = ""

    def refuse(self, *_: object) -> int:
        raise InvalidInput("the test report declares a document type or an entity")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise InvalidInput("the test report is nested too deeply")
        self.found_root = self.found_root or name in {"testsuites", "testsuite"}
        if name == "testcase":
            self._attributes = attributes
            self._outcome, self._message = TestOutcome.PASSED, ""
        elif name in OUTCOMES and self._attributes is not None:
            outcome = OUTCOMES[name]
            if WORST[outcome] > WORST[self._outcome]:
                self._outcome = outcome
                self._message = attributes.get("message", "")[:MAX_MESSAGE]
                self._heard = [] if self._traces else None

    def hear(self, text: str) -> None:
        if self._heard is not None and len(self._heard) < MAX_MESSAGE:
            self._heard.append(text[:MAX_MESSAGE])

    def end(self, name: str) -> None:
        self._depth -= 1
        if name in OUTCOMES and self._heard is not None:
            self._message = "".join(self._heard).strip()[:MAX_MESSAGE] or self._message
            self._heard = None
        if name != "testcase" or self._attributes is None:
            return
        if len(self.cases) >= MAX_CASES:
            raise InvalidInput("the test report has too many tests")
        node_id = self._name(self._attributes)
        known = self.cases.get(node_id)
        if known is None or WORST[self._outcome] > WORST[known.outcome]:
            self.cases[node_id] = TestCase(
                node_id=node_id,
                outcome=self._outcome,
                message=self._message,
                seconds=_seconds(self._attributes.get("time", "")),
            )
        self._attributes = None


def node_id_of(attributes: dict[str, str]) -> str:
    """Return pytest's node id of a test case, without the addresses that change with each run."""
    name = attributes.get("name", "")
    file = attributes.get("file", "").replace("\\", "/")
    classes = attributes.get("classname", "")
    if not file:
        return stable_id("::".join(part for part in (classes, name) if part))
    module = file.removesuffix(".py").replace("/", ".")
    inner = classes.removeprefix(module).strip(".") if classes.startswith(module) else ""
    return stable_id("::".join([file, *(part for part in inner.split(".") if part), name]))


def stable_id(node_id: str) -> str:
    """Return an id that is the same in each run, bounded."""
    return ADDRESS.sub("0x", node_id)[:MAX_NODE_ID]


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < 1e9 else 0.0  # noqa: PLR2004 (neither negative nor NaN nor absurd)
