"""Finds the few lines of a failed job's log that say why it failed.

What a passing job of the same kind printed as well says nothing: lines are compared with it by
their template, that is without numbers, hashes and times. What is left stands in blocks, and
counts from where it speaks of a failure; what tools print around every failure does not count.
Where there is no passing log, the lines that speak of a failure count with what belongs to them.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suture.domain.value import Value
from suture.traces.ci_lines import clean_lines

MAX_CAUSE_LINES = 20
MAX_BLOCK_LINES = 400
MAX_GAP_LINES = 2
MAX_TEXT_CHARACTERS = 1_000
FOLLOWING_LINES = 20

UNSTABLE = re.compile(
    r"(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=[a-f]*\d)[0-9a-f]{7,64}\b|\d+"
)
MARK = re.compile(r"^(?:##\[(?:error|warning)\]|::error[^:]{0,200}::|\[ERROR\] ?|ERROR: |Error: )+")
STATEMENTS = (
    r"^##\[error\]|^::error|^\[ERROR\] \S|--- FAIL: |^E   |^(?:FAILED|ERROR) \S",
    (
        r"^Traceback \(most recent"
        r"|(?:^|[\s:(])(?:[a-z_]\w{0,80}\.){0,20}[A-Z]\w{0,80}(?:Error|Exception)\b"
    ),
    r"(?:^|\s)panic: |(?i:\b(?:fatal|error)(?:\[\w{1,20}\])?: )|<<< (?:FAILURE|ERROR)!| FAILED$",
    r"^npm (?:ERR!|error) |^\s*(?:\u2715|\u2717|\u2716|\u00d7) |^\s*not ok \d|^\s*\u25cf ",
    r"^[^\s:]{1,300}\.\w{1,8}:\d{1,7}(?::\d{1,7})?: |^\*\*\* |^FAIL\t\S{1,300} \[|^fatal: ",
    r"No space left|command not found|[Pp]ermission denied|Out of memory|OutOfMemory|\bKilled\b",
    r"[Cc]annot (?:find|access|open|read|connect|resolve)|[Cc]ould not |[Uu]nable to ",
    r"not up.to.date|are inconsistent|\bundefined(?: reference|:)|\bno such \w|DATA RACE",
    r"[Ss]egmentation fault|timed out|^# [\w.-]{1,100}/[\w./-]{1,300}(?: \[.{1,300}\])?$",
)
STATEMENT = re.compile("|".join(STATEMENTS))
WORD = re.compile(r"(?i)fail(?:ed|ure|ures|s|ing)?\b|\berrors?\b|exception|panic|\bfatal\b|\babort")
NOISES = (
    # Headings, rules, and lines of other levels.
    r"^\s*$|^\[(?:INFO|DEBUG|WARNING|WARN)\]|^[-=_*#~\s]{3,}$",
    r"^##\[(?:group|endgroup|command|section|debug|warning)\]",
    # What Maven, Gradle and Go say around every failure.
    r"^\[ERROR\] *$|^\[ERROR\] *-{5,}|^\[ERROR\] +(?:-> )?\[Help \d+\]|^\[ERROR\] +mvn <",
    r"To see the full stack trace|Re-run Maven using|For more information about the err",
    r"After correcting the problems|^\[ERROR\] +(?:COMPILATION ERROR|Please refer to)",
    r"^BUILD (?:FAILED|FAILURE)|^Total time|^\d+ actionable task",
    r"^\* (?:Try|Get more help|What went)",
    r"^> (?:Run with --|Get more help|There were failing tests)|^\d+ tests? completed, \d",
    r"^(?:FAIL|PASS|ok)$|^(?:FAIL|ok  )\t\S{1,300}\t[\d.]{1,12}s",
    # What CI systems do around and after a job.
    r"^Finished: [A-Z]+$|^Sending e-mails? to|^Build step .{1,200} marked build as|^Recording ",
    r"^Archiving artifacts|^GitHub Issue Notifier|^Setting status of|^Post job cleanup",
    r"^\[(?:Checks API|JIRA|WS-CLEANUP|EnvInject)\]|^(?:Terminate|Cleaning) orphan",
    # Downloads, and counts of nothing.
    r"^Download(?:ing|ed) |^Progress |^\s*\d{1,3} {1,4}[\d.]{1,8}[kMG]? {1,4}\d",
    r"^go: (?:downloading|finding)|^Get:\d|^Collecting |^Stored in directory",
    r"(?i:\b(?:0|no) (?:errors?|failures?|failed)\b(?!.*\b[1-9]\d{0,6} (?:errors?|fail)))",
    r"Failures: 0, Errors: 0",
)
NOISE = re.compile("|".join(NOISES))
ENDED = re.compile(r"^##\[error\]Process completed with exit code|^exit status \d")
"""Says no more than that it failed, but belongs to what stands right above."""
COMMAND = re.compile(r"^##\[group\]Run ")
COMMAND_END = re.compile(r"^##\[endgroup\]")
SECONDARY = re.compile(
    r"^\[ERROR\] Failed to execute goal|^FAIL\t|^make(?:\[\d+\])?: \*\*\*|^FAILURE: "
    r"|^Execution failed for|^\[ERROR\] (?:There (?:are|was)|Tests run:)"
    r"|^npm (?:ERR!|error) A complete log"
)


class CauseLine(Value):
    """One line that says why a job failed."""

    number: int
    """Counted from 1 in the log as it was given."""
    text: str
    """Without colours, times and marks of the CI system."""


class _Line(NamedTuple):
    number: int
    text: str
    weight: int
    """3: states a failure; 2: states one that is a consequence; 1: speaks of one; 0: says nothing;
    -1: is printed around every failure."""


def find_cause_lines(
    log: str, passing: str | None = None, limit: int = MAX_CAUSE_LINES
) -> tuple[CauseLine, ...]:
    """Return the lines that say why a job failed, at most `limit`, in the log's order.

    `passing` is the log of the last job of the same kind that passed.
    """
    lines = _lines(log)
    if passing is None:
        blocks = list(_stated(lines))[::-1]
    else:
        known = {template(text) for text in clean_lines(_split(passing))}
        new = [line for line in lines if template(line.text) not in known]
        blocks = list(_told(new)) or list(_stated(lines))[::-1]
    chosen: dict[str, _Line] = {}
    for line in _by_weight(blocks):
        chosen.setdefault(" ".join(MARK.sub("", line.text).split()), line)
        if len(chosen) >= limit:
            break
    kept = sorted(chosen.values(), key=lambda line: line.number)
    return tuple(CauseLine(number=line.number, text=line.text) for line in kept)


def template(text: str) -> str:
    """Return a line without what differs from run to run."""
    return " ".join(UNSTABLE.sub("#", text[:MAX_TEXT_CHARACTERS]).split())


def _split(text: str) -> str:
    """Make a line of its own of what a progress bar has overwritten, as logs are counted."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(log: str) -> list[_Line]:
    text = _split(log)
    cleaned = clean_lines(text)
    first = text.count("\n") + 1 - len(cleaned) + 1
    lines: list[_Line] = []
    echoed = False
    for number, line in enumerate(cleaned, first):
        # A step's commands are printed before they run, and name errors that they might print.
        echoed = bool(COMMAND.match(line)) or (echoed and not COMMAND_END.match(line))
        lines.append(_Line(number, line, -1 if echoed else _weight(line[:MAX_TEXT_CHARACTERS])))
    return lines


def _weight(text: str) -> int:
    if NOISE.search(text) or ENDED.search(text):
        return -1
    if SECONDARY.search(text):
        return 2
    if STATEMENT.search(text):
        return 3
    return 1 if WORD.search(text) else 0


def _told(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Yield the blocks of new lines that speak of a failure, each from where it begins to."""
    block: list[_Line] = []
    for line in lines:
        if block and line.number == block[-1].number + 1 and ENDED.search(line.text):
            line = line._replace(weight=min(max(block[-1].weight, 0), 2))  # noqa: PLW2901 - what it ends
        if block and line.number - block[-1].number > 1 + MAX_GAP_LINES:
            yield from _trimmed(block)
            block = []
        if len(block) < MAX_BLOCK_LINES:
            block.append(line)
    yield from _trimmed(block)


def _trimmed(block: Sequence[_Line]) -> Iterator[list[_Line]]:
    first = next((number for number, line in enumerate(block) if line.weight > 0), None)
    kept = [line for line in block[first:] if line.weight >= 0] if first is not None else []
    if kept:
        yield kept


def _stated(lines: Sequence[_Line]) -> Iterator[list[_Line]]:
    """Yield each statement of a failure with the lines below it that belong to it."""
    position = 0
    while position < len(lines):
        line = lines[position]
        position += 1
        if line.weight < 2:  # noqa: PLR2004 - it states a failure
            continue
        block = [line]
        while position < len(lines) and len(block) < FOLLOWING_LINES:
            below = lines[position]
            if below.weight <= 0 and not below.text.startswith((" ", "\t")):
                break
            position += 1
            block += [below] if below.weight >= 0 else []
        yield block


def _by_weight(blocks: Sequence[Sequence[_Line]]) -> Iterator[_Line]:
    """Yield the lines of the blocks that state a failure first, then of the others.

    Of blocks that are as clear, the one that is given first comes first: what is new in a log
    began with its cause, and where nobody knows what is new, the end is where the job failed.
    """
    order = sorted(blocks, key=lambda block: -max(line.weight for line in block))
    for block in order:
        yield from block
