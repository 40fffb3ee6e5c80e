"""Presses on the way from the database to their incident, and what the person is told."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Engine, select

from apps.gateway.slack_answers import Answers, saying
from apps.gateway.slack_delivery import MAX_VERDICT_AGE, Deliveries, Verdict
from integrations.database import reading
from integrations.schema import slack_presses
from integrations.slack.interaction import Press, read_press
from integrations.slack.presses import KEEP, SlackPresses
from suture.domain.approval import Role
from suture.errors import NotFound, SettingsError, Unreachable
from suture.settings import Settings
from tests.slack.ear import Ear
from tests.slack.pressing import NOBODY, NOW, Clock, FakeDesk, payload, settings


class Scene:
    """A queue with one press, and an incident that answers as told."""

    def __init__(self, engine: Engine, ear: Ear, *outcomes: Verdict | Exception) -> None:
        self.engine, self.ear, self.clock = engine, ear, Clock()
        self.desk = FakeDesk()
        self.desk.outcomes.extend(outcomes)
        self.presses = SlackPresses(engine)
        chosen = settings(ear.url)
        self.deliveries = Deliveries(chosen, self.presses, self.desk, self.clock)

    def press(self, **changes: Any) -> Press:  # noqa: ANN401 -- fields of the payload
        made = {"answer_to": f"{self.ear.url}/actions/T1/2/secret", **changes}
        press = read_press(payload(**made), self.clock())
        assert press is not None
        assert self.presses.keep(press)
        return press

    async def work(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            await self.deliveries.deliver_due()
            self.clock.now += 60

    @property
    def told(self) -> list[str]:
        return [one["blocks"][0]["text"]["text"] for one in self.ear.told]

    @property
    def rows(self) -> list[Any]:
        with reading(self.engine) as connection:
            return list(connection.execute(select(slack_presses)))


@pytest.fixture
def scene(engine: Engine, ear: Ear) -> Scene:
    return Scene(engine, ear)


async def test_a_press_reaches_its_incident_as_the_linked_person(scene: Scene) -> None:
    press = scene.press()
    await scene.work(rounds=3)
    [(sent, actor)] = scene.desk.decided
    assert sent == press
    assert (actor.id, actor.role, actor.via) == ("anna", Role.APPROVER, "slack")
    assert scene.told == []
    [row] = scene.rows
    assert row.done
    assert "secret" not in row.press


async def test_while_temporal_is_away_the_press_waits_and_then_arrives(scene: Scene) -> None:
    scene.desk.outcomes.extend([Unreachable("down"), SettingsError("short key"), ValueError("bug")])
    scene.press()
    await scene.work(rounds=6)
    assert len(scene.desk.decided) == 4
    assert len({press.decision_id for press, _ in scene.desk.decided}) == 1
    assert scene.presses.due(scene.clock()) == ()


async def test_another_process_delivers_what_the_first_one_kept(engine: Engine, ear: Ear) -> None:
    first = Scene(engine, ear, Unreachable("down"))
    first.press()
    await first.work()
    second = Scene(engine, ear)
    second.clock.now = NOW + 60
    await second.work()
    assert len(second.desk.decided) == 1


async def test_a_refusal_is_told_to_the_person_alone(scene: Scene) -> None:
    scene.desk.outcomes.append(Verdict(accepted=False, reason="The diff has changed since."))
    scene.press()
    scene.ear.failures = 1
    await scene.work()
    assert scene.told == ["Refused: The diff has changed since."]
    assert scene.ear.told[0]["response_type"] == "ephemeral"
    assert scene.ear.told[0]["replace_original"] is False


async def test_who_is_not_linked_is_told_how_and_decides_nothing(scene: Scene) -> None:
    scene.press(slack_id=NOBODY)
    await scene.work()
    assert scene.desk.decided == []
    assert NOBODY in scene.told[0]


async def test_one_id_in_two_tables_is_nobodys(scene: Scene) -> None:
    chosen = settings(scene.ear.url)
    twice = {**chosen.users, "otto": chosen.users["anna"]}
    doubled = chosen.model_copy(update={"users": twice})
    scene.deliveries = Deliveries(doubled, scene.presses, scene.desk, scene.clock)
    scene.press()
    await scene.work()
    assert scene.desk.decided == []
    assert "nobody else's" in scene.told[0]


async def test_an_incident_that_is_over_is_told(scene: Scene) -> None:
    scene.desk.outcomes.append(NotFound("This incident is over."))
    scene.press()
    await scene.work(rounds=2)
    assert scene.told == ["This incident is over."]
    assert len(scene.desk.decided) == 1


async def test_a_late_verdict_is_asked_for_and_not_sent_again(scene: Scene) -> None:
    refused = Verdict(accepted=False, reason="Too old.")
    scene.desk.outcomes.extend([Verdict(), Unreachable("down"), Verdict(), refused])
    scene.press()
    await scene.work(rounds=5)
    assert (len(scene.desk.decided), len(scene.desk.asked)) == (1, 3)
    assert scene.told == ["Refused: Too old."]


async def test_nobody_asks_for_ever_for_a_verdict_that_does_not_come(scene: Scene) -> None:
    scene.desk.outcomes.extend([Verdict()] * 2)
    scene.press()
    await scene.work()
    scene.clock.now += MAX_VERDICT_AGE.total_seconds()
    await scene.work(rounds=3)
    assert (len(scene.desk.decided), len(scene.desk.asked)) == (1, 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "https://hooks.slack.com.evil.invalid/",
        "file:///etc",
        "",
        "http://[",
    ],
)
async def test_answers_go_to_slack_and_nowhere_else(scene: Scene, url: str) -> None:
    scene.press(slack_id=NOBODY, answer_to=url)
    await scene.work()
    assert scene.told == []
    assert scene.rows[0].done


async def test_an_answer_that_nobody_takes_does_not_hold_the_press(scene: Scene) -> None:
    scene.press(slack_id=NOBODY)
    scene.ear.shutdown()
    scene.ear.server_close()
    await scene.work()
    assert scene.rows[0].done


async def test_an_answer_of_slacks_without_end_is_not_read(scene: Scene) -> None:
    scene.ear.endless = (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536, 0)
    answers = Answers(settings(scene.ear.url), seconds=60)
    await answers.send(f"{scene.ear.url}/x", saying("Hello."))
    assert scene.told == ["Hello."]


async def test_an_answer_of_slacks_that_never_begins_is_given_up(scene: Scene) -> None:
    scene.ear.endless = (b"HTTP/1.1 200 OK\r\nX-More: ", b"x", 0.02)
    # The time is for the request, too: a busy machine needs some of it.
    answers = Answers(settings(scene.ear.url), seconds=2.0)
    await answers.send(f"{scene.ear.url}/x", saying("Hello."))
    await asyncio.to_thread(scene.ear.await_told)
    assert set(scene.told) == {"Hello."}
    await answers.send(f"{scene.ear.url}/\0", saying("Nobody hears."))


async def test_what_is_done_is_forgotten_after_a_while(scene: Scene) -> None:
    old = scene.press()
    await scene.work()
    scene.clock.now += KEEP.total_seconds() + 60
    new = scene.press(trigger_id="2", slack_id=NOBODY)
    await scene.work()
    assert [row.decision_id for row in scene.rows] == [new.decision_id]
    assert old.decision_id != new.decision_id


async def test_a_press_wakes_the_delivery(scene: Scene) -> None:
    task = asyncio.create_task(scene.deliveries.run())
    await asyncio.sleep(0)
    await asyncio.to_thread(scene.press)
    scene.deliveries.wake()
    await scene.desk.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_database_that_is_away_stops_nothing(scene: Scene) -> None:
    with scene.engine.begin() as connection:
        slack_presses.drop(connection)
    task = asyncio.create_task(scene.deliveries.run())
    await asyncio.sleep(0.1)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("api", "url", "may"),
    [
        ("https://slack.com/api/", "https://hooks.slack.com/actions/T1/2/x", True),
        ("https://slack-gov.com/api/", "https://hooks.slack-gov.com/actions/T1/2/x", True),
        ("https://slack.com/api/", "https://hooks.slack-gov.com/actions/T1/2/x", False),
        ("https://slack.com/api/", "http://hooks.slack.com/actions/T1/2/x", False),
        ("https://slack.com/api/", "https://hooks.slack.com:8080/actions/T1/2/x", False),
        ("https://slack.com/api/", "https://x@hooks.slack.com/actions/T1/2/x", False),
    ],
)
def test_answers_go_to_the_slack_that_is_used(api: str, url: str, *, may: bool) -> None:
    chosen = settings()
    assert chosen.slack is not None
    slack = chosen.slack.model_copy(update={"api_url": api})
    assert Answers(chosen.model_copy(update={"slack": slack}))._may_answer(url) is may


async def test_without_slack_nobody_is_answered(scene: Scene) -> None:
    await Answers(Settings()).send(f"{scene.ear.url}/x", saying("Hello."))
    assert scene.told == []
