"""Dashboard and alert rules ask for what Suture exports, and each alert fires when it should."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from apps.gateway.telemetry import Telemetry
from suture.policy.model import Budget
from tests.fakes.memory import FakeMemory
from tests.health.asked import RULES, asked, dashboard, panels, rules
from workers.health.day import DayCollector
from workers.health.meters import Meters

ROOT = Path(__file__).parents[2]
PLACES = os.pathsep.join((os.environ["PATH"], "/usr/bin"))
PROMTOOL = shutil.which("promtool", path=PLACES) or ""
ENDINGS = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}
FIRING = {
    "SutureGatewayDown": {'up{job="suture-worker"}': "1x60"},
    "SutureAlertsUnconfirmed": {"suture_gateway_commit_failures_total": "0+1x60"},
    "SutureAlertsWaiting": {"suture_gateway_waiting_alerts": "600x60"},
    "SutureGatewayErrors": {
        'suture_gateway_requests_total{status="200"}': "0+10x60",
        'suture_gateway_requests_total{status="503"}': "0+1x60",
    },
    "SutureWebhooksRefused": {'suture_gateway_refused_total{reason="forbidden"}': "0+5x60"},
    "SutureAlertsUnrouted": {'suture_gateway_alerts_unrouted_total{source="datadog"}': "_x30 1x30"},
    "SutureWorkersDown": {'up{job="suture-worker"}': "0x60"},
    "SutureQueueBehind": {
        'temporal_activity_schedule_to_start_latency_seconds_bucket{task_queue="q",le="60"}': (
            "0x60"
        ),
        'temporal_activity_schedule_to_start_latency_seconds_bucket{task_queue="q",le="100"}': (
            "0+1x60"
        ),
        'temporal_activity_schedule_to_start_latency_seconds_bucket{task_queue="q",le="+Inf"}': (
            "0+1x60"
        ),
    },
    "SutureBug": {'suture_activity_failures_total{activity="a",kind="unexpected"}': "0+1x60"},
    "SutureOperatorNeeded": {
        'suture_activity_failures_total{activity="a",kind="LedgerCorrupt"}': "_x50 1x10"
    },
    "SutureVendorFailing": {
        'suture_vendor_calls_total{vendor="jira",outcome="Unreachable"}': "0+3x60",
        'suture_vendor_calls_total{vendor="jira",outcome="ok"}': "0+1x60",
    },
    "SutureVendorRefuses": {
        'suture_vendor_calls_total{vendor="jira",outcome="NotAuthorised"}': "_x50 1x10"
    },
    "SutureVendorLimits": {
        'suture_vendor_calls_total{vendor="jira",outcome="RateLimited"}': "0+1x90",
        'suture_vendor_calls_total{vendor="jira",outcome="ok"}': "0+3x90",
    },
    "SutureBudgetLow": {
        'suture_budget_day_left_usd{repository="*"}': "5x60",
        'suture_budget_day_spent_usd{repository="*"}': "95x60",
    },
    "SutureRepairsRefused": {'suture_budget_refusals_total{limit="attempts"}': "_x30 1x30"},
}
"""For each alert series, one value a minute, of which it fires after an hour."""
HEALTHY = {
    'up{job="suture-gateway"}': "1x90",
    'up{job="suture-worker"}': "1x90",
    "suture_gateway_commit_failures_total": "3x90",
    "suture_gateway_waiting_alerts": "3x90",
    'suture_gateway_requests_total{status="200"}': "0+10x90",
    'suture_vendor_calls_total{vendor="jira",outcome="ok"}': "0+10x90",
    'suture_vendor_calls_total{vendor="jira",outcome="NotAuthorised"}': "1x90",
    'suture_budget_day_left_usd{repository="*"}': "50x90",
    'suture_budget_day_spent_usd{repository="*"}': "50x90",
}


def exported() -> set[str]:
    """Return every sample that gateway and workers can export, values or not."""
    meters = Meters()
    meters.registry.register(DayCollector(FakeMemory(), Budget(), []))
    return {
        family.name + ending
        for registry in (Telemetry().registry, meters.registry)
        for family in registry.collect()
        for ending in ENDINGS[family.type]
    }


def test_every_metric_of_ours_that_is_asked_for_is_exported() -> None:
    assert asked("suture_") - exported() == set()


def test_what_is_exported_is_shown_or_alerted_on() -> None:
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in exported()}
    used = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in asked("suture_")}
    # Details for who looks closer.
    details = {"suture_gateway_envelope_items", "suture_gateway_batch_alerts"}
    assert families - used == details


def test_panels_do_not_overlap_and_take_their_source_from_the_dashboard() -> None:
    places = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in places, panel["title"]
                places.add((x, y))
    assert {panel["datasource"]["uid"] for panel in panels()} == {"${source}"}
    ids = [panel["id"] for panel in dashboard()["panels"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    assert set(rule["annotations"]) == {"summary", "runbook"}
    assert rule["labels"]["severity"] in {"warning", "critical"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^### (\w+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert anchor in {heading.lower() for heading in headings}
    assert str(rule["alert"]).lower() == anchor


needs_promtool = pytest.mark.skipif(
    not PROMTOOL, reason="needs Debian's package prometheus, or promtool"
)


def run_promtool(*arguments: str) -> str:
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_promtool_takes_the_rules_and_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    run_promtool("check", "rules", str(RULES))
    queries = [
        {"record": f"panel{panel['id']}:{number}", "expr": shown(target["expr"])}
        for panel in panels()
        for number, target in enumerate(panel["targets"])
    ]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": queries}]}), "utf-8")
    assert f"{len(queries)} rules found" in run_promtool("check", "rules", str(path))


def shown(expression: str) -> str:
    """Return a query as Grafana sends it."""
    return re.sub(r"\$__\w+", "5m", expression)


@needs_promtool
def test_each_alert_fires_on_what_it_is_about_and_none_on_a_healthy_day(tmp_path: Path) -> None:
    assert set(FIRING) == {rule["alert"] for rule in rules()}
    tests = [firing(name, series) for name, series in FIRING.items()]
    tests += [
        {
            "interval": "1m",
            "input_series": [{"series": one, "values": values} for one, values in HEALTHY.items()],
            "alert_rule_test": [
                {"eval_time": "1h", "alertname": name, "exp_alerts": []} for name in FIRING
            ],
        }
    ]
    path = tmp_path / "tests.yml"
    text = yaml.safe_dump({"rule_files": [str(RULES)], "tests": tests})
    path.write_text(text, encoding="utf-8")
    run_promtool("test", "rules", str(path))


def firing(name: str, series: dict[str, str]) -> dict[str, object]:
    """Expect one firing alert of this name, whatever its labels."""
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                "eval_time": "1h",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
        ],
    }
