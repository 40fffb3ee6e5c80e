"""Buttons and commands over a real websocket: acknowledged once they are kept, never before."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from slack_sdk.socket_mode.builtin.connection import Connection
from sqlalchemy import Engine

from apps.gateway.slack_delivery import Deliveries
from apps.gateway.slack_intake import SlackIntake
from apps.gateway.slack_socket import run_socket
from integrations.schema import slack_presses
from integrations.slack.presses import SlackPresses
from integrations.slack.socket_mode import SlackSocket, _is_address, open_connection
from suture.domain.approval import DecisionKind
from suture.errors import NotAuthorised, PermanentError, RateLimited, Unreachable
from suture.settings import Settings
from suture.slack_settings import SlackSettings
from tests.fakes.slack_socket import APP_TOKEN, SlackSocketServer, running_socket_mode
from tests.gateway.harness import client_of
from tests.slack.pressing import NOW, Clock, FakeDesk, app_of, payload, settings
from tests.slack.typing import typed

QUICK = 0.5
"""Seconds between looks whether the connection lives. After four, the client makes another one: of
a machine that stands still for a second it must not believe that."""


@pytest.fixture
def slack() -> Iterator[SlackSocketServer]:
    with running_socket_mode() as running:
        yield running


def chosen(slack: SlackSocketServer, **changes: object) -> Settings:
    given = {
        "bot_token": "xoxb-1",
        "socket_mode_token": APP_TOKEN,
        "channel": "C001",
        "api_url": slack.api_url,
        "timeout_seconds": 5.0,
        **changes,
    }
    return settings().model_copy(update={"slack": SlackSettings.model_validate(given)})


class Listening:
    """A socket of a gateway's that looks after itself quickly."""

    def __init__(self, slack: SlackSocketServer, engine: Engine) -> None:
        self.slack, self.desk, clock = slack, FakeDesk(), Clock()
        self.settings = chosen(slack)
        self.presses = SlackPresses(engine)
        self.deliveries = Deliveries(self.settings, self.presses, self.desk, clock)
        self.intake = SlackIntake(self.settings, self.deliveries, self.desk, clock)

    def kept(self) -> list[DecisionKind]:
        return [one.press.kind for one in self.presses.due(Clock(NOW + 10_000)())]

    async def run(self) -> AsyncIterator["Listening"]:
        assert self.settings.slack is not None
        task = asyncio.create_task(run_socket(self.settings.slack, self.intake, QUICK))
        try:
            await asyncio.to_thread(self.slack.await_connections, 1)
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def send(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        envelope = await asyncio.to_thread(self.slack.send, kind, content)
        return await asyncio.to_thread(self.slack.acknowledged, envelope)


@pytest.fixture
async def listening(slack: SlackSocketServer, engine: Engine) -> AsyncIterator[Listening]:
    async for running in Listening(slack, engine).run():
        yield running


async def test_a_press_is_kept_before_it_is_acknowledged(listening: Listening) -> None:
    for _ in range(2):
        assert await listening.send("interactive", payload()) == {}
        assert listening.kept() == [DecisionKind.APPROVE]


async def test_a_command_is_answered_with_its_acknowledgement(listening: Listening) -> None:
    helped = await listening.send("slash_commands", typed("help"))
    assert helped["response_type"] == "ephemeral"
    assert "Taken down" in str(await listening.send("slash_commands", typed("reject shop-01")))
    assert listening.kept() == [DecisionKind.REJECT]


async def test_other_envelopes_are_acknowledged_and_forgotten(listening: Listening) -> None:
    assert await listening.send("events_api", {"event": {"type": "message"}}) == {}
    assert await listening.send("interactive", {"type": "shortcut"}) == {}
    assert listening.kept() == []


async def test_what_was_not_kept_is_not_acknowledged(listening: Listening, engine: Engine) -> None:
    wrong = listening.slack.send("interactive", {**payload(), "user": None})
    with engine.begin() as connection:
        slack_presses.drop(connection)
    lost = listening.slack.send("interactive", payload())
    assert await listening.send("slash_commands", typed("help"))
    # Both are heard before their threads are joined.
    listening.slack.drop()
    await asyncio.to_thread(listening.slack.await_connections, 2)
    assert await listening.send("slash_commands", typed("help"))
    assert {wrong, lost}.isdisjoint(listening.slack.acks)


@pytest.mark.parametrize("how", ["refresh", "close_politely", "drop"])
async def test_a_connection_that_ends_is_made_again(listening: Listening, how: str) -> None:
    await asyncio.to_thread(getattr(listening.slack, how))
    await asyncio.to_thread(listening.slack.await_connections, 2)
    assert await listening.send("interactive", payload()) == {}
    assert listening.kept() == [DecisionKind.APPROVE]


async def test_while_slack_names_no_address_it_is_asked_again(
    slack: SlackSocketServer, engine: Engine
) -> None:
    limited = (429, {"ok": False, "error": "ratelimited"})
    slack.refusals.extend([(500, {}), limited, (200, {"ok": False, "error": "internal_error"})])
    async for listening in Listening(slack, engine).run():
        assert await listening.send("interactive", payload()) == {}
        # Nor does it give up when a connection is lost meanwhile.
        slack.refusals.extend([(500, {}), limited])
        await asyncio.to_thread(slack.drop)
        await asyncio.to_thread(slack.await_connections, 2)
        assert await listening.send("interactive", payload()) == {}
    assert not slack.refusals


async def test_with_a_token_for_the_socket_the_gateway_needs_no_signing_secret(
    slack: SlackSocketServer, engine: Engine
) -> None:
    desk = FakeDesk()
    async with client_of(app_of(engine, desk, chosen(slack))) as http:
        for path in ("/slack/interactivity", "/slack/commands"):
            answer = await http.post(path, content=b"")
            assert answer.json()["error"] == "not_configured"
        await asyncio.to_thread(slack.await_connections, 1)
        await asyncio.to_thread(slack.send, "interactive", payload())
        await desk.reached.wait()
    [(press, actor)] = desk.decided
    assert (press.kind, actor.id) == (DecisionKind.APPROVE, "anna")


async def test_a_gateway_that_never_connected_stops_all_the_same(
    slack: SlackSocketServer, engine: Engine
) -> None:
    slack.refusals.extend([(500, {})] * 100)
    async with client_of(app_of(engine, FakeDesk(), chosen(slack))):
        pass
    assert slack.opened == 0


def test_closing_ends_every_thread(slack: SlackSocketServer) -> None:
    before = set(threading.enumerate())
    sockets = SlackSocket(_of(chosen(slack)), lambda _, __: {})
    sockets.connect()
    slack.await_connections(1)
    states = [sockets.is_connected]
    sockets.close()
    states.append(sockets.is_connected)
    assert states == [True, False]
    mine = {one for one in set(threading.enumerate()) - before if "connection" not in one.name}
    for thread in mine:
        thread.join(30)
        assert not thread.is_alive()


class Overtaken:
    """A lock that is had only after another thread has disconnected."""

    def __init__(self, session: Connection) -> None:
        self._session = session

    def __enter__(self) -> None:
        if self._session.sock is not None:
            self._session.sock.close()
            self._session.sock = None

    def __exit__(self, *_: object) -> None:
        pass


def test_a_connection_that_is_lost_while_it_is_closed_is_closed(slack: SlackSocketServer) -> None:
    sockets = SlackSocket(_of(chosen(slack)), lambda _, __: {})
    sockets.connect()
    session = sockets._client.current_session
    assert session is not None
    session.sock_receive_lock = Overtaken(session)  # type: ignore[assignment]
    sockets.close()
    assert not sockets.is_connected


def test_errors_say_what_is_wrong_and_never_the_token(slack: SlackSocketServer) -> None:
    assert open_connection(_of(chosen(slack))).startswith("ws://127.0.0.1")
    with pytest.raises(NotAuthorised) as refused:
        open_connection(_of(chosen(slack, socket_mode_token="xapp-of-somebody")))
    assert "xapp" not in str(refused.value)
    slack.refusals.append((429, {"ok": False, "error": "ratelimited"}))
    with pytest.raises(RateLimited):
        open_connection(_of(chosen(slack)))
    with pytest.raises(PermanentError, match="socket_mode_token"):
        open_connection(_of(chosen(slack, socket_mode_token=None)))


@pytest.mark.parametrize("url", ["", "ws:", "no address", "wss://[", "wss://slack.com:99999/"])
def test_what_is_no_address_is_not_connected_to(slack: SlackSocketServer, url: str) -> None:
    slack.refusals.append((200, {"ok": True, "url": url}))
    with pytest.raises(Unreachable, match="no secure address"):
        open_connection(_of(chosen(slack)))


def test_slack_itself_is_connected_to_by_tls_alone() -> None:
    assert _is_address("wss://wss-primary.slack.com/link/?ticket=1", secure=True)
    assert not _is_address("ws://wss-primary.slack.com/link/?ticket=1", secure=True)
    assert not _is_address("wss://wss-primary.slack.com:8080/link/", secure=True)


async def test_a_bug_in_taking_one_envelope_in_stops_no_other(slack: SlackSocketServer) -> None:
    def take(kind: str, _: object) -> dict[str, Any]:
        if kind == "interactive":
            raise ValueError("a bug")
        return {"text": "heard"}

    sockets = SlackSocket(_of(chosen(slack)), take, QUICK)
    sockets.connect()
    slack.await_connections(1)
    lost = slack.send("interactive", {})
    assert slack.acknowledged(slack.send("slash_commands", {})) == {"text": "heard"}
    sockets.close()
    assert lost not in slack.acks


def _of(settings: Settings) -> SlackSettings:
    assert settings.slack is not None
    return settings.slack
