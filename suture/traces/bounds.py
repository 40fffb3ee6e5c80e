"""Keeps what came from outside small, scrubbed and writable as JSON."""

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from pydantic import JsonValue, ValidationError

from suture.domain.alert import Frame
from suture.errors import InvalidInput
from suture.redaction import MAX_DEPTH, scrub, scrub_code, scrub_json

MAX_INPUT_CHARACTERS = 8 * 1024 * 1024
MAX_LOG_BYTES = 256 * 1024
MAX_TITLE_CHARACTERS = 500
MAX_MESSAGE_CHARACTERS = 8_000
MAX_NAME_CHARACTERS = 200
MAX_PATH_CHARACTERS = 1_000
MAX_CODE_CHARACTERS = 2_000
MAX_FRAMES = 200
MAX_EXCEPTIONS = 40
MAX_TAGS = 60
MAX_VALUE_CHARACTERS = 16_384
MAX_JSON_DEPTH = 12
MAX_JSON_ITEMS = 64
MAX_JSON_NODES = 4_000
MAX_JSON_CHARACTERS = 256 * 1024
CUT = "..."
SLACK = 4

UNWRITABLE = re.compile("[\ud800-\udfff\x00]")
"""PostgreSQL's text takes no NUL, and UTF-8 no half of a pair."""
ANSI = re.compile(r"\x1b(?:\[[0-9;:?]*+[ -/]*+[@-~]|\][^\x07\x1b]*+(?:\x07|\x1b\\)?|[@-Z\\^_])")

Item = TypeVar("Item")


def bounded(text: str, limit: int) -> str:
    """Return the text, scrubbed and cut with dots at its end."""
    # A credential that the first cut goes through shows no more than its beginning.
    return _cut(scrub(readable(text[: limit * SLACK])), limit)


def bounded_line(text: str, limit: int = MAX_TITLE_CHARACTERS) -> str:
    """Return the first line that says something."""
    lines = text[: limit * SLACK].split("\n", maxsplit=limit)
    return bounded(next((line.strip() for line in lines if line.strip()), ""), limit)


def bounded_code(line: str) -> str:
    """Return a line of source code without its end; its indentation stays."""
    return _cut(
        scrub_code(readable(line[: MAX_CODE_CHARACTERS * SLACK].rstrip())), MAX_CODE_CHARACTERS
    )


def bounded_log(text: str) -> str:
    """Return the log without colours; of one that is too long its end, from a line's start."""
    kept = scrub(without_colours(readable(text[-2 * MAX_LOG_BYTES :])))
    content = kept.encode()
    if len(text) <= 2 * MAX_LOG_BYTES and len(content) <= MAX_LOG_BYTES:
        return kept
    tail = content[-MAX_LOG_BYTES:].decode("utf-8", "ignore")
    return tail.partition("\n")[2] or tail


def bounded_json(value: JsonValue) -> JsonValue:
    """Return the value, scrubbed, with texts, depth and breadth cut."""
    return scrub_json(_cut_json(value, 0, _Budget()))


def readable(text: str) -> str:
    """Return the text with NULs and lone surrogates replaced, which no later step could write."""
    return UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def readable_json(value: JsonValue, depth: int = 0) -> JsonValue:
    """Return the value with NULs and lone surrogates replaced and cut below a depth of 100."""
    if isinstance(value, str):
        return readable(value)
    if not isinstance(value, dict | list):
        return value
    if depth >= MAX_DEPTH:
        return CUT
    if isinstance(value, list):
        return [readable_json(item, depth + 1) for item in value]
    return {readable(str(key)): readable_json(item, depth + 1) for key, item in value.items()}


def bounded_tags(pairs: Iterable[tuple[JsonValue, JsonValue]]) -> dict[str, str]:
    """Return tags as short texts, secrets among them scrubbed; structures are left out."""
    tags: dict[str, JsonValue] = {}
    for key, value in pairs:
        if key is None or value is None or isinstance(value, dict | list):
            continue
        tags[bounded_line(str(key), MAX_NAME_CHARACTERS)] = readable(
            str(value)[:MAX_PATH_CHARACTERS]
        )
        if len(tags) >= MAX_TAGS:
            break
    scrubbed = scrub_json(tags)
    named = scrubbed.items() if isinstance(scrubbed, dict) else ()
    return {key: bounded_line(str(value), MAX_NAME_CHARACTERS) for key, value in named}


def head_and_tail(items: tuple[Item, ...], limit: int) -> tuple[Item, ...]:
    """Return the first and the last of too many: how it began and where it ended."""
    if len(items) <= limit:
        return items
    head = limit // 4
    return (*items[:head], *items[len(items) - (limit - head) :])


def bounded_frames(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Return at most 200 frames, from both ends."""
    return head_and_tail(frames, MAX_FRAMES)


def without_colours(text: str) -> str:
    """Return the text without terminal control sequences."""
    return ANSI.sub("", text) if "\x1b" in text else text


def check_size(text: str) -> None:
    """Refuse a text that is too long to look at.

    Raises:
        InvalidInput: longer than 8 Mi characters.
    """
    if len(text) > MAX_INPUT_CHARACTERS:
        raise InvalidInput(f"The report is longer than {MAX_INPUT_CHARACTERS} characters.")


@contextmanager
def refusing_misfits() -> Iterator[None]:
    """Turn what does not fit the domain into `InvalidInput` that names the field."""
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{field}: {first['msg']}") from error


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - len(CUT)] + CUT


@dataclass
class _Budget:
    """What one value may still take."""

    nodes: int = MAX_JSON_NODES
    characters: int = MAX_JSON_CHARACTERS

    def text(self, text: str, limit: int) -> str:
        kept = _cut(readable(text[: limit * SLACK]), limit) if self.characters > 0 else CUT
        self.characters -= len(kept)
        return kept

    def takes_node(self) -> bool:
        self.nodes -= 1
        return self.nodes >= 0


def _cut_json(value: JsonValue, depth: int, budget: _Budget) -> JsonValue:
    if isinstance(value, str):
        return budget.text(value, MAX_VALUE_CHARACTERS)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if not isinstance(value, dict | list):
        return value
    if depth >= MAX_JSON_DEPTH or not budget.takes_node():
        return CUT
    if isinstance(value, list):
        return [_cut_json(item, depth + 1, budget) for item in value[:MAX_JSON_ITEMS]]
    pairs = list(value.items())[:MAX_JSON_ITEMS]
    return {
        budget.text(key, MAX_NAME_CHARACTERS): _cut_json(item, depth + 1, budget)
        for key, item in pairs
    }
