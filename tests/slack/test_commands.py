"""`/suture`: what is typed, what it comes to, and that it decides about what was shown."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from apps.gateway.slack_delivery import Deliveries, Verdict
from apps.gateway.slack_intake import MAX_ASKING, SlackIntake
from integrations.schema import slack_presses
from integrations.slack.command_blocks import MAX_LISTED, Listed, help_blocks, list_blocks
from integrations.slack.commands import Typed, Verb, read_command, settle
from integrations.slack.interaction import Press
from integrations.slack.presses import SlackPresses
from suture.domain.approval import DecisionKind
from suture.errors import InvalidInput, NotFound, Unreachable
from suture.ports.chat import Ask
from suture.settings import Settings
from tests.gateway.harness import client_of
from tests.slack.ear import Ear
from tests.slack.pressing import ANNA, NOBODY, NOW, Clock, FakeDesk, app_of, settings, signed
from tests.slack.typing import typed
from tests.slack.workspace import ASK, FIRST, TARGET, THEN, shown

PATH = "/slack/commands"
HEAD = TARGET.head_sha[:12]
ROW = Listed(
    incident_id="incident-v1-shop-0123",
    title="Cart <!channel> fails",
    service="shop",
    severity="high",
    stage="approval",
    opened_at=datetime(2026, 11, 21, 3, tzinfo=UTC),
)


def command(text: str, **changes: str) -> Typed:
    found = read_command(typed(text, **changes), Clock()()).typed
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "kind", "head", "comment"),
    [
        (f"approve shop-01 {HEAD}", DecisionKind.APPROVE, HEAD, ""),
        (
            f"  APPROVE  `shop-01`  `{HEAD.upper()}`  ship it ",
            DecisionKind.APPROVE,
            HEAD,
            "ship it",
        ),
        (f"approve shop-01 {'a' * 40}", DecisionKind.APPROVE, "a" * 40, ""),
        ("approve shop-01", DecisionKind.APPROVE, "", ""),
        (f"approve shop-01 {HEAD[:11]}", DecisionKind.APPROVE, "", HEAD[:11]),
        ("reject shop-01 it isn't right", DecisionKind.REJECT, "", "it isn't right"),
        (f"reject shop-01 {HEAD} no", DecisionKind.REJECT, HEAD, "no"),
        ("request-changes shop-01 keep it", DecisionKind.REQUEST_CHANGES, "", "keep it"),
        ("take-over shop-01", DecisionKind.TAKE_OVER, "", ""),
        ("take_over shop-01 mine", DecisionKind.TAKE_OVER, "", "mine"),
    ],
)
def test_a_decision_is_read_with_its_head_and_its_words(
    text: str, kind: DecisionKind, head: str, comment: str
) -> None:
    found = command(text)
    assert (found.kind, found.incident, found.head, found.comment) == (
        kind,
        "shop-01",
        head,
        comment,
    )
    assert found.slack_id == ANNA
    assert found.decision_id != command(text, trigger_id="another").decision_id


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ""),
        ("help", ""),
        ("merge shop-01", "There is no /suture merge."),
        ("show", "Say which incident: /suture show INCIDENT"),
        ("approve ../etc", "Say which incident: /suture approve INCIDENT"),
        (
            f"request-changes shop-01 {HEAD}",
            "Say what is to be changed: /suture request-changes shop-01 WHAT",
        ),
        ("reject ``", "Say which incident: /suture reject INCIDENT"),
    ],
)
def test_what_makes_no_sense_asks_for_help(text: str, complaint: str) -> None:
    found = read_command(typed(text), Clock()())
    assert (found.verb, found.complaint) == (Verb.HELP, complaint)


@pytest.mark.parametrize(
    "wrong", [{"command": "/deploy"}, {"user_id": ""}, {"team_id": "<x>"}, {"trigger_id": ""}]
)
def test_what_slack_does_not_send_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        read_command(typed("reject shop-01", **wrong), Clock()())


@given(st.text(max_size=200))
def test_nothing_that_is_typed_breaks_the_reader(text: str) -> None:
    found = read_command(typed(text), Clock()())
    assert found.typed is None or found.typed.model_dump_json()


@pytest.mark.parametrize("text", ["approve shop-01", f"approve shop-01 {HEAD[:7]} ok"])
def test_an_approval_without_the_head_is_refused_with_the_line_to_type(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        settle(command(text), ASK)
    assert str(refused.value).endswith(f"type: /suture approve {ASK.incident_id} {HEAD}")


def test_a_decision_about_another_head_is_refused_with_the_line_to_type() -> None:
    for verb in ("approve", "reject"):
        with pytest.raises(InvalidInput, match=f"another one now.*/suture {verb} .* {HEAD}"):
            settle(command(f"{verb} shop-01 {'b' * 12}"), ASK)
    nothing = Ask(incident_id=ASK.incident_id, case_id=ASK.case_id)
    with pytest.raises(InvalidInput, match="Nothing waits"):
        settle(command(f"approve shop-01 {HEAD}"), nothing)
    with pytest.raises(InvalidInput, match=f"/suture reject {ASK.incident_id}$"):
        settle(command(f"reject shop-01 {HEAD}"), nothing)


def test_a_decision_becomes_a_press_about_exactly_what_was_shown() -> None:
    meant = command(f"approve shop-01 {HEAD} ship it")
    press = settle(meant, ASK)
    assert press == Press(
        decision_id=meant.decision_id,
        kind=DecisionKind.APPROVE,
        slack_id=ANNA,
        ask=ASK,
        comment="ship it",
        pressed_at=Clock()(),
        typed=True,
    )
    assert (
        settle(command("take-over shop-01"), Ask(incident_id="i", case_id="c")).ask.target is None
    )


def test_lists_are_text_and_say_when_there_is_more() -> None:
    blocks = list_blocks([ROW] * (MAX_LISTED + 3))
    assert len(blocks) == MAX_LISTED + 1
    assert "incident-v1-shop-0123" in shown(blocks[0])
    assert "2026-11-21 03:00 UTC" in shown(blocks[0])
    assert {"text"} == {one["type"] for one in blocks[0]["elements"][0]["elements"]}
    assert shown(blocks[-1]) == "… and 3 more."
    assert shown(list_blocks([])) == "No incident is open."


def test_help_names_every_command() -> None:
    said = shown(help_blocks("There is no such thing."))
    assert said.startswith("There is no such thing.")
    for verb in Verb:
        assert f"/suture {verb}" in said


class Counter:
    """A gateway, with what it tells people."""

    def __init__(self, engine: Engine, ear: Ear) -> None:
        self.engine, self.ear, self.desk = engine, ear, FakeDesk()
        self.settings = settings(ear.url)
        self.presses = SlackPresses(engine)

    async def type(
        self, text: str, http: httpx.AsyncClient, slack_id: str = ANNA, **changes: str
    ) -> httpx.Response:
        form = typed(text, slack_id, f"{self.ear.url}/commands/secret", **changes)
        body = urlencode(form).encode()
        return await http.post(PATH, content=body, headers=signed(body))

    async def told(self, count: int = 1) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self.ear.await_told, count)

    def kept(self) -> list[Press | Typed]:
        return [one.press for one in self.presses.due(Clock(NOW + 10_000)())]


@pytest.fixture
def counter(engine: Engine, ear: Ear) -> Counter:
    return Counter(engine, ear)


@pytest.fixture
async def http(counter: Counter, engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app_of(engine, counter.desk, counter.settings)) as opened:
        yield opened


async def test_a_decision_is_kept_before_it_is_acknowledged_also_without_temporal(
    counter: Counter, http: httpx.AsyncClient
) -> None:
    counter.desk.read.extend([Unreachable("down")] * 100)
    for _ in range(2):
        answer = await counter.type(f"approve shop-01 {HEAD}", http)
        assert answer.status_code == 200
        assert "Taken down: approve shop-01" in answer.text
    [kept] = counter.kept()
    assert isinstance(kept, Typed)
    assert counter.desk.decided == []


async def test_a_decision_reaches_its_incident_and_its_author_is_told(
    counter: Counter, http: httpx.AsyncClient
) -> None:
    await counter.type(f"approve shop-01 {HEAD}", http)
    [told] = await counter.told()
    assert told["response_type"] == "ephemeral"
    assert shown(told["blocks"][0]["text"]) == f"Accepted: approve of {ASK.case_id}."
    [(press, actor)] = counter.desk.decided
    assert (press.ask, press.kind, actor.id) == (ASK, DecisionKind.APPROVE, "anna")


async def test_an_approval_without_a_head_is_told_what_to_type(
    counter: Counter, http: httpx.AsyncClient
) -> None:
    await counter.type("approve shop-01", http)
    [told] = await counter.told()
    assert f"/suture approve {ASK.incident_id} {HEAD}" in shown(told["blocks"][0]["text"])
    assert counter.desk.decided == []


async def test_what_a_decision_is_about_is_looked_up_once(engine: Engine, ear: Ear) -> None:
    counter, clock = Counter(engine, ear), Clock()
    deliveries = Deliveries(counter.settings, counter.presses, counter.desk, clock)
    counter.presses.keep(command(f"reject shop-01 {HEAD}", answer_to=f"{ear.url}/a"))
    counter.desk.outcomes.extend([Unreachable("down"), Verdict(), Verdict(accepted=True)])
    counter.desk.read.append(Unreachable("down"))
    moved = ASK.model_copy(update={"target": None, "case_id": "incident-v1-shop-0123-2"})
    for _ in range(5):
        await deliveries.deliver_due()
        clock.now += 60
        if counter.desk.decided:
            counter.desk.shown = THEN.model_copy(update={"ask": moved})
    assert len(counter.desk.settled) == 2
    assert [press.ask for press, _ in counter.desk.decided] == [ASK, ASK]
    assert len({press.decision_id for press, _ in counter.desk.decided}) == 1
    assert len(ear.told) == 1


async def test_a_verdict_that_does_not_come_is_said_so(engine: Engine, ear: Ear) -> None:
    counter, clock = Counter(engine, ear), Clock()
    deliveries = Deliveries(counter.settings, counter.presses, counter.desk, clock)
    counter.presses.keep(command("take-over shop-01", answer_to=f"{ear.url}/a"))
    counter.desk.outcomes.append(Verdict())
    clock.now += 3_600
    await deliveries.deliver_due()
    [told] = ear.told
    assert shown(told["blocks"][0]["text"]) == f"Not judged yet: take over of {ASK.case_id}."


async def test_the_list_and_an_incident_are_shown_to_the_person_alone(
    counter: Counter, http: httpx.AsyncClient
) -> None:
    counter.desk.rows = (ROW,)
    answer = await counter.type("list", http)
    assert (answer.status_code, answer.content) == (200, b"")
    [listed] = await counter.told()
    assert "incident-v1-shop-0123" in shown(listed["blocks"])
    await counter.type("show <shop-01>", http)
    told = (await counter.told(2))[1]
    assert (told["response_type"], told["text"]) == ("ephemeral", "shop-01")
    assert f"/suture approve {ASK.incident_id} {HEAD}" in shown(told["blocks"])
    assert "actions" in {block["type"] for block in told["blocks"]}
    counter.desk.shown = FIRST
    await counter.type("show shop-01", http)
    assert "/suture" not in shown((await counter.told(3))[2]["blocks"])
    nothing = Ask(incident_id=ASK.incident_id, case_id=ASK.case_id)
    counter.desk.shown = THEN.model_copy(update={"ask": nothing})
    await counter.type("show shop-01", http)
    assert f"/suture take-over {ASK.incident_id}" in shown((await counter.told(4))[3]["blocks"])


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (Unreachable("Temporal does not answer."), "Temporal does not answer."),
        (NotFound("There is no incident."), "There is no incident."),
        (TimeoutError(), "Temporal takes too long"),
        (ValueError("a secret detail"), "That failed."),
    ],
)
async def test_what_cannot_be_read_is_said_so(
    counter: Counter, http: httpx.AsyncClient, problem: Exception, said: str
) -> None:
    counter.desk.read.append(problem)
    await counter.type("show shop-01", http)
    [told] = await counter.told()
    assert said in shown(told["blocks"][0]["text"])
    assert "secret detail" not in str(told)


@pytest.mark.parametrize("text", ["list", "show shop-01", f"approve shop-01 {HEAD}"])
async def test_who_is_not_linked_sees_nothing_and_decides_nothing(
    counter: Counter, http: httpx.AsyncClient, text: str
) -> None:
    answer = await counter.type(text, http, NOBODY)
    assert NOBODY in answer.json()["blocks"][0]["text"]["text"]
    assert counter.kept() == []
    assert NOBODY not in (await counter.type("help", http, NOBODY)).text


async def test_too_many_questions_at_once_are_put_off(counter: Counter) -> None:
    presses, desk = counter.presses, counter.desk
    deliveries = Deliveries(counter.settings, presses, desk, Clock())
    intake = SlackIntake(counter.settings, deliveries, desk, Clock())
    said = [await intake.take_command(typed("list")) for _ in range(MAX_ASKING + 1)]
    assert said[:-1] == [{}] * MAX_ASKING
    assert "Too many" in str(said[-1])
    await intake.close()


@pytest.mark.parametrize("how", ["forged", "replayed", "truncated"])
async def test_what_slack_did_not_sign_is_refused(
    counter: Counter, http: httpx.AsyncClient, how: str
) -> None:
    body = urlencode(typed(f"approve shop-01 {HEAD}")).encode()
    headers = {
        "forged": signed(body, secret="another"),
        "replayed": signed(body, at=NOW - 301),
    }.get(how, signed(body))
    sent = body[:-1] if how == "truncated" else body
    assert (await http.post(PATH, content=sent, headers=headers)).status_code == 401
    assert counter.kept() == []


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 422), (b"a", 400), (b"a=%ff", 400), (b"a=", 422)]
)
async def test_signed_nonsense_is_refused(
    http: httpx.AsyncClient, body: bytes, status: int
) -> None:
    answer = await http.post(PATH, content=body, headers=signed(body))
    assert answer.status_code == status


async def test_a_decision_that_could_not_be_kept_is_not_acknowledged(
    counter: Counter, http: httpx.AsyncClient, engine: Engine
) -> None:
    with engine.begin() as connection:
        slack_presses.drop(connection)
    answer = await counter.type(f"approve shop-01 {HEAD}", http)
    assert answer.status_code >= 500


async def test_without_a_signing_secret_no_command_is_served(engine: Engine) -> None:
    async with client_of(app_of(engine, FakeDesk(), Settings())) as opened:
        answer = await opened.post(PATH, content=b"")
    assert answer.json()["error"] == "not_configured"
