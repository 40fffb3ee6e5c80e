"""Deployments in a dictionary."""

from suture.domain.rollout import Deployment, DeploymentStatus
from suture.domain.value import Instant


class FakeDeployments:
    """Implements `suture.ports.deployments.Deployments`."""

    def __init__(self) -> None:
        self.recorded: dict[str, Deployment] = {}

    def record(self, deployment: Deployment) -> bool:
        known = deployment.deployment_id in self.recorded
        self.recorded.setdefault(deployment.deployment_id, deployment)
        return not known

    def since(self, service: str, environment: str, since: Instant) -> tuple[Deployment, ...]:
        return tuple(d for d in self._succeeded(service, environment) if d.at >= since)

    def running(self, service: str, environment: str, at: Instant) -> Deployment | None:
        before = [d for d in self._succeeded(service, environment) if d.at <= at]
        return before[-1] if before else None

    def history(self, service: str, environment: str, limit: int = 20) -> tuple[Deployment, ...]:
        return tuple(reversed(self._succeeded(service, environment)))[:limit]

    def _succeeded(self, service: str, environment: str) -> list[Deployment]:
        found = [
            deployment
            for deployment in self.recorded.values()
            if (deployment.service, deployment.environment) == (service, environment)
            and deployment.status is DeploymentStatus.SUCCEEDED
        ]
        return sorted(found, key=lambda deployment: deployment.at)
