"""What watches a process opens with it, answers over HTTP, and is gone when it ends."""

import socket
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from suture.domain.usage import Usage
from suture.domain.value import Instant
from suture.errors import RateLimited, SettingsError, Unreachable
from suture.health_settings import HealthSettings, MetricsSettings, SentrySettings, TracesSettings
from suture.policy.budgets import Reservation, Spending
from suture.policy.model import Budget
from suture.ports.model import ChatTurn, ModelReply, ModelRequest
from suture.settings import Settings
from tests.builders.incident import QUICK, SERVICE, Incident
from tests.builders.ports import quiet_port
from tests.fakes.memory import FakeMemory
from tests.fakes.model import ScriptedModel
from tests.health.asked import asked
from tests.health.collector import collecting
from tests.health.samples import Exported
from workers.health.day import ALL, DayCollector
from workers.health.meters import Meters
from workers.health.names import incident_of, service_of
from workers.health.observing import Observer
from workers.health.serving import open_health

HOST = "127.0.0.1"
REPOSITORY = "team/shop"
NOW = datetime.now(UTC)


async def read(port: int) -> str:
    async with httpx.AsyncClient(timeout=60.0) as http:
        answer = await http.get(f"http://{HOST}:{port}/metrics")
    assert answer.status_code == 200
    return answer.text


async def test_a_process_that_works_serves_its_own_metrics_and_temporals(
    incident: Incident,
) -> None:
    own, temporals = quiet_port(), quiet_port()
    metrics = MetricsSettings(port=own, temporal_port=temporals)
    settings = incident.parts.settings.model_copy(
        update={"health": HealthSettings(metrics=metrics)}
    )
    with open_health(settings, works=True) as health:
        await incident.connect(health.connection)
        incident.parts = health.watched(incident.parts)
        await incident.alert()
        async with incident.at_work(health.interceptors):
            await incident.finish_fixed()
            engine = Exported(await read(temporals))
            seen = Exported(await read(own))
    assert seen.value("suture_incidents_ended_total", service=SERVICE, outcome="fixed") == 1
    spent = seen.value("suture_budget_day_spent_usd", repository=str(incident.repository))
    assert spent == seen.value("suture_budget_day_spent_usd", repository=ALL) == 0
    limit = QUICK.budget.total_cost_usd_per_day
    assert seen.value("suture_budget_day_left_usd", repository=ALL) == limit
    queues = engine.labels("temporal_worker_task_slots_available", "task_queue")
    assert {incident.queue, f"{incident.queue}-sandbox"} <= queues
    # What a dashboard or a rule of ours asks of Temporal's client is there after one incident.
    assert asked("temporal_") <= {name for name, _ in engine.samples}


def test_an_address_that_is_taken_is_said_with_its_setting(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        for name in ("port", "temporal_port"):
            settings = settings_with(tmp_path, **{name: port})
            said = rf"health\.metrics\.{name}: {HOST}:{port} cannot be used"
            with pytest.raises(SettingsError, match=said), open_health(settings, works=True):
                pytest.fail("it serves")


def test_a_process_that_does_not_work_serves_no_metrics_of_workers(tmp_path: Path) -> None:
    port = quiet_port()
    with open_health(settings_with(tmp_path, port=port), works=False) as health:
        assert health.runtime is None
        assert health.connection.interceptors == ()
        with socket.create_server((HOST, port)):
            pass


def test_traces_and_reports_open_with_a_process(tmp_path: Path) -> None:
    with collecting() as collector:
        health = HealthSettings(
            sentry=SentrySettings(dsn=SecretStr("http://key@127.0.0.1:9/1")),
            traces=TracesSettings(endpoint=collector.endpoint),
        )
        settings = Settings(state_dir=tmp_path, health=health)
        with open_health(settings, works=True) as opened:
            assert opened.tracing is not None
            assert opened.connection.interceptors == (opened.tracing.interceptor,)
            with opened.tracing.call("chat", "slack", "notify"):
                pass
        assert collector.named("slack.notify").span_id


def settings_with(directory: Path, **metrics: object) -> Settings:
    given = HealthSettings(metrics=MetricsSettings.model_validate(metrics))
    return Settings(state_dir=directory, health=given)


def test_what_the_day_has_left_is_read_again_only_after_a_while() -> None:
    now = 0.0
    memory = FakeMemory()
    meters = Meters()
    budget = Budget(repository_cost_usd_per_day=2.0, total_cost_usd_per_day=10.0)
    meters.registry.register(DayCollector(memory, budget, [REPOSITORY], lambda: now))

    def gauge(name: str, repository: str) -> float:
        exported = Exported.of(meters.registry)
        return exported.value(f"suture_budget_day_{name}_usd", repository=repository)

    assert gauge("left", REPOSITORY) == 2.0
    observed = Observer(meters).observed("memory", memory, Observer(meters)._memory_told)
    observed.reserve(reservation(1.5), budget)
    assert gauge("left", REPOSITORY) == 2.0
    now = 15.0
    assert gauge("left", REPOSITORY) == 0.5
    assert gauge("left", ALL) == 8.5
    assert gauge("reserved", REPOSITORY) == 1.5
    observed.settle("a", REPOSITORY, NOW, Usage(cost_usd=3.0))
    now = 30.0
    assert gauge("left", REPOSITORY) == 0.0
    assert gauge("reserved", REPOSITORY) == 0.0
    assert gauge("spent", ALL) == 3.0
    counted = Exported.of(meters.registry)
    assert counted.value("suture_budget_reserved_usd_total", repository=REPOSITORY) == 1.5
    assert counted.value("suture_budget_settled_usd_total", repository=REPOSITORY) == 3.0
    refused = observed.reserve(reservation(1.0, "b"), budget)
    assert refused.overrun is not None
    labels = {"limit": "repository_cost_usd_per_day"}
    assert Exported.of(meters.registry).value("suture_budget_refusals_total", **labels) == 1


def reservation(cost_usd: float, key: str = "a") -> Reservation:
    return Reservation(entry_key=key, repository=REPOSITORY, at=NOW, attempts=0, cost_usd=cost_usd)


class OutOfReach(FakeMemory):
    def spent(self, since: Instant, repository: str | None = None) -> Spending:
        raise Unreachable(f"no answer about {repository} since {since}")


def test_a_database_that_does_not_answer_leaves_the_other_metrics_alone() -> None:
    meters = Meters()
    meters.registry.register(DayCollector(OutOfReach(), Budget(), [REPOSITORY]))
    meters.incident_opened(SERVICE)
    exported = Exported.of(meters.registry)
    assert exported.labels("suture_budget_day_left_usd", "repository") == set()
    assert exported.value("suture_incidents_opened_total", service=SERVICE) == 1


class Pricey(ScriptedModel):
    def complete(self, request: ModelRequest) -> ModelReply:
        if request.model == "none":
            raise RateLimited("later", retry_after_seconds=1.0)
        reply = super().complete(request)
        return reply.model_copy(update={"usage": reply.usage + Usage(cost_usd=0.25)})


def test_models_are_counted_by_name_with_tokens_and_money() -> None:
    meters = Meters()
    observer = Observer(meters)
    model = observer.observed("model", Pricey(ChatTurn(role="assistant")), observer._model_told)
    model.complete(ModelRequest(model="large", turns=()))
    with pytest.raises(RateLimited):
        model.complete(ModelRequest(model="none", turns=()))
    seen = Exported.of(meters.registry)
    assert seen.value("suture_model_calls_total", model="large") == 1
    assert seen.value("suture_model_tokens_total", model="large", direction="input") == 10
    assert seen.value("suture_model_tokens_total", model="large", direction="output") == 5
    assert seen.value("suture_model_cost_usd_total", model="large") == 0.25
    labels = {"port": "model", "vendor": "other", "call": "complete"}
    calls = "suture_vendor_calls_total"
    assert seen.value(calls, **labels, outcome="RateLimited") == 1
    assert seen.value("suture_vendor_call_seconds_count", **labels) == 2
    assert model.requests[0].model == "large"


@pytest.mark.parametrize(
    ("workflow_id", "incident", "service"),
    [
        (f"incident-v1-shop-{'0' * 16}", f"incident-v1-shop-{'0' * 16}", "shop"),
        (f"incident-v1-a-b-{'0' * 16}-1-repair-2", f"incident-v1-a-b-{'0' * 16}", "a-b"),
        (f"incident-v1-shop-{'a' * 16}-12-rollout", f"incident-v1-shop-{'a' * 16}", "shop"),
        ("crooked", "crooked", None),
    ],
)
def test_workflow_ids_say_which_incident_and_whose(
    workflow_id: str, incident: str, service: str | None
) -> None:
    assert (incident_of(workflow_id), service_of(workflow_id)) == (incident, service)
