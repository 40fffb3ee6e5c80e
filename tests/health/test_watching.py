"""Incidents are counted and their bugs reported from around them, and stay replayable."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import Interceptor, Replayer

from suture.domain.alert import AlertSource
from suture.domain.service import Service
from suture.metrics_settings import MetricsKind
from suture.ports.metrics import MetricsQuery
from suture.ports.pager import Page
from suture.settings import Settings
from tests.builders.incident import SERVICE, Incident
from tests.builders.interceptors import Disturbing, FailingForGood, Moment
from tests.builders.replay import histories_of
from tests.health.collector import collecting, tracing_to
from tests.health.samples import Exported
from tests.workflows.test_replay import recorded
from workers.choosing_enrichment import VendorEnrichment, choose_enrichment
from workers.health.meters import Meters
from workers.health.observing import Observer
from workers.health.reporting import Outcome, Reporter
from workers.health.watching import Watching, failure_of
from workers.parts import build_parts
from workers.worker import WORKFLOWS

GOLDEN = sorted((Path(__file__).parents[1] / "histories").glob("*.json.gz"))


class Told(Reporter):
    """A reporter without a DSN that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(None, {}, Meters())
        self.heard: list[tuple[str, str, str]] = []

    def report(self, error: BaseException, *, where: str, incident_id: str = "") -> Outcome:
        self.heard.append((type(error).__name__, where, incident_id))
        return super().report(error, where=where, incident_id=incident_id)


class Watched:
    """An incident that is worked on under watch."""

    def __init__(self, incident: Incident) -> None:
        self.meters = Meters()
        self.reporter = Told()
        self.incident = incident
        incident.parts = Observer(self.meters).all_of(incident.parts)

    @asynccontextmanager
    async def at_work(self, *interceptors: Interceptor) -> AsyncIterator[Incident]:
        watching = Watching(self.meters, self.reporter)
        async with self.incident.at_work([watching, *interceptors]):
            yield self.incident

    @property
    def exported(self) -> Exported:
        return Exported.of(self.meters.registry)


class Failing(Disturbing):
    """Lets activities fail once after their effect, each with its error."""

    def __init__(self, **errors: Exception) -> None:
        self._errors = errors

    async def strike(self, name: str, moment: Moment) -> None:
        if moment is Moment.AFTER and name in self._errors:
            raise self._errors.pop(name)


async def replayed(history: WorkflowHistory, *interceptors: Interceptor) -> Exception | None:
    replayer = Replayer(
        workflows=WORKFLOWS, data_converter=pydantic_data_converter, interceptors=interceptors
    )
    return (await replayer.replay_workflow(history, raise_on_replay_failure=False)).replay_failure


async def test_a_fixed_incident_is_counted_once_in_every_stage_and_not_by_a_replay(
    incident: Incident,
) -> None:
    watched = Watched(incident)
    await incident.alert()
    async with watched.at_work():
        await incident.finish_fixed()
    seen = watched.exported
    assert seen.value("suture_incidents_opened_total", service=SERVICE) == 1
    assert seen.value("suture_incidents_ended_total", service=SERVICE, outcome="fixed") == 1
    assert seen.value("suture_incident_seconds_count", outcome="fixed") == 1
    assert seen.labels("suture_stage_seconds_count", "stage") == {
        "detected",
        "ticket",
        "root_cause",
        "fix",
        "test",
        "approval",
        "deploy_watch",
    }
    assert seen.value("suture_stage_seconds_count", stage="deploy_watch", outcome="fixed") == 1
    assert seen.value("suture_activity_attempts_total", activity="merge_pull_request") == 1
    assert seen.value("suture_activity_seconds_count", activity="merge_pull_request") == 1
    labels = {"port": "tracker", "vendor": "local", "call": "ensure_ticket", "outcome": "ok"}
    assert seen.value("suture_vendor_calls_total", **labels) == 1
    assert watched.reporter.heard == []

    again, told = Meters(), Told()
    for history in await histories_of(incident.client, incident.key.incident_id):
        assert await replayed(history, Watching(again, told)) is None
    assert Exported.of(again.registry).samples == Exported.of(Meters().registry).samples
    assert told.heard == []


async def test_failures_are_counted_by_kind_and_only_bugs_are_reported(incident: Incident) -> None:
    watched = Watched(incident)
    await incident.alert()
    failing = Failing(
        open_thread=ApplicationError("later", type="Unreachable"),
        open_ticket=ZeroDivisionError("division by zero"),
    )
    async with watched.at_work(failing):
        await incident.until_asked()
        await incident.handle.terminate()
    seen = watched.exported
    failed = "suture_activity_failures_total"
    assert seen.value(failed, activity="open_thread", kind="Unreachable") == 1
    assert seen.value(failed, activity="open_ticket", kind="unexpected") == 1
    assert watched.reporter.heard == [
        ("ZeroDivisionError", "activity open_ticket", incident.key.incident_id)
    ]


async def test_an_incident_that_a_human_must_look_at_ends_with_its_own_resolution(
    incident: Incident,
) -> None:
    watched = Watched(incident)
    await incident.alert()
    async with watched.at_work(FailingForGood("diagnose")):
        await incident.until_human()
        await incident.close_ticket()
    seen = watched.exported
    assert seen.value("suture_incidents_ended_total", service=SERVICE, outcome="needs_human") == 1
    assert seen.value("suture_stage_seconds_count", stage="human", outcome="needs_human") == 1
    assert seen.value("suture_stage_seconds_count", stage="root_cause", outcome="human") == 1
    assert watched.reporter.heard == []


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name.removesuffix(".json.gz"))
async def test_recorded_histories_replay_under_watch_as_without(path: Path) -> None:
    history = recorded(path)
    without = await replayed(history)
    meters, told = Meters(), Told()
    with collecting() as collector, tracing_to(collector) as tracing:
        watched = await replayed(history, tracing.interceptor, Watching(meters, told))
    assert type(watched) is type(without)
    assert collector.spans == []
    assert Exported.of(meters.registry).samples == Exported.of(Meters().registry).samples
    assert told.heard == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ApplicationError("slow down", type="RateLimited"), "RateLimited"),
        (ApplicationError("what", type="Made up by a vendor"), "unexpected"),
        (KeyError("x"), "unexpected"),
        (asyncio.CancelledError(), "cancelled"),
        (CancelledError("stopped"), "cancelled"),
    ],
)
def test_the_kind_of_a_failure_is_one_of_few(error: BaseException, kind: str) -> None:
    assert failure_of(error) == kind


def test_who_only_asks_others_is_left_out_and_those_are_observed_by_their_vendor(
    tmp_path: Path,
) -> None:
    services = {SERVICE: {"repository": "shop.git", "metrics": MetricsKind.ENDPOINT}}
    parts = build_parts(Settings(state_dir=tmp_path, services=services))
    github = VendorEnrichment({AlertSource.GITHUB: choose_enrichment(Settings())})
    meters = Meters()
    observed = Observer(meters).all_of(replace(parts, enrichment=github, pager=Paging()))
    now = datetime.now(UTC)
    for name in (SERVICE, "web"):
        service = Service(name=name, repository="shop.git")
        query = MetricsQuery(service=service, since=now, until=now)
        assert observed.service_metrics.read(query).requests is None
    assert observed.pager is not None
    observed.pager.stand_down("key")
    parts.close()
    assert isinstance(observed.enrichment, VendorEnrichment)
    exported = Exported.of(meters.registry)
    calls = "suture_vendor_calls_total"
    read = {"port": "service_metrics", "vendor": "prometheus", "call": "read", "outcome": "ok"}
    assert exported.value(calls, **read) == 2
    down = {"port": "pager", "vendor": "other", "call": "stand_down", "outcome": "ok"}
    assert exported.value(calls, **down) == 1


class Paging:
    """Implements `suture.ports.pager.Pager` for nobody."""

    def page(self, page: Page) -> None:
        """Call nobody."""

    def stand_down(self, key: str) -> None:
        """End nothing."""
