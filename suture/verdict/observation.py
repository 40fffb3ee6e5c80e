"""What a probe saw in the sandbox, read as the hostile text it is.

The writer of these records is `suture.reproduction.harness`; one line each, after a nonce that only
this run knows. Whatever else the project prints is passed over.
"""

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints, ValidationError

from suture.canonical import digest_of
from suture.domain.alert import Alert, ExceptionInfo, Frame
from suture.domain.value import Value

MAX_RECORD_CHARACTERS = 128 << 10
MAX_NEIGHBOURS = 24
MAX_NESTING = 120

Text = Annotated[str, StringConstraints(max_length=4_000)]

ADDRESS = re.compile(r"0x[0-9a-fA-F]*")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
VOLATILE = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|\d+\.\d+|\d{5,}")
"""UUIDs, fractions of seconds, timestamps and ids: what differs between two runs of one failure."""
SCRUBBED = re.compile(r"redacted|Filtered|\.\.\.$")
VAGUE_TYPES = frozenset({"opaque", "cycle", "more", "digest", "iterator"})


class Outcome(StrEnum):
    """How an observed call ended."""

    RETURNED = "returned"
    RAISED = "raised"
    UNUSABLE = "unusable"
    """The call could not be made here, or did not end: it says nothing."""


class ObservedFrame(Value):
    """One call on the stack of an exception, relative to the working directory."""

    path: Text
    function: Text
    line: int = Field(ge=0)
    text: Text = ""


class Observation(Value):
    """Everything a call did that can be seen: its result, its effect on its arguments, its prints.

    Values are described by structure, see `suture.reproduction.harness.Description`.
    """

    outcome: Outcome
    value: JsonValue = None
    type: Text = ""
    message: Text = ""
    frames: tuple[ObservedFrame, ...] = Field(default=(), max_length=64)
    before: dict[str, JsonValue] = Field(default_factory=dict)
    after: dict[str, JsonValue] = Field(default_factory=dict)
    printed: Text = ""
    neighbours: tuple["Observation", ...] = Field(default=(), max_length=MAX_NEIGHBOURS)
    """The same call with slightly different arguments, in the plan's order."""

    @property
    def changed_arguments(self) -> tuple[str, ...]:
        """Names of the arguments that the call left different from what it got."""
        return tuple(name for name in self.after if self.after[name] != self.before.get(name))

    @property
    def result_digest(self) -> str:
        """Digest of all that counts as the result, the same for calls that agree."""
        return digest_of(
            [
                self.outcome.value,
                self.value,
                self.type,
                self.message if self.outcome is Outcome.RAISED else "",
                self.after,
                self.printed,
            ]
        )


def parse(stdout: str, nonce: str) -> Observation | None:
    """Return what the probe reported, or None if it did not get that far.

    A number that appears twice is a forgery or a fork: the whole output is refused.
    """
    records = read_records(stdout, nonce)
    if records is None or 0 not in records:
        return None
    neighbours = _in_order(records)
    return records[0].model_copy(update={"neighbours": neighbours})


def read_records(stdout: str, nonce: str) -> dict[int, Observation] | None:
    """Return the records of a run by their numbers; None if one cannot be read, or comes twice."""
    records: dict[int, Observation] = {}
    for line in stdout.splitlines():
        mark, _, rest = line.partition(" ")
        if mark != nonce:
            continue
        number, _, text = rest.partition(" ")
        if not number.isdecimal() or len(number) > 3 or int(number) in records:  # noqa: PLR2004 (three digits)
            return None
        record = _record(text)
        if record is None:
            return None
        records[int(number)] = record
    return records


def _in_order(records: dict[int, Observation]) -> tuple[Observation, ...]:
    """Return the neighbours by number; a missing one says nothing."""
    silent = Observation(outcome=Outcome.UNUSABLE)
    last = min(max(records), MAX_NEIGHBOURS)
    return tuple(records.get(number, silent) for number in range(1, last + 1))


def _record(text: str) -> Observation | None:
    if len(text) > MAX_RECORD_CHARACTERS or _too_deep(text):
        return None
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict) or "neighbours" in raw:
            return None
        frames = raw.get("frames", [])
        raw["frames"] = [
            dict(zip(("path", "function", "line", "text"), frame, strict=True)) for frame in frames
        ]
        observation = Observation.model_validate(raw)
        _ = observation.result_digest
    except (ValueError, TypeError, ValidationError):
        return None
    return observation


def _too_deep(text: str) -> bool:
    depth = deepest = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest > MAX_NESTING


def agree(one: Observation, other: Observation) -> bool:
    """Whether two calls did the same, as far as that can be seen."""
    return one.result_digest == other.result_digest


def informative(observation: Observation) -> bool:
    """Whether agreeing with this observation means anything.

    A call that returns None, changes no argument and prints nothing worked by effects that the
    probe cannot see, and a value that is only known by its class agrees with every other of it.
    """
    if observation.outcome is not Outcome.RETURNED:
        return False
    seen: list[JsonValue] = [observation.after[name] for name in observation.changed_arguments]
    if not (isinstance(observation.value, dict) and observation.value.get("type") == "NoneType"):
        seen.append(observation.value)
    if observation.printed.strip():
        seen.append({"type": "str"})
    return bool(seen) and not any(_vague(value) for value in seen)


def _vague(value: JsonValue) -> bool:
    if isinstance(value, list):
        return any(_vague(item) for item in value)
    if not isinstance(value, dict):
        return False
    if value.get("type") in VAGUE_TYPES - {"iterator", "digest"}:
        return True
    return any(_vague(item) for item in value.values())


def reported(alert: Alert) -> ExceptionInfo | None:
    """Return the exception that the alert is about: the last with frames of the service's own."""
    for link in reversed(alert.exceptions):
        if own_frames(link.frames):
            return link
    return alert.exceptions[-1] if alert.exceptions else None


def own_frames(frames: Sequence[Frame]) -> tuple[Frame, ...]:
    """Return the frames of the service's own code, oldest first."""
    return tuple(frame for frame in frames if frame.in_app)


def same_failure(observation: Observation, alert: Alert) -> bool:
    """Whether the observed exception is the reported one: same type, same place, same complaint.

    The place is the service's own innermost frame, by file and function. Lines move between
    commits, so the line's text decides where both are known, and else the message.
    """
    link = reported(alert)
    if observation.outcome is not Outcome.RAISED or link is None:
        return False
    if _last(observation.type) != _last(link.type):
        return False
    crash = own_frames(link.frames)
    if not crash:
        return _plain(observation.message) == _plain(link.value)
    seen = _innermost_match(observation, crash[-1])
    if seen is None:
        return False
    if _same_line(seen, crash[-1]):
        return _alike(observation.message, link.value)
    return _plain(observation.message) == _plain(link.value)


def crash_frame(observation: Observation) -> ObservedFrame | None:
    """Return the innermost frame of the project's own code."""
    own = [frame for frame in observation.frames if not _foreign(frame.path)]
    return own[-1] if own else None


def _innermost_match(observation: Observation, crash: Frame) -> ObservedFrame | None:
    """Return the innermost project frame if it is the crash site, else None."""
    last = crash_frame(observation)
    if last is None:
        return None
    same_function = crash.function is None or _last(crash.function) == last.function
    return last if same_function and same_file(last.path, crash.filename) else None


def _foreign(path: str) -> bool:
    """Paths outside the working directory stay absolute: libraries and the interpreter."""
    return path.startswith(("/", "<")) or "site-packages/" in path


def same_file(one: str, other: str) -> bool:
    """Whether two spellings of a path mean the same file: one ends with the other."""
    first = [part for part in one.replace("\\", "/").split("/") if part not in {"", "."}]
    second = [part for part in other.replace("\\", "/").split("/") if part not in {"", "."}]
    shared = min(len(first), len(second))
    return shared > 0 and first[-shared:] == second[-shared:]


def _same_line(seen: ObservedFrame, crash: Frame) -> bool:
    if crash.context_line and seen.text:
        return crash.context_line.strip() == seen.text.strip()
    return crash.lineno == seen.line


def _last(dotted: str) -> str:
    return dotted.rsplit(".", 1)[-1]


def _plain(message: str) -> str:
    return ADDRESS.sub("0x", message).strip()


def _alike(seen: str, told: str) -> bool:
    """Whether two messages differ in nothing but what no two runs have in common."""
    one, other = (VOLATILE.sub("#", _plain(message)) for message in (seen, told))
    if SCRUBBED.search(told):
        one, other = (QUOTED.sub("''", message) for message in (one, other))
        return one == other or (told.endswith("...") and one.startswith(other[:-3]))
    return one == other
