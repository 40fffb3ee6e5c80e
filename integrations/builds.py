"""What the webhooks of CI systems have in common: their texts, times and names of repositories."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

MAX_TEXT_CHARACTERS = 4_000
MAX_NAMED = 20
"""Jobs or tests that a message names; it counts the others."""

ZONE = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
UTC_NAME = re.compile(r"\s*(?:UTC|GMT)$")
PLACE = re.compile(r"^(?:[a-z][a-z+]{1,9}://[^/]*/|[^/@:]*@[^/:]*:)")


def _or_empty(value: JsonValue) -> JsonValue:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_or_empty), Field(max_length=MAX_TEXT_CHARACTERS)]
"""A short text; null is none."""
Number = Annotated[int, Field(ge=0, lt=2**63)]
"""An id or a count."""


def moment_of(text: str) -> datetime | None:
    """Return a time as CI systems write it, or None if it cannot be read; no zone means UTC."""
    try:
        moment = datetime.fromisoformat(ZONE.sub("", UTC_NAME.sub("+00:00", text.strip())))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def repository_of(url: str) -> str:
    """Return a repository's name, such as `owner/name`, of its URL; credentials are left out."""
    name, found = PLACE.subn("", url.strip())
    return name.strip("/").removesuffix(".git") if found else ""


def some_of(names: list[str]) -> str:
    """Return names as a list for people, one per line."""
    more = len(names) - MAX_NAMED
    shown = [*names[:MAX_NAMED], *([f"and {more} more"] if more > 0 else [])]
    return "\n".join(f"- {name}" for name in shown)
