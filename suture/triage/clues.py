"""What the rules look at, and what a rule answers."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from suture.domain.alert import Alert, ExceptionInfo
from suture.domain.diagnosis import Category, Fixability
from suture.domain.evidence import Evidence, Statement
from suture.localisation.cause import cause_in_settings, changed_by_suspect, traced_path
from suture.localisation.citations import quote_code, quote_event
from suture.localisation.flow import Flow, flow_to
from suture.localisation.functions import FunctionNode
from suture.localisation.related import Related, Unit, relate
from suture.localisation.snapshot import CodeFile, Snapshot

MAX_TEXT = 262_144
MAX_LINE = 2_000
MAX_STATEMENT_LINES = 20
STRONG_SUSPECT = 0.45
THROWN = re.compile(r"^(?:return )?(?:throw\b|panic\()|[\s{;)]throw (?:new )?\w")
MADE = re.compile(r"\bnew\b|[\"'`]")
QUOTED = re.compile(r"'[^'\n]{0,2000}'|\"[^\"\n]{0,2000}\"")
QUOTING = frozenset(
    {"KeyError", "ValueError", "TypeError", "AttributeError", "IndexError", "LookupError"}
    | {"RangeError", "ReferenceError", "SyntaxError", "JSONDecodeError", "UnicodeDecodeError"}
)
"""Types whose messages quote values, which anybody may have sent."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one rule concludes."""

    category: Category
    fixability: Fixability
    summary: str
    confidence: float
    statements: tuple[Statement, ...] = ()
    next_steps: tuple[str, ...] = ()
    explanation: str = ""


@dataclass(frozen=True)
class Clues:
    """An alert with its evidence, read in the ways that rules ask for."""

    alert: Alert
    evidence: Evidence
    base: Snapshot

    @cached_property
    def chain(self) -> tuple[ExceptionInfo, ...]:
        """The decisive exception and those that only renamed it, up to what escaped."""
        return self.alert.exceptions[self.evidence.exception or 0 :]

    @property
    def decisive(self) -> ExceptionInfo | None:
        """The exception to judge by."""
        return self.chain[0] if self.chain else None

    @cached_property
    def types(self) -> tuple[str, ...]:
        """Plain names of the exceptions' types, decisive first."""
        return tuple(each.type.rpartition(".")[2] for each in self.chain)

    @cached_property
    def said(self) -> str:
        """What the judged exceptions say, one per line."""
        return "\n".join(f"{each.type}: {each.value}" for each in self.chain)[:MAX_TEXT]

    @property
    def headline(self) -> str:
        """What escaped, in one line."""
        return headline_of(self.chain[-1]) if self.chain else self.alert.title

    @cached_property
    def symptoms(self) -> str:
        """What to search for signs: what exceptions say, or the logs where there are none.

        Logs beside an exception tell of many things that are not its cause.
        """
        if self.chain and not self.alert.failed_tests:
            if self.is_deliberate and self._is_worded_here:
                # What a service says on purpose may quote whatever somebody sent to it.
                return "\n".join((*self.types, self.stated))
            return "\n".join(map(_symptom_of, self.chain))[:MAX_TEXT]
        failed = [test.message for test in self.alert.failed_tests]
        parts = [self.said, self.alert.title, self.alert.message, *failed, self.alert.log]
        return "\n".join(parts)[-MAX_TEXT:]

    @cached_property
    def crash_file(self) -> CodeFile:
        """The file where it crashed; an empty one if that is not known."""
        crash = self.evidence.crash
        return self.base.file(crash.path if crash else "")

    @cached_property
    def crash_node(self) -> FunctionNode | None:
        """The function where it crashed."""
        crash = self.evidence.crash
        return self.crash_file.node_of(crash.function) if crash else None

    @cached_property
    def crash_line(self) -> str:
        """The text of the line where it crashed."""
        crash = self.evidence.crash
        return self.crash_file.line(crash.line) if crash else ""

    @property
    def _is_worded_here(self) -> bool:
        """Whether the failing statement makes the exception, and does not merely pass one on."""
        statement = self.flow.statement
        if isinstance(statement, ast.Raise):
            return isinstance(statement.exc, ast.Call)
        return MADE.search(self.crash_line[:MAX_LINE]) is not None

    @property
    def stated(self) -> str:
        """The source of the statement where it crashed: the service's own words."""
        crash, statement = self.evidence.crash, self.flow.statement
        if crash is None or statement is None:
            return self.crash_line
        last = min(statement.end_lineno or crash.line, statement.lineno + MAX_STATEMENT_LINES)
        numbers = range(statement.lineno, last + 1)
        return "\n".join(self.crash_file.line(number) for number in numbers)

    @cached_property
    def flow(self) -> Flow:
        """What the crashing line works with."""
        crash = self.evidence.crash
        return flow_to(self.crash_node or self.crash_file.tree, crash.line) if crash else Flow()

    @cached_property
    def related(self) -> Related:
        """The functions around the failing path."""
        return relate(traced_path(self.evidence), self.base)

    @cached_property
    def raised_by_library(self) -> bool:
        """Whether the exception came out of code that the repository does not hold."""
        frames = self.decisive.frames[-1:] if self.decisive else ()
        names = {frame.filename.replace("\\", "/").rpartition("/")[2] for frame in frames}
        crash = self.evidence.crash
        return bool(names) and (crash is None or crash.path.rpartition("/")[2] not in names)

    @cached_property
    def is_deliberate(self) -> bool:
        """Whether the service itself raised it, by a `raise` statement of its own."""
        if self.raised_by_library:
            return False
        if self.crash_file.worded is not None:
            return THROWN.search(self.crash_line[:MAX_LINE]) is not None
        return isinstance(self.flow.statement, ast.Raise)

    @cached_property
    def changed(self) -> dict[Unit, frozenset[str]]:
        """What a strongly suspected commit changed around the failing path.

        What it wrote new is left out: that never worked, so its change broke nothing.
        """
        setting = cause_in_settings(self.evidence, self.said, self.base)
        if setting is not None:
            return {(setting.location.path, ""): frozenset()}
        changes = changed_by_suspect(self.evidence, self.base, STRONG_SUSPECT)
        return {unit: words for unit, words in changes.units.items() if unit not in changes.added}

    def at_crash(self) -> tuple[Statement, ...]:
        """Return a statement that cites the line of the crash."""
        crash = self.evidence.crash
        if crash is None or not self.crash_line:
            return ()
        cited = quote_code(crash.path, crash.line, self.crash_line)
        where = f"{crash.path}:{crash.line}"
        return (
            Statement(text=f"It failed at {where}: {self.crash_line[:500]}", citations=(cited,)),
        )


Rule = Callable[[Clues], Finding | None]


def headline_of(exception: ExceptionInfo) -> str:
    """Return an exception's type and the first line of what it says."""
    first = next(iter(exception.value.strip().splitlines()), "")
    return f"{exception.type}: {first}" if first else exception.type


def _symptom_of(exception: ExceptionInfo) -> str:
    said = exception.value
    if exception.type.rpartition(".")[2] in QUOTING:
        said = QUOTED.sub("''", said)
    return f"{exception.type}: {said}"


def seen(text: str, claim: str) -> Statement:
    """Return a claim that cites a text of the event."""
    return Statement(text=claim, citations=(quote_event(text),))


def find_line(pattern: re.Pattern[str], text: str) -> str | None:
    """Return the last line that matches, without white space around it."""
    matching = (line.strip() for line in reversed(text.splitlines()) if _matches(pattern, line))
    return next(matching, None)


def _matches(pattern: re.Pattern[str], line: str) -> bool:
    return pattern.search(line[:MAX_LINE]) is not None
