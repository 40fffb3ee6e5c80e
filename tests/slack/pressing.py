"""Presses as Slack sends them, signed by slack_sdk, and incidents that only remember them."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import Engine

from apps.gateway.app import create_gateway
from apps.gateway.slack import slack_routes
from apps.gateway.slack_delivery import Deliveries, Verdict
from apps.gateway.slack_intake import SlackIntake
from integrations.slack.blocks import ACTION_PREFIX
from integrations.slack.command_blocks import Listed
from integrations.slack.commands import Typed, settle
from integrations.slack.interaction import Press
from integrations.slack.presses import SlackPresses
from suture.domain.approval import Actor, Role
from suture.ports.chat import Message
from suture.settings import Settings, UserSettings
from suture.slack_settings import SlackSettings
from tests.gateway.harness import World
from tests.slack.workspace import ASK, THEN

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_531_420_618
ANNA, NOBODY = "T0001/U0001", "T0001/U0002"


def settings(answer_to: str = "http://127.0.0.1:1") -> Settings:
    return Settings(
        slack=SlackSettings.model_validate(
            {
                "bot_token": "xoxb-1",
                "signing_secret": SECRET,
                "channel": "C001",
                "api_url": f"{answer_to}/api/",
            }
        ),
        users={
            "anna": UserSettings(role=Role.APPROVER, token_sha256="0" * 64, slack_id=ANNA),
            "otto": UserSettings(role=Role.ADMIN, token_sha256="1" * 64),
        },
    )


def payload(
    kind: str = "approve", slack_id: str = ANNA, answer_to: str = "", **changes: object
) -> dict[str, Any]:
    """Return https://docs.slack.dev/reference/interaction-payloads/block_actions-payload."""
    team, _, user = slack_id.partition("/")
    action = {
        "type": "button",
        "action_id": ACTION_PREFIX + kind,
        "block_id": "suture.decide",
        "text": {"type": "plain_text", "text": "Approve", "emoji": False},
        "value": ASK.model_dump_json(),
        "action_ts": "1531420617.820100",
    }
    return {
        "type": "block_actions",
        "team": {"id": team, "domain": "example"},
        "user": {"id": user, "username": "anna", "name": "anna", "team_id": team},
        "api_app_id": "A0001",
        "token": "deprecated",
        "container": {
            "type": "message",
            "message_ts": "1531420600.000200",
            "channel_id": "C001",
            "is_ephemeral": False,
        },
        "trigger_id": "1.2.abc",
        "channel": {"id": "C001", "name": "incidents"},
        "response_url": answer_to,
        "actions": [action],
        **changes,
    }


def form(content: object) -> bytes:
    return urlencode({"payload": json.dumps(content)}).encode()


def signed(body: bytes, *, at: int = NOW, secret: str = SECRET) -> dict[str, str]:
    """Return the headers that Slack's own library makes."""
    signature = SignatureVerifier(secret).generate_signature(timestamp=str(at), body=body)
    assert signature is not None
    return {
        "X-Slack-Request-Timestamp": str(at),
        "X-Slack-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded",
    }


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


@dataclass
class FakeDesk:
    """Implements `apps.gateway.slack_delivery.Desk` and `apps.gateway.slack_intake.Reading`."""

    outcomes: deque[Verdict | Exception] = field(default_factory=deque)
    """What the next calls come to, one each; then everything is accepted."""
    decided: list[tuple[Press, Actor]] = field(default_factory=list)
    asked: list[Press] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once something was to be decided."""

    shown: Message = THEN
    """What incidents look like, all of them."""
    rows: tuple[Listed, ...] = ()
    read: deque[Exception] = field(default_factory=deque)
    """Why the next readings fail, one each."""
    settled: list[Typed] = field(default_factory=list)

    async def settle(self, typed: Typed) -> Press:
        self.settled.append(typed)
        if self.read:
            raise self.read.popleft()
        assert self.shown.ask is not None
        return settle(typed, self.shown.ask)

    async def open_incidents(self) -> tuple[Listed, ...]:
        if self.read:
            raise self.read.popleft()
        return self.rows

    async def message(self, name: str) -> Message:
        if self.read:
            raise self.read.popleft()
        return self.shown.model_copy(update={"title": name})

    async def decide(self, press: Press, actor: Actor) -> Verdict:
        self.decided.append((press, actor))
        self.reached.set()
        return self._outcome()

    async def ask(self, press: Press) -> Verdict:
        self.asked.append(press)
        return self._outcome()

    def _outcome(self) -> Verdict:
        outcome = self.outcomes.popleft() if self.outcomes else Verdict(accepted=True)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def app_of(engine: Engine, desk: FakeDesk, chosen: Settings | None = None) -> FastAPI:
    chosen, clock = chosen or settings(), Clock()
    deliveries = Deliveries(chosen, SlackPresses(engine), desk, clock)
    intake = SlackIntake(chosen, deliveries, desk, clock)
    return create_gateway(World().parts(), (slack_routes(intake),))
