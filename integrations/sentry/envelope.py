"""Sentry's envelope, from bytes to typed items, without any I/O.

An envelope is a JSON line of headers, then per item a JSON line of item headers and a payload,
which ends after `length` bytes or, without a length, at the end of the line:
https://develop.sentry.dev/sdk/data-model/envelopes/
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import JsonValue

from suture.errors import InvalidInput
from suture.hostile_json import parse_object

MAX_ITEMS = 100
MAX_HEADER_BYTES = 64 << 10
EVENT = "event"
AUTH_KEY = re.compile(r"\bsentry_key\s*=\s*([A-Za-z0-9_-]{1,128})(?=\s*(?:,|$))")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of an envelope; its payload is not looked into."""

    type: str
    payload: bytes


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What an SDK sent in one request."""

    event_id: str | None = None
    key: str | None = None
    """Public key of the DSN in the envelope's own header, where there is one."""
    items: tuple[Item, ...] = ()

    @property
    def events(self) -> tuple[Item, ...]:
        """The items that tell of an error."""
        return tuple(item for item in self.items if item.type == EVENT)


def parse_envelope(body: bytes) -> Envelope:
    """Read an envelope in full.

    Raises:
        InvalidInput: it breaks the format, is cut off, or has too many items.
    """
    headers, position = _header_line(body, 0, "envelope header")
    items: list[Item] = []
    while (position := _skip_blank_lines(body, position)) < len(body):
        if len(items) == MAX_ITEMS:
            raise InvalidInput(f"The envelope has more than {MAX_ITEMS} items.")
        item, position = _item(body, position)
        items.append(item)
    event_id, dsn = headers.get("event_id"), headers.get("dsn")
    return Envelope(
        event_id=event_id if isinstance(event_id, str) else None,
        key=key_of_dsn(dsn) if isinstance(dsn, str) else None,
        items=tuple(items),
    )


def key_of_dsn(dsn: str) -> str | None:
    """Return the public key of `http://KEY@host/PROJECT`."""
    try:
        return urlsplit(dsn).username or None
    except ValueError:
        return None


def key_of_auth_header(value: str) -> str | None:
    """Return the public key of `X-Sentry-Auth: Sentry sentry_key=KEY, sentry_version=7, ...`."""
    scheme, _, parameters = value.strip().partition(" ")
    found = AUTH_KEY.search(parameters) if scheme.lower() == "sentry" else None
    return found.group(1) if found else None


def _item(body: bytes, position: int) -> tuple[Item, int]:
    headers, start = _header_line(body, position, "item header")
    kind = headers.get("type")
    if not isinstance(kind, str) or not kind:
        raise InvalidInput("An item of the envelope has no type.")
    end = _payload_end(body, start, headers.get("length"))
    return Item(type=kind, payload=body[start:end]), end + 1


def _payload_end(body: bytes, start: int, length: JsonValue) -> int:
    if length is None:
        newline = body.find(b"\n", start)
        return len(body) if newline < 0 else newline
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise InvalidInput("The length of an item is no natural number.")
    end = start + length
    if end > len(body):
        raise InvalidInput("The envelope is cut off in the middle of an item.")
    if body[end : end + 1] not in {b"", b"\n"}:
        raise InvalidInput("The length of an item does not match its payload.")
    return end


def _header_line(body: bytes, position: int, what: str) -> tuple[dict[str, JsonValue], int]:
    newline = body.find(b"\n", position)
    end = len(body) if newline < 0 else newline
    if end - position > MAX_HEADER_BYTES:
        raise InvalidInput(f"The {what} is longer than {MAX_HEADER_BYTES} bytes.")
    return parse_object(body[position:end], what=what), min(end + 1, len(body))


def _skip_blank_lines(body: bytes, position: int) -> int:
    while body[position : position + 1] in {b"\n", b"\r"}:
        position += 1
    return position
