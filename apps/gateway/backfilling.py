"""Takes in alerts that their vendor could not deliver, on the same path as its webhooks."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from apps.gateway.gate import Gate, build_gate
from apps.gateway.refusals import Refusal
from apps.gateway.vendors import Reader, accept_alerts, problem_of
from integrations.sentry.backfill import Found
from integrations.webhooks import WEBHOOKS
from suture.arrival import arrival_of
from suture.canonical import digest_of
from suture.domain.alert import Alert, AlertKind
from suture.domain.inbound import Transition
from suture.domain.incident import IncidentKey
from suture.domain.value import Value

SENTRY = "sentry"


class Outcome(StrEnum):
    """What became of an issue."""

    DELIVERED = "delivered"
    MISSED = "missed"
    """It would be delivered; nothing was, because only a look was asked for."""
    KNOWN = "known"
    """Its incident is open, or was closed after the issue's latest event."""
    UNROUTED = "unrouted"
    UNREADABLE = "unreadable"


class Backfilled(Value):
    """One issue."""

    issue: str
    title: str
    service: str | None = None
    outcome: Outcome
    incident: str | None = None


class Incidents(Protocol):
    """What is known of incidents."""

    async def covers(self, key: IncidentKey, at: datetime) -> bool:
        """Tell whether an incident of this key is open, or was closed after this moment."""
        ...


class Backfill:
    """Delivers each issue whose incident does not know of it; doing it again changes nothing."""

    def __init__(self, gate: Gate, incidents: Incidents, *, only_look: bool) -> None:
        self._gate = gate
        self._incidents = incidents
        self._only_look = only_look

    async def take(self, found: Found) -> Backfilled:
        """Deliver an issue's latest event unless its incident knows of it.

        Raises:
            SutureError: Temporal, the database or the artifact store did not confirm it.
        """
        reader = Reader(self._gate, WEBHOOKS[SENTRY])
        told = Backfilled(issue=found.issue, title=found.title[:200], outcome=Outcome.UNREADABLE)
        try:
            read = reader.read(found.payload, found.delivery, None)
        except Refusal:
            return told
        if not read:
            outcome = Outcome.UNROUTED if reader.unrouted else Outcome.UNREADABLE
            return told.model_copy(update={"outcome": outcome})
        [(_, alert)] = read
        arrival = arrival_of(alert)
        outcome = Outcome.MISSED if self._only_look else Outcome.DELIVERED
        if await self._is_known(alert, arrival.key):
            outcome = Outcome.KNOWN
        if outcome is Outcome.DELIVERED:
            await self._deliver(alert)
        update: dict[str, JsonValue] = {
            "service": alert.service,
            "outcome": outcome,
            "incident": arrival.key.incident_id,
        }
        return told.model_copy(update=update)

    async def _deliver(self, alert: Alert) -> None:
        """Commit it in a batch whose id follows from the alert, so that two at once are one."""
        batch_id = digest_of(["backfill", alert.service, alert.source, alert.alert_id])
        gate = build_gate(replace(self._gate.parts, new_id=lambda: batch_id))
        try:
            await accept_alerts(gate, [(Transition.RAISED, alert)], 0)
        finally:
            await gate.intake.commits.close()

    async def _is_known(self, alert: Alert, key: IncidentKey) -> bool:
        # An issue's webhook without frames made an incident by the issue's name alone.
        bare = alert.model_copy(update={"exceptions": (), "kind": AlertKind.SIGNAL})
        known = await asyncio.to_thread(self._gate.parts.problems.find, problem_of(alert))
        for fingerprint in _unique([key.fingerprint, arrival_of(bare).key.fingerprint, *known]):
            other = key.model_copy(update={"fingerprint": fingerprint})
            if await self._incidents.covers(other, alert.occurred_at):
                return True
        return False


def _unique(fingerprints: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(fingerprints))
