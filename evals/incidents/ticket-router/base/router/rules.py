"""Rules look at a ticket and either name a queue or pass."""

from abc import ABC, abstractmethod

from .ticket import Ticket


class Rule(ABC):
    @abstractmethod
    def queue(self, ticket: Ticket) -> str | None:
        """Return the queue for this ticket, or None to let the next rule decide."""


class TopicRule(Rule):
    def __init__(self, topics: dict[str, str]) -> None:
        self.topics = topics

    def queue(self, ticket: Ticket) -> str | None:
        return self.topics.get(ticket.topic)


class WordRule(Rule):
    """Names a queue when any of its words is in the text."""

    def __init__(self, words: set[str], target: str) -> None:
        self.words = words
        self.target = target

    def queue(self, ticket: Ticket) -> str | None:
        found = self.words & set(ticket.text.lower().split())
        return self.target if found else None
