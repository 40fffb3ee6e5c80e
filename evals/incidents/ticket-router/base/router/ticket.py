"""Tickets as the web form sends them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ticket:
    number: int
    topic: str
    text: str
    plan: str = "free"

    @classmethod
    def from_form(cls, form: dict) -> "Ticket":
        return cls(
            number=int(form["number"]),
            topic=form.get("topic", "other").strip().lower(),
            text=form.get("text", ""),
            plan=form.get("plan", "free"),
        )
