"""Writes values that an alert captured as JavaScript, where nothing of them was lost."""

import json
import math
import re

from pydantic import JsonValue

from suture.reproduction.go_arguments import CannotRebuild

MAX_DEPTH = 20
MAX_VALUE = 20_000
LOST = re.compile(
    r"^\[(?:Object|Array|Function|Circular|Filtered|Getter|Symbol|Date|Map|Set|redacted)"
    r"|^<|\.\.\.$|\u2026$|^\*{3,}$|\[redacted"
)
"""What senders and scrubbers put in the place of what they leave out."""
CONSTANTS = {"<undefined>": "undefined", "[undefined]": "undefined", "<null>": "null"}


def script_value(value: JsonValue, name: str) -> str:
    """Return a captured value as source.

    Raises:
        CannotRebuild: part of it was cut, scrubbed, or is no plain data.
    """
    text = _written(value, name, 0)
    if len(text) > MAX_VALUE:
        raise CannotRebuild(f"What {name} was is too long.")
    return text


def _written(value: JsonValue, name: str, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise CannotRebuild(f"What {name} was is nested too deeply.")
    if isinstance(value, str):
        return _text(value, name)
    if isinstance(value, list):
        return f"[{', '.join(_written(each, name, depth + 1) for each in value)}]"
    if isinstance(value, dict):
        pairs = (
            f"{_quoted(key)}: {_written(each, name, depth + 1)}" for key, each in value.items()
        )
        if "__proto__" in value:
            raise CannotRebuild(f"What {name} was is no plain data.")
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if isinstance(value, float) and not math.isfinite(value):
        raise CannotRebuild(f"What {name} was is no plain data.")
    return json.dumps(value)


def _text(value: str, name: str) -> str:
    if value in CONSTANTS:
        return CONSTANTS[value]
    if LOST.search(value):
        raise CannotRebuild(f"The alert does not hold all of what {name} was.")
    return _quoted(value)


def _quoted(text: str) -> str:
    # JSON with ASCII only is JavaScript, for which two separators would end lines.
    return json.dumps(text)
