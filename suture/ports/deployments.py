"""Which commit runs where."""

from typing import Protocol

from suture.domain.rollout import Deployment
from suture.domain.value import Instant


class Deployments(Protocol):
    """Deployments as they were reported."""

    def record(self, deployment: Deployment) -> bool:
        """Keep it; False when this id is known already."""
        ...

    def since(self, service: str, environment: str, since: Instant) -> tuple[Deployment, ...]:
        """Return successful deployments from this moment on, oldest first."""
        ...

    def running(self, service: str, environment: str, at: Instant) -> Deployment | None:
        """Return what ran at this moment, as far as anybody reported it."""
        ...

    def history(self, service: str, environment: str, limit: int = 20) -> tuple[Deployment, ...]:
        """Return successful deployments, newest first."""
        ...
