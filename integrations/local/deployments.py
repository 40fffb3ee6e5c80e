"""Deployments as somebody reported them, in Suture's own database."""

from sqlalchemy import Engine, Select, select

from integrations.database import insert_once, reading, writing
from integrations.schema import deployments
from suture.domain.rollout import Deployment, DeploymentStatus
from suture.domain.value import Instant


class LocalDeployments:
    """Implements `suture.ports.deployments.Deployments`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, deployment: Deployment) -> bool:
        """Keep it; False when this id is known already, and then nothing changes."""
        with writing(self._engine) as connection:
            return insert_once(connection, deployments, deployment.model_dump())

    def since(self, service: str, environment: str, since: Instant) -> tuple[Deployment, ...]:
        """Return successful deployments from this moment on, oldest first."""
        chosen = _succeeded(service, environment).where(deployments.c.at >= since)
        return self._read(chosen.order_by(deployments.c.at, deployments.c.deployment_id))

    def running(self, service: str, environment: str, at: Instant) -> Deployment | None:
        """Return what ran at this moment, as far as anybody reported it."""
        chosen = _newest(service, environment).where(deployments.c.at <= at)
        return next(iter(self._read(chosen.limit(1))), None)

    def history(self, service: str, environment: str, limit: int = 20) -> tuple[Deployment, ...]:
        """Return successful deployments, newest first."""
        return self._read(_newest(service, environment).limit(limit))

    def _read(self, query: "Select[tuple[object, ...]]") -> tuple[Deployment, ...]:
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings().all()
        return tuple(Deployment.model_validate(dict(row)) for row in rows)


def _succeeded(service: str, environment: str) -> "Select[tuple[object, ...]]":
    return select(deployments).where(
        deployments.c.service == service,
        deployments.c.environment == environment,
        deployments.c.status == DeploymentStatus.SUCCEEDED,
    )


def _newest(service: str, environment: str) -> "Select[tuple[object, ...]]":
    order = (deployments.c.at.desc(), deployments.c.deployment_id.desc())
    return _succeeded(service, environment).order_by(*order)
