"""Suture's own errors reach Sentry's protocol, harmless, a few times, and never in a circle."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
import structlog
from pydantic import BaseModel, SecretStr, ValidationError
from temporalio.worker import Worker

from apps.gateway.server import running
from apps.logging import configure_logging
from benchmarks.envelopes import KEY, SERVICES
from suture.domain.alert import Alert
from suture.errors import SettingsError, Unreachable
from suture.health_settings import SentrySettings
from suture.settings import ServiceSettings, TemporalSettings
from tests.gateway.harness import World
from tests.health.crooked import CrookedWorkflow
from tests.health.samples import Exported
from workers.connecting import connect
from workers.health.events import WITHHELD, harmless
from workers.health.meters import Meters
from workers.health.reporting import Outcome, Reporter, logged_errors_reported, own_service
from workers.health.watching import Watching

PROMPT = "You are a careful engineer. Mend this traceback."
SECRET = "hunter2-5eed"
INCIDENT = "incident-v1-shop-0123456789abcdef"
NOBODY: dict[str, ServiceSettings] = {}
PATIENCE_SECONDS = 60.0


def settings(**changed: object) -> SentrySettings:
    given = {"dsn": f"http://{KEY}@127.0.0.1:9/7", **changed}
    return SentrySettings.model_validate(given)


def failed(step: Callable[..., object], *arguments: object) -> BaseException:
    """Return the error that a step raises, with its traceback."""
    try:
        step(*arguments)
    except BaseException as error:  # noqa: BLE001 -- the test wants it, whatever it is
        return error
    raise AssertionError("It did not fail.")


def fail(prompt: str, password: str) -> None:
    raise ValueError(f"password={password} is wrong\n{prompt}")


@contextlib.asynccontextmanager
async def receiving(**changed: object) -> AsyncIterator[tuple[World, SentrySettings]]:
    """Run a gateway that takes the reports in."""
    world = World()
    parts = world.parts()
    async with running(world.app(), parts.settings) as url:
        dsn = url.replace("http://", f"http://{KEY}@") + "/7"
        yield world, settings(dsn=dsn, **changed)


def alerts(world: World) -> Sequence[tuple[Alert, str]]:
    """Return what the gateway took in, parsed and as it was kept."""
    kept = [world.artifacts.get(one.notices[0].event) for _, one in world.starter.batches]
    return [(Alert.model_validate_json(text), text.decode()) for text in kept]


async def reported(reporter: Reporter, world: World) -> None:
    """Close it once something has arrived: closing alone waits only briefly for that."""
    await asyncio.wait_for(world.starter.entered.wait(), PATIENCE_SECONDS)
    await asyncio.to_thread(reporter.close)


async def test_an_error_arrives_with_its_place_and_its_incident_and_nothing_more() -> None:
    async with receiving(environment="live", release="suture@1") as (world, given):
        reporter = Reporter(given, NOBODY, Meters())
        error = failed(fail, PROMPT, SECRET)
        sent = reporter.report(error, where="activity diagnose", incident_id=INCIDENT)
        assert sent is Outcome.SENT
        await reported(reporter, world)
    [(alert, text)] = alerts(world)
    [exception] = alert.exceptions
    assert (exception.type, exception.value) == ("ValueError", "password=[redacted] is wrong")
    assert exception.frames[-1].function == "fail"
    assert all(not frame.variables for frame in exception.frames)
    assert (alert.environment, alert.release) == ("live", "suture@1")
    assert INCIDENT in text
    for leak in (SECRET, "careful engineer", str(Path.home()), "/work"):
        assert leak not in text


class Answer(BaseModel):
    """What a model is to say."""

    patch: int


def test_what_libraries_say_is_withheld() -> None:
    error = failed(Answer.model_validate, {"patch": PROMPT})
    assert isinstance(error, ValidationError)
    from sentry_sdk.utils import event_from_exception  # noqa: PLC0415 -- as the reporter does

    event, _ = event_from_exception(error)
    before = {**event, "request": {"data": PROMPT}, "breadcrumbs": [PROMPT], "user": {"id": 1}}
    after = harmless({**before, "tags": {"where": "x", "prompt": PROMPT}, "server_name": "host"})
    assert after["exception"]["values"][-1]["value"] == WITHHELD
    assert set(after) == {"level", "tags", "exception"}
    assert after["tags"] == {"where": "x"}
    assert PROMPT[:20] not in str(after)


def test_an_event_without_an_exception_stays_one() -> None:
    assert harmless({"message": PROMPT}) == {"tags": {}, "exception": {"values": []}}


def test_without_a_dsn_nothing_is_sent() -> None:
    meters = Meters()
    reporter = Reporter(None, NOBODY, meters)
    assert reporter.report(ValueError("x"), where="process") is Outcome.OFF
    reporter.close()
    assert Exported.of(meters.registry).value("suture_error_reports_total", outcome="off") == 1


def test_of_the_same_error_the_first_the_tenth_and_the_hundredth_are_sent() -> None:
    reporter = Reporter(settings(per_hour=1_000), NOBODY, Meters())
    error = failed(fail, "", "")
    outcomes = [reporter.report(error, where="activity a") for _ in range(100)]
    sent = [number for number, one in enumerate(outcomes, 1) if one is Outcome.SENT]
    assert sent == [1, 10, 100]
    assert set(outcomes) == {Outcome.SENT, Outcome.REPEATED}
    assert reporter.report(error, where="activity b") is Outcome.SENT
    reporter.close()


def test_in_an_hour_only_so_many_are_sent() -> None:
    now = 0.0
    reporter = Reporter(settings(per_hour=2), NOBODY, Meters(), lambda: now)
    first = [reporter.report(ValueError(), where=f"activity {n}") for n in range(3)]
    assert first == [Outcome.SENT, Outcome.SENT, Outcome.TOO_MANY]
    now = 3_600.0
    assert reporter.report(ValueError(), where="activity 3") is Outcome.SENT
    reporter.close()


def test_errors_that_are_forgotten_are_told_again() -> None:
    reporter = Reporter(settings(per_hour=1_000), NOBODY, Meters())
    outcomes = {reporter.report(ValueError(), where=f"activity {n}") for n in range(501)}
    assert outcomes == {Outcome.SENT}
    assert reporter.report(ValueError(), where="activity 0") is Outcome.SENT
    reporter.close()


class Unreported:
    """Looks like an error as far as its place goes, and is none."""

    __traceback__ = None


OWN = {
    "web": ServiceSettings(repository="web.git"),
    "suture": ServiceSettings(repository="suture.git", ingest_key=SecretStr(KEY), project="7"),
}


@pytest.mark.parametrize(
    ("where", "incident_id", "outcome"),
    [
        ("activity diagnose", "incident-v1-suture-0123456789abcdef", Outcome.OWN),
        ("log", "", Outcome.OWN),
        ("log", INCIDENT, Outcome.SENT),
        ("activity diagnose", INCIDENT, Outcome.SENT),
        ("process", "", Outcome.SENT),
    ],
)
def test_an_error_about_its_own_alerts_makes_no_further_one(
    where: str, incident_id: str, outcome: Outcome
) -> None:
    reporter = Reporter(settings(), OWN, Meters())
    assert reporter.report(ValueError(), where=where, incident_id=incident_id) is outcome
    reporter.close()


def test_its_own_service_is_known_by_key_and_project_whatever_the_address() -> None:
    through_proxy = settings(dsn=f"https://{KEY}@alerts.example/ingest/7")
    assert own_service(through_proxy, OWN) == "suture"
    assert own_service(settings(dsn=f"https://{KEY}@alerts.example/8"), OWN) is None


async def test_a_bug_becomes_one_incident_and_bugs_about_that_one_none() -> None:
    """Suture as its own Sentry: whoever works on the report fails in the same way, for ever."""
    async with receiving() as (world, given):
        reporter = Reporter(given, SERVICES, Meters())
        error, about = failed(fail, "", ""), "incident-v1-web-0123456789abcdef"
        assert reporter.report(error, where="activity diagnose", incident_id=about) is Outcome.SENT
        await asyncio.wait_for(world.starter.entered.wait(), PATIENCE_SECONDS)
        [(key, _)] = world.starter.batches
        assert key.service == "shop"
        failing = failed(int, "about its own report")
        for where in ("activity diagnose", "activity record", "workflow incident"):
            told = reporter.report(failing, where=where, incident_id=key.incident_id)
            assert told is Outcome.OWN
        await reported(reporter, world)
    assert len(alerts(world)) == 1


async def test_logged_errors_are_reported_but_not_the_expected_ones(tmp_path: Path) -> None:
    configure_logging("info", tmp_path / "log")
    async with receiving() as (world, given):
        reporter = Reporter(given, NOBODY, Meters())
        with logged_errors_reported(reporter):
            structlog.get_logger().error("a.failed", exc_info=failed(fail, "", "a"))
            try:
                fail("", "b")
            except ValueError:
                structlog.get_logger().exception("b.failed", incident_id=INCIDENT)
                logging.getLogger("asyncio").exception("c")
            structlog.get_logger().error("d.failed", exc_info=Unreachable("later"))
            structlog.get_logger().error("e.failed")
        structlog.get_logger().error("f.failed", exc_info=failed(int, "f"))
        await reported(reporter, world)
    texts = [text for _, text in alerts(world)]
    # The same line failed each time: the second report of it waits until it is the tenth.
    assert len(texts) == 1
    handlers = logging.getLogger().handlers
    assert len(handlers) == 1
    handlers[0].close()
    handlers[0].stream.close()  # type: ignore[attr-defined]


def test_what_ends_the_process_is_reported_unless_it_says_what_to_mend() -> None:
    meters = Meters()
    reporter = Reporter(settings(), NOBODY, meters)
    with pytest.raises(ZeroDivisionError), logged_errors_reported(reporter):
        _ = 1 / 0
    with pytest.raises(SettingsError), logged_errors_reported(reporter):
        raise SettingsError("Set it.")
    reporter.close()
    exported = Exported.of(meters.registry)
    assert exported.labels("suture_error_reports_total", "outcome") == {"sent"}


def test_what_cannot_be_put_into_an_event_fails_nothing() -> None:
    meters = Meters()
    reporter = Reporter(settings(), NOBODY, meters)
    reporter.report(cast("BaseException", Unreported()), where="process")
    reporter.close()
    assert Exported.of(meters.registry).value("suture_error_reports_total", outcome="failed") == 1


class Telling(Reporter):
    """Tells when it has been told something."""

    def __init__(self, given: SentrySettings, told: asyncio.Event) -> None:
        super().__init__(given, NOBODY, Meters())
        self._loop = asyncio.get_running_loop()
        self._told = told

    def report(self, error: BaseException, *, where: str, incident_id: str = "") -> Outcome:
        outcome = super().report(error, where=where, incident_id=incident_id)
        self._loop.call_soon_threadsafe(self._told.set)
        return outcome


async def test_a_bug_in_sandboxed_workflow_code_arrives(temporal_address: str) -> None:
    client = await connect(TemporalSettings(address=temporal_address))
    queue = uuid4().hex
    async with receiving() as (world, given):
        told = asyncio.Event()
        reporter = Telling(given, told)
        worker = Worker(
            client,
            task_queue=queue,
            workflows=[CrookedWorkflow],
            interceptors=[Watching(Meters(), reporter)],
        )
        async with worker:
            handle = await client.start_workflow(
                "crooked", 1, id=INCIDENT + queue, task_queue=queue
            )
            await asyncio.wait_for(told.wait(), PATIENCE_SECONDS)
            await handle.terminate()
        await reported(reporter, world)
    [(alert, text), *_] = alerts(world)
    assert alert.exceptions[-1].type == "ZeroDivisionError"
    assert alert.exceptions[-1].frames[-1].function == "run"
    assert "workflow crooked" in text
