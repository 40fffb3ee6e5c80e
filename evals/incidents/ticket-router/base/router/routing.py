"""Rules in order, then the general queue."""

from .deadlines import hours_to_answer
from .rules import Rule, TopicRule, WordRule
from .ticket import Ticket

RULES: list[Rule] = [
    WordRule({"down", "outage", "unreachable"}, "outage"),
    TopicRule({"invoice": "billing", "refund": "billing"}),
]


class Router:
    def __init__(self, rules: list[Rule] = RULES) -> None:
        self.rules = rules

    def queue_for(self, ticket: Ticket) -> str:
        for rule in self.rules:
            queue = rule.queue(ticket)
            if queue is not None:
                return queue
        return "general"


def schedule(router: Router, ticket: Ticket, now: int) -> dict:
    """Return queue and deadline; times are hours since the epoch."""
    queue = router.queue_for(ticket)
    hours = hours_to_answer(ticket, queue)
    return {"number": ticket.number, "queue": queue, "due": now + hours}
