"""What the gateway is made of, and the one thing it needs from Temporal."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from apps.gateway import completing
from integrations.inbound import Completion
from suture.domain.alert import AlertBatch, AlertNotice
from suture.domain.incident import IncidentKey
from suture.domain.rollout import Deployment
from suture.domain.value import Line
from suture.ports.artifacts import ArtifactStore
from suture.ports.deployments import Deployments
from suture.ports.metrics import EventMetrics
from suture.ports.problems import Problems
from suture.routing import RoutingTable
from suture.settings import GatewaySettings, ServiceSettings, WebhookSettings


class IncidentStarter(Protocol):
    """Hands batches of alerts to their incidents, durably."""

    async def commit(
        self, key: IncidentKey, title: Line, batch: AlertBatch, *, environment: str
    ) -> None:
        """Return once Temporal holds the batch; starts the incident if none is open.

        Idempotent by `batch.batch_id`.

        Raises:
            TransientError: Temporal did not confirm it, and may have it all the same.
            PermanentError: Temporal refused it.
        """
        ...

    async def resolve(self, key: IncidentKey, notice: AlertNotice) -> bool:
        """Tell the open incident that its alert has ended; False if none is open.

        Idempotent by the notice's `alert_id`.

        Raises:
            TransientError: Temporal did not confirm it.
        """
        ...

    async def announce(self, deployment: Deployment) -> int:
        """Tell the open incidents of its service, and return how many were told.

        Raises:
            TransientError: not all of them could be told.
        """
        ...

    async def nudge(self, incident_id: str) -> int:
        """Tell the open incident to look around; return whether there is one.

        Raises:
            TransientError: Temporal did not confirm it.
        """
        ...

    async def nudge_ticket(self, ticket_id: str) -> int:
        """Tell the open incidents of this ticket to look around; return how many were told.

        Raises:
            TransientError: not all of them could be told.
        """
        ...

    async def check(self) -> None:
        """Return if Temporal answers.

        Raises:
            TransientError: it does not.
        """
        ...


def now_utc() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)


def random_id() -> str:
    """Return an id that nobody else has."""
    return uuid.uuid4().hex


@dataclass(frozen=True, kw_only=True)
class GatewayParts:
    """Everything a gateway needs; the composition root fills it in."""

    settings: GatewaySettings
    services: Mapping[str, ServiceSettings]
    """By name."""
    webhooks: Mapping[str, WebhookSettings] = field(default_factory=dict)
    """By vendor; one that is missing is not served."""
    completions: Mapping[str, Completion] = field(default_factory=dict)
    """By vendor: what its API adds to its webhooks' deliveries."""
    completion_seconds: float = completing.SECONDS
    """For that, while the delivery's sender waits."""
    routing: RoutingTable = field(default_factory=RoutingTable)
    problems: Problems
    starter: IncidentStarter
    artifacts: ArtifactStore
    event_metrics: EventMetrics
    deployments: Deployments
    clock: Callable[[], datetime] = now_utc
    new_id: Callable[[], str] = random_id
    monotonic: Callable[[], float] = time.monotonic
    """Monotonic seconds, for rate limits."""
