"""Whether a failing test of another language than Python fails as an alert reports."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from suture.domain.alert import Alert, ExceptionInfo, Frame
from suture.domain.evidence import Evidence, Location
from suture.domain.verification import SuiteReport, TestOutcome
from suture.index.languages import JVM, SCRIPTS, Language, language_of
from suture.index.reading import read_symbols
from suture.toolchain.naming import under_root
from suture.traces.golang import read_go
from suture.traces.java import read_java
from suture.traces.javascript import read_javascript
from suture.verdict.suite import BAD, LOADS

VARYING = re.compile(r"0x[0-9a-f]+|\d+|\"[^\"]*\"|'[^']*'|`[^`]*`")
UNTYPED = frozenset({"panic", "fatal error", "error"})
"""What Go calls whatever went wrong: there the message tells faults apart."""
MISSING = frozenset({"undefined", "null", "function", "iterable", "defined", "constructor"})
READERS: Mapping[Language, Callable[[str], tuple[ExceptionInfo, ...]]] = {
    **dict.fromkeys(SCRIPTS, read_javascript),
    **dict.fromkeys(JVM, read_java),
    Language.GO: read_go,
}


@dataclass(frozen=True, kw_only=True)
class ReportedFailure:
    """What a test must show: this error, raised in this function."""

    error: ExceptionInfo
    place: Location
    """Its path is relative to the service's root."""
    source: str
    """The text of the file that crashed."""
    language: Language
    files: frozenset[str]
    """All paths of the service, relative to its root."""

    def objection(self, run: SuiteReport) -> str:
        """Return why a run does not show it, or nothing."""
        cases = [case for case in run.cases if not case.node_id.endswith(LOADS)]
        if not run.ran or not cases:
            return f"It did not run. {run.problem} {run.output[-1_500:]}".strip()
        if not all(case.outcome in BAD for case in cases):
            return "It does not fail on the base."
        if any(case.outcome is not TestOutcome.FAILED for case in cases):
            return f"It could not be run: {cases[0].message[:500]}"
        wrong = next((case for case in cases if not self._is_shown(case.message)), None)
        if wrong is None:
            return ""
        return (
            f"It does not fail with {self.error.type} in {self.place.function} of "
            f"{self.place.path}, but so: {wrong.message[:700]}"
        )

    def _is_shown(self, message: str) -> bool:
        found = READERS[self.language](message)
        return any(self._is_same(each) and self._is_there(each.frames) for each in found)

    def _is_same(self, found: ExceptionInfo) -> bool:
        if found.type.rpartition(".")[2] != self.error.type.rpartition(".")[2]:
            return False
        if found.type in UNTYPED:
            return _shape(found.value) == _shape(self.error.value)
        return self.language not in SCRIPTS or _said(found.value) == _said(self.error.value)

    def _is_there(self, frames: tuple[Frame, ...]) -> bool:
        own = [each for each in frames if each.in_app]
        if not own or own[-1].lineno is None:
            return False
        path = under_root(own[-1].filename, self.files)
        there = path == self.place.path or self.place.path.endswith(f"/{path}")
        symbols = read_symbols(self.place.path, self.source.encode("utf-8", "replace"))
        now, then = symbols.function_at(own[-1].lineno), symbols.function_at(self.place.line)
        return there and now is not None and now == then


def reported_failure(
    alert: Alert, evidence: Evidence, place: Location, source: str, files: frozenset[str]
) -> ReportedFailure | None:
    """Return what a test must show; None if the alert names no error that a test could."""
    language = language_of(place.path)
    chain, number = alert.exceptions, evidence.exception
    if language is None or language not in READERS or not chain:
        return None
    error = chain[number] if number is not None and number < len(chain) else chain[-1]
    return ReportedFailure(error=error, place=place, source=source, language=language, files=files)


def _said(message: str) -> frozenset[str]:
    """Return what an engine says is missing, which its versions put in different sentences."""
    return MISSING & frozenset(re.findall(r"\w+", message.partition("\n")[0]))


def _shape(message: str) -> str:
    """Return a message without what varies from run to run."""
    first = message.strip().partition("\n")[0]
    return VARYING.sub("#", first).removeprefix("runtime error: ").strip()[:300]
