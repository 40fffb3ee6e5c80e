"""Receipts."""

from datetime import datetime, timezone


def stamp():
    """Return the moment in UTC, to the second, as ISO 8601."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def number(day, count):
    """Return the receipt's number: day and running count of that day."""
    return f"{day.replace('-', '')}-{count:05d}"


def receipt(count, cents):
    """Return a receipt of now."""
    moment = stamp()
    return {"number": number(moment[:10], count), "at": moment, "cents": cents}
