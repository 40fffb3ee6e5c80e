"""Reads JSON that somebody else wrote, and never breaks on it.

Depth is bounded by the parser (200 levels), and whatever comes out has a canonical form.
"""

import json
import math

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from suture.errors import InvalidInput


def parse_json(text: bytes, *, what: str = "body") -> JsonValue:
    """Return the value; bytes that are not UTF-8 and lone surrogates become replacement marks.

    Raises:
        InvalidInput: not JSON, nested too deeply, or a number out of range.
    """
    readable = text.decode("utf-8", "replace").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    try:
        value: JsonValue = from_json(readable, allow_inf_nan=False)
    except ValueError as error:
        return _without_surrogates(readable, what, error)
    if b"Infinity" in to_json(value):
        # Either a text says so, or a number such as 1e999 became one.
        json.loads(readable, parse_float=_finite)
    return value


def parse_object(text: bytes, *, what: str = "body") -> dict[str, JsonValue]:
    """Return a JSON object.

    Raises:
        InvalidInput: as `parse_json`, or any other JSON value.
    """
    value = parse_json(text, what=what)
    if not isinstance(value, dict):
        raise InvalidInput(f"The {what} must be a JSON object.")
    return value


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise InvalidInput("A number is too large: no valid JSON for most readers.")
    return value


def _without_surrogates(text: str, what: str, error: ValueError) -> JsonValue:
    # Python's own json module writes lone surrogates (undecodable file names) as escapes that a
    # strict parser refuses; the event around them is still worth having.
    if "\\ud" not in text.lower():
        raise InvalidInput(f"The {what} is no valid JSON: {error}") from error
    try:
        lenient = json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False)
        value: JsonValue = from_json(lenient.encode("utf-8", "replace"), allow_inf_nan=False)
    except (ValueError, RecursionError) as again:
        raise InvalidInput(f"The {what} is no valid JSON: {error}") from again
    return value
