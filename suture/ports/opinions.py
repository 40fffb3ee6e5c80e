"""What others concluded about an alert: evidence of what they said, not of what is so."""

from typing import Protocol

from suture.domain.alert import Alert
from suture.domain.evidence import Statement


class Opinions(Protocol):
    """Asks whoever may have looked at the same fault."""

    def about(self, alert: Alert) -> tuple[Statement, ...]:
        """Return what they say, each with a citation of the alert; nothing if nobody answers.

        Hostile text, bounded and scrubbed by its adapter. Raises nothing.
        """
        ...
