"""Which incidents a vendor's problem became: alerts that end carry no evidence to tell by."""

from typing import Protocol

from suture.domain.alert import AlertSource
from suture.domain.value import Digest, Instant, Value


class Problem(Value):
    """A problem by its vendor's own name, as one service has it."""

    service: str
    source: AlertSource
    group: str


class Problems(Protocol):
    """Remembers under which fingerprints a problem was seen."""

    def remember(self, problem: Problem, fingerprint: Digest, at: Instant) -> None:
        """Keep that this fingerprint is the problem's. Repeatable."""
        ...

    def find(self, problem: Problem) -> tuple[Digest, ...]:
        """Return the problem's fingerprints, the last seen first; at most 20."""
        ...

    def names(self, service: str, source: AlertSource, fingerprint: Digest) -> tuple[str, ...]:
        """Return a vendor's names of what has this fingerprint, the last seen first; at most 20."""
        ...
