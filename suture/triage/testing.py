"""Rules for tests that fail although the code is right."""

import re

from suture.domain.diagnosis import Category, Fixability
from suture.localisation.flow import calls_in, name_of
from suture.localisation.snapshot import is_test_path
from suture.triage.clues import Clues, Finding, find_line, seen

FLAKY = re.compile(
    r"\bRERUN\b|passed on re-?run|\bflaky\b|[Aa]ddress already in use|Errno 98\b|"
    r"Failed: Timeout >|\brandom(ly)? seed\b|--randomly-seed|Using --random-order|"
    r"-test\.shuffle \d|--random-order",
)
COMMAND = re.compile(r"\bpytest\b")
TEST_FILE = re.compile(r"(?<!\S)[\w./-]{1,200}\.py(?!\S)")
MAX_COMMAND = 2_000
CLOCKS = {"today", "now", "utcnow", "time", "random", "randint", "choice", "shuffle", "uuid4"}


def flaky_test(clues: Clues) -> Finding | None:
    """The log or the test itself says that chance, order or time decides."""
    if not clues.alert.failed_tests and clues.alert.kind.value != "test_failure":
        return None
    line = find_line(FLAKY, clues.symptoms)
    if line is not None:
        return Finding(
            category=Category.FLAKY_TEST,
            fixability=Fixability.NOT_CODE,
            summary=f"The test depends on chance, time or its surroundings: {line[:300]}",
            confidence=0.7,
            statements=(seen(line, "The log says so itself."), *clues.at_crash()),
            next_steps=_STEPS,
        )
    crash = clues.evidence.crash
    shuffled = None if clues.changed else _own_order(clues)
    if shuffled is not None and crash is not None and is_test_path(crash.path):
        return Finding(
            category=Category.FLAKY_TEST,
            fixability=Fixability.NOT_CODE,
            summary="The run gave its test files in an order of its own; the code did not change.",
            confidence=0.55,
            statements=(seen(shuffled, "The run names the files."), *clues.at_crash()),
            next_steps=_STEPS,
        )
    clocks = {name_of(call) for call in (*clues.flow.calls, *clues.flow.earlier_calls)} & CLOCKS
    if crash is None or not is_test_path(crash.path) or not clocks or clues.changed:
        return None
    return Finding(
        category=Category.FLAKY_TEST,
        # Where the code asks no clock, it may be the code that is behind the times.
        fixability=Fixability.NOT_CODE if _code_asks_clock(clues) else Fixability.NEEDS_HUMAN,
        summary=f"The test's expectation depends on {', '.join(sorted(clocks))}() at run time.",
        confidence=0.55,
        statements=clues.at_crash(),
        next_steps=_STEPS,
    )


def _own_order(clues: Clues) -> str | None:
    """Return the command that names several test files in another order than a runner would."""
    for line in clues.alert.log.splitlines():
        if COMMAND.search(line[:MAX_COMMAND]):
            files = TEST_FILE.findall(line[:MAX_COMMAND])
            if len(files) > 1 and files != sorted(files):
                return line.strip()
    return None


def _code_asks_clock(clues: Clues) -> bool:
    """Whether what the test calls asks the clock or chance as well."""
    return any(
        name_of(call) in CLOCKS
        for path, name in clues.related.weights
        if not is_test_path(path)
        for call in calls_in(clues.base.file(path).node_of(name))
    )


_STEPS = (
    "Run the test alone and repeatedly on the same commit: a different result proves it.",
    "Fix the clock, seed, order or port that it depends on; until then, quarantine it by name.",
)
