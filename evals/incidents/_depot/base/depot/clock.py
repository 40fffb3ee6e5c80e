"""Times travel as ISO 8601, always with a zone."""

from datetime import UTC, datetime


def now():
    """Return the current time in UTC."""
    return datetime.now(UTC)


def parse(text):
    """Return a time; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
