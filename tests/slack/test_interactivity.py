"""Buttons on the way from Slack into the database."""

from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from integrations.slack.interaction import read_press
from integrations.slack.presses import SlackPresses
from integrations.slack.signature import sign, verify
from suture.domain.approval import DecisionKind
from suture.errors import InvalidInput, NotAuthorised, Unreachable
from suture.settings import Settings
from tests.gateway.harness import client_of
from tests.slack.pressing import ANNA, NOW, SECRET, Clock, FakeDesk, app_of, form, payload, signed
from tests.slack.workspace import ASK

PATH = "/slack/interactivity"
FOREIGN_VALUE = {"action_id": "suture.approve", "action_ts": "1.2", "value": "{}"}


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
async def client(engine: Engine, desk: FakeDesk) -> AsyncIterator[httpx.AsyncClient]:
    # Nothing is delivered before a test lets it: the answer must not need Temporal.
    desk.outcomes.extend([Unreachable("down")] * 100)
    async with client_of(app_of(engine, desk)) as opened:
        yield opened


def kept(engine: Engine) -> list[DecisionKind]:
    clock = Clock(NOW + 10_000)
    return [one.press.kind for one in SlackPresses(engine).due(clock())]


def test_slacks_documented_example_verifies() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="
        b"G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-"
        b"collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700"
        b"885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c4"
        b"47fce8b6703c"
    )
    documented = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert sign(SECRET, "1531420618", body) == documented
    headers = {"x-slack-request-timestamp": "1531420618", "x-slack-signature": documented}
    verify(SECRET, headers, body, NOW + 300)
    with pytest.raises(NotAuthorised, match="five minutes"):
        verify(SECRET, headers, body, NOW + 301)
    with pytest.raises(NotAuthorised, match="five minutes"):
        verify(SECRET, headers, body, NOW - 301)


AT_ONCE = sorted(set(DecisionKind) - {DecisionKind.REQUEST_CHANGES})


@pytest.mark.parametrize("kind", AT_ONCE)
async def test_a_press_is_kept_before_it_is_acknowledged(
    client: httpx.AsyncClient, engine: Engine, kind: DecisionKind
) -> None:
    body = form(payload(kind))
    answer = await client.post(PATH, content=body, headers=signed(body))
    assert (answer.status_code, answer.content) == (200, b"")
    assert kept(engine) == [kind]


async def test_the_same_press_is_one_press(client: httpx.AsyncClient, engine: Engine) -> None:
    body = form(payload())
    for _ in range(3):
        assert (await client.post(PATH, content=body, headers=signed(body))).status_code == 200
    again = payload()
    again["actions"][0]["action_ts"] = "1531420618.000000"
    body = form(again)
    await client.post(PATH, content=body, headers=signed(body))
    assert len(kept(engine)) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=é".encode().decode("latin-1")},
        {"X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "9" * 40},
        {"X-Slack-Request-Timestamp": str(NOW + 1)},
    ],
)
async def test_what_slack_did_not_sign_is_refused(
    client: httpx.AsyncClient, engine: Engine, wrong: dict[str, str]
) -> None:
    body = form(payload())
    right = signed(body) if wrong else {}
    # Encoded here, because a hostile sender is not bound to ASCII.
    headers = [(key.encode(), value.encode("latin-1")) for key, value in {**right, **wrong}.items()]
    answer = await client.post(PATH, content=body, headers=headers)
    assert answer.status_code == 401
    assert kept(engine) == []


@pytest.mark.parametrize("how", ["forged", "replayed", "truncated", "re-encoded"])
async def test_forged_replayed_and_changed_requests_are_refused(
    client: httpx.AsyncClient, engine: Engine, how: str
) -> None:
    body = form(payload())
    headers = {
        "forged": signed(body, secret="another"),
        "replayed": signed(body, at=NOW - 301),
    }.get(how, signed(body))
    sent = {"truncated": body[:-1], "re-encoded": body.replace(b"+", b"%20")}.get(how, body)
    assert (await client.post(PATH, content=sent, headers=headers)).status_code == 401
    assert kept(engine) == []


@pytest.mark.parametrize(
    "content",
    [
        form({"type": "view_submission"}),
        form({**payload(), "actions": []}),
        form({**payload(), "actions": [{"action_id": "open.link", "url": "https://x.invalid"}]}),
        form(["a", "list"]),
    ],
)
async def test_what_is_no_press_of_ours_is_acknowledged_and_forgotten(
    client: httpx.AsyncClient, engine: Engine, content: bytes
) -> None:
    answer = await client.post(PATH, content=content, headers=signed(content))
    assert answer.status_code == 200
    assert kept(engine) == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"payload=%7B", 400),
        (b"payload=" + b"[" * 100_000, 400),
        (b"payload=%ff", 400),
        (form({**payload(), "user": None}), 422),
        (
            form({**payload(), "actions": [{"action_id": "suture.approve", "action_ts": "1.2"}]}),
            422,
        ),
    ],
)
async def test_signed_nonsense_is_refused_with_a_reason(
    client: httpx.AsyncClient, content: bytes, status: int
) -> None:
    answer = await client.post(PATH, content=content, headers=signed(content))
    assert answer.status_code == status
    assert answer.json()["reason"]


async def test_without_a_signing_secret_nothing_is_served(engine: Engine) -> None:
    async with client_of(app_of(engine, FakeDesk(), Settings())) as opened:
        answer = await opened.post(PATH, content=b"")
    assert answer.json()["error"] == "not_configured"


async def test_what_was_kept_is_delivered_while_the_gateway_runs(engine: Engine) -> None:
    desk, body = FakeDesk(), form(payload())
    async with client_of(app_of(engine, desk)) as opened:
        assert (await opened.post(PATH, content=body, headers=signed(body))).status_code == 200
        await desk.reached.wait()
    [(press, actor)] = desk.decided
    assert (press.ask, actor.id) == (ASK, "anna")


def test_a_press_names_who_pressed_by_ids_and_what_was_shown() -> None:
    press = read_press(payload(), Clock()())
    assert press is not None
    assert (press.slack_id, press.ask, press.kind) == (ANNA, ASK, DecisionKind.APPROVE)
    other = read_press(payload(slack_id="T0001/U0003"), Clock()())
    assert other is not None
    assert other.decision_id != press.decision_id


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(list(payload())), inner),
    ),
    st.sampled_from(list(payload())),
)
def test_no_payload_breaks_the_reader(value: object, where: str) -> None:
    try:
        press = read_press({**payload(), where: value}, Clock()())
    except InvalidInput:
        return
    assert press is None or press.ask == ASK
