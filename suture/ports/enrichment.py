"""What an alert's vendor knows beyond what its webhook told, such as the log of a failed job."""

from typing import Protocol

from suture.domain.alert import Alert


class Enrichment(Protocol):
    """Asks vendors for more of an alert."""

    def log_of(self, alert: Alert) -> str:
        """Return the end of the log that the alert is about; empty when there is none to be had.

        Hostile text, bounded by its adapter.

        Raises:
            TransientError: the vendor does not answer now.
            PermanentError: the vendor refuses.
        """
        ...
