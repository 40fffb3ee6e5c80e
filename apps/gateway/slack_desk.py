"""Hands presses to the incident workflows as the console hands over its decisions."""

import asyncio

from temporalio.client import Client

from apps.console.incidents import read_incident
from apps.decisions import Intent, await_verdict, send_decision
from apps.gateway.slack_delivery import Verdict
from apps.handles import incident_handle
from integrations.slack.interaction import Press
from suture.domain.approval import Actor
from suture.errors import NotFound, Unreachable

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

    async def ask(self, press: Press) -> Verdict:
        """Look again for the verdict."""
        handle = incident_handle(self._client, press.ask.incident_id)
        answer = await await_verdict(handle, press.decision_id, VERDICT_SECONDS)
        return Verdict(accepted=answer.accepted, reason=answer.reason)
