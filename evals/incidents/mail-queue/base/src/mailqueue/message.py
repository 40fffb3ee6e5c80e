"""A message on its way."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Message:
    message_id: str
    recipient: str
    subject: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    attempts: int = 0
    sent_at: datetime | None = None

    @property
    def domain(self) -> str:
        """What follows the @ of the recipient, in lower case."""
        return self.recipient.rpartition("@")[2].lower()
