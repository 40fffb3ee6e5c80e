"""Days and weeks."""

from datetime import date, timedelta


def week_of(day: str) -> int:
    """Return the number of weeks since Monday, 5 January 2026."""
    return (date.fromisoformat(day) - date(2026, 1, 5)).days // 7


def days(first: str, count: int) -> list[str]:
    begin = date.fromisoformat(first)
    return [(begin + timedelta(days=number)).isoformat() for number in range(count)]
