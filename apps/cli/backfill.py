"""Finds and delivers alerts that Sentry's webhooks did not."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from apps.cli.stack import gateway_parts
from apps.gateway.backfilling import Backfill, Backfilled, Incidents
from apps.gateway.gate import build_gate
from integrations.sentry.backfill import Found, SentryBackfill
from suture.domain.incident import IncidentKey
from suture.errors import InvalidInput, SettingsError, Unreachable
from suture.ports.memory import Memory
from suture.settings import Settings
from workers.connecting import connect
from workers.parts import Parts, build_parts

SPAN = re.compile(r"(\d{1,5})([mhd])", re.ASCII)
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST = timedelta(days=14)


class KnownIncidents:
    """Implements `apps.gateway.backfilling.Incidents`: what Temporal has, and what is remembered.

    Temporal forgets closed incidents after its retention time; Suture's own memory does not.
    """

    def __init__(self, client: Client, memory: Memory, timeout_seconds: float = 10.0) -> None:
        self._client = client
        self._memory = memory
        self._timeout = timedelta(seconds=timeout_seconds)

    async def covers(self, key: IncidentKey, at: datetime) -> bool:
        """Tell whether an incident of this key is open, or was closed after this moment.

        Raises:
            Unreachable: Temporal does not answer.
        """
        try:
            handle = self._client.get_workflow_handle(key.incident_id)
            found = await handle.describe(rpc_timeout=self._timeout)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise Unreachable("Temporal does not answer.") from error
        else:
            is_open = found.status is WorkflowExecutionStatus.RUNNING
            if is_open or (found.close_time is not None and found.close_time >= at):
                return True
        return any(past.closed_at >= at for past in self._memory.recall(key, 1))


def moment_of(since: str, now: datetime) -> datetime:
    """Return the moment that `90m`, `2h`, `1d` or a time in ISO 8601 stands for.

    Raises:
        InvalidInput: it stands for none, for the future, or for more than 14 days ago.
    """
    span = SPAN.fullmatch(since.strip())
    try:
        at = now - int(span[1]) * UNITS[span[2]] if span else datetime.fromisoformat(since.strip())
    except ValueError as error:
        raise InvalidInput("Say since when: 90m, 2h, 1d or 2026-03-01T12:00:00Z.") from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not now - LONGEST <= at < now:
        raise InvalidInput("The moment must lie in the last 14 days.")
    return at


async def backfill_sentry(
    settings: Settings, query: str, since: datetime, *, only_look: bool
) -> tuple[Backfilled, ...]:
    """Deliver what Sentry has and no incident knows, or only look for it.

    Raises:
        SettingsError: there are no settings for Sentry.
        SutureError: Sentry, Temporal or the database did not answer; starting again is safe.
    """
    if settings.sentry is None:
        raise SettingsError("There is nobody to ask: add the table [sentry].")
    client = await connect(settings.temporal)
    found = SentryBackfill(settings.sentry).missed(query, since, datetime.now(UTC))
    with closing(build_parts(settings)) as parts:
        known = KnownIncidents(client, parts.memory)
        return await _taken(client, parts, found, known, only_look=only_look)


async def _taken(
    client: Client,
    parts: Parts,
    found: Iterator[Found],
    known: Incidents,
    *,
    only_look: bool,
) -> tuple[Backfilled, ...]:
    gate = build_gate(gateway_parts(client, parts))
    backfill = Backfill(gate, known, only_look=only_look)
    return tuple([await backfill.take(one) for one in found])
