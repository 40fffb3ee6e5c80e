"""How soon a ticket must be answered."""

from .ticket import Ticket

HOURS = {"billing": 8, "outage": 1, "general": 48}


def hours_to_answer(ticket: Ticket, queue: str) -> int:
    """Return the hours for the queue, cut by the customer's plan.

    Enterprise customers wait a quarter of the time, at least an hour; business customers
    half of it, at least an hour; everybody else all of it.
    """
    hours = HOURS[queue]
    if ticket.plan == "enterprise":
        return max(1, hours // 4)
    if ticket.plan == "business":
        return max(1, hours // 2)
    return hours
