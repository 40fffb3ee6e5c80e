"""What goes wrong between Suture and a vendor's server on the loopback."""

from dataclasses import dataclass, field
from threading import Barrier


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with one request."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"errorMessages":["no"]}'
    twice: bool = False
    """Whether something in between sends the request once more."""
    processed: bool = False
    """Whether the server did what it was asked."""
    reset: bool = False
    """Whether the connection breaks instead of an answer."""
    meeting: Barrier | None = None
    """Of two, where the server waits for the test before it answers: it has done what was asked."""
