"""Reads fields of somebody else's JSON; what has the wrong type is refused by name."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from suture.errors import InvalidInput

MAX_EPOCH_SECONDS = 253_402_300_000
"""End of the year 9999, the last that `datetime` knows."""
MAX_NUMBER = 2**31 - 1
NUMBER = re.compile(r"[0-9]{1,10}")
EPOCH = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")


class Fields:
    """The fields of one JSON object. Missing and null are the same."""

    def __init__(self, value: Mapping[str, JsonValue], path: str = "") -> None:
        self._value = value
        self._path = path

    def first(self, *names: str) -> JsonValue:
        """Return the first of these fields that has a value."""
        return next(
            (self._value[name] for name in names if self._value.get(name) is not None), None
        )

    def text(self, *names: str) -> str:
        """Return a text, or nothing; numbers become texts.

        Raises:
            InvalidInput: an object or a list.
        """
        value = self.first(*names)
        if value is None:
            return ""
        if isinstance(value, dict | list):
            raise self._wrong(names, "a text")
        return str(value)

    def fields(self, *names: str) -> "Fields":
        """Return an object's fields; none if it is missing.

        Raises:
            InvalidInput: anything else than an object.
        """
        value = self.first(*names)
        if value is None:
            return Fields({}, self.path(names[0]))
        if not isinstance(value, dict):
            raise self._wrong(names, "an object")
        return Fields(value, self.path(names[0]))

    def items(self, *names: str) -> list[JsonValue]:
        """Return a list; empty if it is missing. `{"values": [...]}` counts as its list.

        Raises:
            InvalidInput: anything else.
        """
        value = self.first(*names)
        if isinstance(value, dict):
            value = value.get("values")
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(names, "a list")
        return value

    def objects(self, *names: str) -> list["Fields"]:
        """Return a list's objects, without its nulls.

        Raises:
            InvalidInput: it holds something else.
        """
        found = []
        for index, item in enumerate(self.items(*names)):
            if isinstance(item, dict):
                found.append(Fields(item, self.path(f"{names[0]}[{index}]")))
            elif item is not None:
                raise InvalidInput(f"{self.path(names[0])}[{index}] must be an object.")
        return found

    def lines(self, name: str) -> list[str]:
        """Return a list's texts, nulls as empty ones."""
        return [item if isinstance(item, str) else "" for item in self.items(name)]

    def number(self, *names: str) -> int | None:
        """Return a whole number of at most 31 bits, also one written as a text, or nothing."""
        value = self.first(*names)
        if isinstance(value, str) and NUMBER.fullmatch(value):
            value = int(value)
        whole = isinstance(value, int) and not isinstance(value, bool)
        return value if whole and isinstance(value, int) and 0 <= value <= MAX_NUMBER else None

    def flag(self, *names: str) -> bool | None:
        """Return a truth value, or nothing."""
        value = self.first(*names)
        return value if isinstance(value, bool) else None

    def instant(self, *names: str) -> datetime | None:
        """Return a moment given as seconds since 1970 or in ISO 8601; UTC unless it says else.

        Nothing for anything else: an alert is worth more than its time.
        """
        return _instant(self.first(*names))

    def path(self, name: str) -> str:
        """Return a field's name as seen from the top."""
        return f"{self._path}.{name}" if self._path else name

    def _wrong(self, names: tuple[str, ...], wanted: str) -> InvalidInput:
        found = next(name for name in names if self._value.get(name) is not None)
        return InvalidInput(f"{self.path(found)} must be {wanted}.")


def _instant(value: JsonValue) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        if isinstance(value, str):
            if EPOCH.fullmatch(value):
                return datetime.fromtimestamp(float(value), UTC)
            moment = datetime.fromisoformat(value.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        if 0 <= value < MAX_EPOCH_SECONDS:
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError):
        return None
    return None
