"""The rota: a week each, in turn; whoever is away is passed over."""

from .calendar import days, week_of

DUTY_MANAGER = "duty-manager"
"""Takes over on days when everybody is away."""


def turn(people: list[str], week: int) -> list[str]:
    """Return the people in the order of this week, the one on call in front."""
    at = week % len(people)
    return people[at:] + people[:at]


def on_call(people: list[str], absences: dict[str, list[str]], day: str) -> str:
    """Return who is on call on a day; the duty manager if nobody else is there."""
    for person in turn(people, week_of(day)):
        if day not in absences.get(person, []):
            return person
    return DUTY_MANAGER


def plan(people: list[str], absences: dict[str, list[str]], first: str, count: int) -> dict:
    """Return `{day: person}` for some days."""
    return {day: on_call(people, absences, day) for day in days(first, count)}
