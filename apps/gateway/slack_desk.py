"""Hands presses to the incident workflows as the console hands over its decisions.

It reads incidents for those who ask in Slack, too.
"""

import asyncio
import contextlib

from temporalio.client import Client

from apps.cli.incidents import find_incident, list_incidents, read_report
from apps.console.incidents import read_incident
from apps.decisions import Intent, await_verdict, send_decision
from apps.gateway.slack_delivery import Verdict
from integrations.slack.command_blocks import Listed
from integrations.slack.commands import Typed, settle
from integrations.slack.interaction import Press
from suture.domain.approval import Actor
from suture.domain.report import IncidentReport
from suture.errors import NotFound, Unreachable
from suture.ports.artifacts import ArtifactStore
from suture.ports.chat import Ask, Message
from suture.reporting.excerpt import diff_of
from suture.reporting.message import message_for
from workers.handles import incident_handle

VERDICT_SECONDS = 5.0
TIMEOUT_SECONDS = 30.0
OVER = "This incident is over: decisions no longer reach it."


class TemporalDesk:
    """Implements `apps.gateway.slack_delivery.Desk`."""

    def __init__(self, client: Client, decision_key: bytes) -> None:
        self._client = client
        self._key = decision_key

    async def decide(self, press: Press, actor: Actor) -> Verdict:
        """Send the decision on exactly what the message showed."""
        intent = Intent(
            actor=actor,
            kind=press.kind,
            comment=press.comment,
            decision_id=press.decision_id,
            decided_at=press.pressed_at,
        )
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                _, report = await read_incident(self._client, press.ask.incident_id)
                if report.case_id != press.ask.case_id:
                    raise NotFound(OVER)
                seen = report.model_copy(update={"target": press.ask.target})
                answer = await send_decision(
                    self._client, self._key, seen, intent, seconds=VERDICT_SECONDS
                )
        except TimeoutError as error:
            raise Unreachable("Temporal takes too long.") from error
        return Verdict(accepted=answer.accepted, reason=answer.reason)

    async def settle(self, typed: Typed) -> Press:
        """Look up the incident that is meant, and what it asks now."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                report = await _report(self._client, typed.incident)
        except TimeoutError as error:
            raise Unreachable("Temporal takes too long.") from error
        if report.summary.closed_at is not None:
            raise NotFound(OVER)
        ask = Ask(incident_id=report.key.incident_id, case_id=report.case_id, target=report.target)
        return settle(typed, ask)

    async def ask(self, press: Press) -> Verdict:
        """Look again for the verdict."""
        handle = incident_handle(self._client, press.ask.incident_id)
        answer = await await_verdict(handle, press.decision_id, VERDICT_SECONDS)
        return Verdict(accepted=answer.accepted, reason=answer.reason)


class TemporalReading:
    """Implements `apps.gateway.slack_intake.Reading`."""

    def __init__(self, client: Client, console_url: str, artifacts: ArtifactStore) -> None:
        self._client = client
        self._console_url = console_url
        self._artifacts = artifacts

    async def open_incidents(self) -> tuple[Listed, ...]:
        """Return what is open, newest first."""
        rows = await list_incidents(self._client, only_open=True)
        return tuple(Listed.model_validate(row, from_attributes=True) for row in rows)

    async def message(self, name: str) -> Message:
        """Return an incident's message as it should read now."""
        report = await _report(self._client, name)
        diff = await asyncio.to_thread(diff_of, report, self._artifacts)
        return message_for(report, self._console_url, diff)


async def _report(client: Client, name: str) -> IncidentReport:
    """Read the incident of exactly this name, or the one whose name begins with it."""
    with contextlib.suppress(NotFound):
        return (await read_incident(client, name))[1]
    return await read_report(await find_incident(client, name))
