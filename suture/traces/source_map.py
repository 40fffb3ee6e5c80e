"""Reads source maps, which tell of a place in a built script where it was written.

The format is ECMA-426, https://tc39.es/ecma426/. Maps are hostile like all that repositories
hold: one that is broken tells nothing, and what is read of one is bounded.
"""

import base64
import binascii
import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from urllib.parse import unquote

from pydantic import JsonValue

from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from suture.traces.reading import Fields

MAX_MAP_CHARACTERS = 8 << 20
MAX_MAPPING_CHARACTERS = 4 << 20
"""Of all sections together: a few seconds."""
MAX_SECTIONS = 1_000
MAX_SOURCES = 50_000
MAX_DIGITS = 7
"""Of one number: 32 bits."""
URL = re.compile(r"(?:^|\n)[ \t]*(?://|/\*)[#@][ \t]*sourceMappingURL=([^\s*'\"]++)")
DATA = re.compile(
    r"data:(?:application|text)/json(?:;charset=[\w-]{1,20})?(?P<base64>;base64)?,", re.IGNORECASE
)
JUNK = ")]}'"
"""May stand on a first line of its own, against scripts that would run the map."""
DIGITS = {
    letter: number
    for number, letter in enumerate(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    )
}
MORE, BITS, LOW = 32, 5, 31
GROUP = re.compile(r"[^,;]++|;")
SOURCED = (4, 5)
"""How many numbers a segment has that tells a source, without and with a name."""

Position = tuple[int, int]
"""Line and column, both from 0."""


class Original(NamedTuple):
    """Where something was written."""

    source: str
    """As the map calls it, `sourceRoot` before it; any text."""
    line: int
    """From 1."""
    code: str | None
    """The source's line, where the map holds the source."""


class _Section(NamedTuple):
    at: Position
    mappings: str
    sources: Sequence[JsonValue]
    contents: Sequence[JsonValue]
    root: str


class _Segment(NamedTuple):
    column: int
    source: int
    """-1: what is here was written nowhere."""
    line: int


def mapping_url(script: str) -> str:
    """Return what a script's last comment says of where its map is; empty if nothing does."""
    found = ""
    for match in URL.finditer(script):
        found = match[1]
    return found


def inline_map(url: str) -> str | None:
    """Return the map that a `data:` URL holds; None for any other URL and for broken ones."""
    match = DATA.match(url)
    if match is None or len(url) > 2 * MAX_MAP_CHARACTERS:
        return None
    content = unquote(url[match.end() :], errors="replace")
    if not match["base64"]:
        return content
    try:
        return base64.b64decode(content).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None


def originals(text: str, positions: Sequence[Position]) -> dict[Position, Original]:
    """Return where the code at these places of the built script was written, as far as it tells.

    Raises:
        InvalidInput: this is no source map, or it exceeds a bound.
    """
    sections = _sections(_parsed(text))
    if sum(len(each.mappings) for each in sections) > MAX_MAPPING_CHARACTERS:
        raise InvalidInput("The source map has too many mappings.")
    found: dict[Position, Original] = {}
    for number, section in enumerate(sections):
        after = sections[number + 1].at if number + 1 < len(sections) else None
        mine = [each for each in positions if section.at <= each and (not after or each < after)]
        for place, segment in _segments_at(section, mine):
            if (original := _original(section, segment)) is not None:
                found[place] = original
    return found


def _parsed(text: str) -> Fields:
    if len(text) > MAX_MAP_CHARACTERS:
        raise InvalidInput("The source map is too large.")
    if text.startswith(JUNK):
        text = text.partition("\n")[2]
    return Fields(parse_object(text.encode("utf-8", "replace"), what="source map"))


def _sections(fields: Fields) -> list[_Section]:
    """Return the map itself, or the maps that an index map is made of, in order."""
    listed = fields.objects("sections")
    if not listed:
        return [_section(fields, (0, 0))]
    if len(listed) > MAX_SECTIONS:
        raise InvalidInput("The source map has too many sections.")
    found = []
    for each in listed:
        offset = each.fields("offset")
        at = (offset.number("line") or 0, offset.number("column") or 0)
        found.append(_section(each.fields("map"), at))
    return sorted(found, key=lambda section: section.at)


def _section(fields: Fields, at: Position) -> _Section:
    sources = fields.items("sources")
    if len(sources) > MAX_SOURCES:
        raise InvalidInput("The source map has too many sources.")
    contents = fields.items("sourcesContent")
    root = fields.text("sourceRoot")
    return _Section(at, fields.text("mappings"), sources, contents, root)


def _segments_at(
    section: _Section, positions: Sequence[Position]
) -> Iterator[tuple[Position, _Segment]]:
    """Yield the segment that holds each place: the last one of its line not after it."""
    wanted: dict[int, list[Position]] = {}
    for place in sorted(set(positions)):
        wanted.setdefault(place[0] - section.at[0], []).append(place)
    last = max(wanted, default=-1)
    lines = groupby(_segments(section.mappings, last), key=itemgetter(0))
    for number, segments in lines:
        start = section.at[1] if number == 0 else 0
        waiting = deque(wanted.get(number, ()))
        before: _Segment | None = None
        for _, segment in segments if waiting else ():
            while waiting and waiting[0][1] - start < segment.column:
                place = waiting.popleft()
                if before is not None:
                    yield place, before
            before = segment
        if before is not None:
            yield from ((place, before) for place in waiting)


def _segments(mappings: str, last: int) -> Iterator[tuple[int, _Segment]]:
    """Yield the segments up to the last line with their lines.

    Each number is told as a difference; columns begin anew in each line.
    """
    number = column = source = line = 0
    for match in GROUP.finditer(mappings):
        if match[0] == ";":
            number, column = number + 1, 0
            if number > last:
                return
            continue
        told = _numbers(match[0])
        column += told[0]
        if len(told) in SOURCED:
            source, line = source + told[1], line + told[2]
        yield number, _Segment(column, source if len(told) in SOURCED else -1, line)


def _numbers(group: str) -> list[int]:
    """Decode base64 VLQ.

    Raises:
        InvalidInput: a letter is none of base64's, or a number does not end.
    """
    numbers, value, shift = [], 0, 0
    for letter in group:
        digit = DIGITS.get(letter, -1)
        if digit < 0 or shift >= MAX_DIGITS * BITS:
            raise InvalidInput("The source map's mappings are broken.")
        value |= (digit & LOW) << shift
        shift += BITS
        if not digit & MORE:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    if shift:
        raise InvalidInput("The source map's mappings are broken.")
    return numbers


def _original(section: _Section, segment: _Segment) -> Original | None:
    if not 0 <= segment.source < len(section.sources) or segment.line < 0:
        return None
    named = section.sources[segment.source]
    if not isinstance(named, str):
        return None
    root = section.root
    source = f"{root.rstrip('/')}/{named}" if root and "://" not in named else named
    content = section.contents[segment.source] if segment.source < len(section.contents) else None
    code = None
    if isinstance(content, str):
        lines = content.split("\n", segment.line + 1)
        code = lines[segment.line].rstrip("\r") if segment.line < len(lines) else None
    return Original(source, segment.line + 1, code)
