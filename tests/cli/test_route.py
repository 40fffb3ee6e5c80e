"""`suture route --explain`: where a vendor's alerts would go, and what to add if nowhere."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from apps.cli.exits import ExitCode
from apps.cli.main import app
from apps.cli.routing import delivery_of, find_vendor, suggest
from integrations.alertmanager.webhook import AlertmanagerWebhook
from integrations.webhooks import WEBHOOKS
from suture.domain.alert import AlertSource
from suture.domain.inbound import VendorAlert
from suture.domain.service import Service
from suture.errors import InvalidInput
from suture.routing import RoutingTable
from suture.settings import Settings
from tests.gateway.harness import World, client_of
from tests.vendors.alertmanager_samples import alert, notification
from tests.vendors.deliveries import SECRET, delivery
from tests.vendors.sample import Sample
from tests.vendors.samples import SAMPLES

SETTINGS = f"""
[webhooks.alertmanager]
secrets = ["{SECRET}"]

[[routes]]
service = "till"
match = {{ alertname = "Slow*" }}
environment = "stage"

[services.shop]
repository = "shop"
environment = "live"

[services.till]
repository = "till"
"""
EVERY_SAMPLE = [
    pytest.param(source.value, sample, id=f"{source.value}-{number}")
    for source, samples in SAMPLES.items()
    for number, sample in enumerate(samples)
]


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suture.toml").write_text(SETTINGS)
    return CliRunner()


def explain(runner: CliRunner, payload: Mapping[str, Any], *options: str) -> Result:
    Path("payload.json").write_text(json.dumps(payload))
    return runner.invoke(app, ["route", "--explain", "payload.json", *options])


def alerts_of(result: Result) -> list[dict[str, Any]]:
    alerts: list[dict[str, Any]] = json.loads(result.stdout)["alerts"]
    return alerts


def test_it_says_where_an_alert_goes_and_why(runner: CliRunner) -> None:
    result = explain(runner, notification(alert(service="x", alertname="SlowAnswers")))
    assert result.exit_code == ExitCode.DONE
    rows = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert rows[0] == "alertmanager: 1 alert"
    assert "raised SlowAnswers: 12% of the requests fail" in rows
    assert "severity medium" in rows
    assert "service till: route 1 matches" in rows
    assert "environment stage" in rows
    assert any(row.startswith("incident incident-v1-till-") for row in rows)
    assert "facts alertname = SlowAnswers" in rows
    assert "service = x" in rows


async def test_the_incident_is_the_one_that_the_gateway_would_tell(
    runner: CliRunner,
) -> None:
    payload = notification(alert(), alert("resolved", alertname="Stuck"))
    raised, resolved = alerts_of(explain(runner, payload, "--json"))
    world = World(webhooks=Settings().webhooks)
    async with client_of(world.app()) as client:
        headers = {"Authorization": f"Bearer {SECRET}"}
        await client.post("/webhooks/alertmanager", json=payload, headers=headers)
    [(began, _)] = world.starter.batches
    [(ended, _)] = world.starter.resolved
    assert (raised["transition"], raised["incident"]) == ("raised", began.incident_id)
    assert (resolved["transition"], resolved["fingerprint"]) == ("resolved", ended.fingerprint)
    assert raised["environment"] == "live"


def test_an_end_is_told_to_an_incident_only_if_that_is_open(runner: CliRunner) -> None:
    result = explain(runner, notification(alert("resolved")))
    assert "if it is open" in result.stdout


def test_the_urls_service_counts_as_it_does_for_the_gateway(runner: CliRunner) -> None:
    result = explain(runner, notification(), "--service", "till", "--json")
    assert alerts_of(result)[0]["reason"] == "the webhook's URL names it"


def test_what_nobody_takes_comes_with_the_route_that_would_take_it(runner: CliRunner) -> None:
    payload = notification(alert(service="bakery"), alert())
    result = explain(runner, payload)
    assert result.exit_code == ExitCode.REFUSED
    assert "none: no route matches" in " ".join(result.stdout.split())
    suggestion = alerts_of(explain(runner, payload, "--json"))[0]["suggestion"]
    assert suggestion in result.stdout
    path = Path("suture.toml")
    path.write_text(f"{path.read_text()}\n{suggestion}\n")
    again = explain(runner, payload, "--json")
    assert again.exit_code == ExitCode.DONE
    assert alerts_of(again)[0]["reason"] == "route 2 matches"


TEXT = st.text(max_size=12) | st.sampled_from(['a "b"\\', "[x]*?", "# no comment", "x = 1"])


@given(labels=st.dictionaries(TEXT, TEXT, max_size=4), title=TEXT)
def test_a_proposed_route_is_valid_and_takes_the_alert(labels: dict[str, str], title: str) -> None:
    told = VendorAlert(
        alert_id="1", source=AlertSource.GRAFANA, group="g", title=title, labels=labels
    )
    services = {"shop": Service(name="shop", repository="shop")}
    routes = tomllib.loads(suggest(told, ["shop"]))["routes"]
    table = RoutingTable.model_validate({"routes": routes})
    assert table.route(told, services).reason == "route 1 matches"


def test_without_any_service_the_proposal_says_what_it_needs() -> None:
    told = VendorAlert(alert_id="1", source=AlertSource.GRAFANA, group="g", title="Slow")
    proposed = suggest(told, [])
    assert "[services.name-of-your-service]" in proposed
    assert tomllib.loads(proposed)["routes"][0]["match"] == {"title": "Slow"}


def test_a_vendor_without_a_secret_is_said_not_to_be_served(runner: CliRunner) -> None:
    Path("suture.toml").write_text(SETTINGS.replace(SECRET, ""))
    result = explain(runner, notification())
    assert "set webhooks.alertmanager.secrets" in result.stdout


def test_news_without_an_alert_goes_nowhere_and_is_no_failure(runner: CliRunner) -> None:
    payload = {**notification(), "alerts": []}
    result = explain(runner, payload, "--vendor", "alertmanager")
    assert result.exit_code == ExitCode.DONE
    assert "alertmanager: no alerts" in result.stdout


def test_foreign_text_cannot_steer_the_terminal(runner: CliRunner) -> None:
    result = explain(runner, notification(alert(service="shop", alertname="\x1b[2J[red]x")))
    assert "\x1b" not in result.stdout
    assert "[red]x" in result.stdout


def test_a_payload_comes_from_standard_input_too(runner: CliRunner) -> None:
    body = json.dumps(notification())
    result = runner.invoke(app, ["route", "--explain", "-", "--json"], input=body)
    assert alerts_of(result)[0]["service"] == "shop"


@pytest.mark.parametrize(
    ("payload", "options", "said"),
    [
        ({}, (), "No vendor's reader finds an alert"),
        ({"version": "3"}, ("--vendor", "alertmanager"), "version"),
        (notification(), ("--vendor", "nobody"), "Known ones: alertmanager"),
        (notification(), ("--vendor", "github"), "needs the header X-GitHub-Event"),
        (notification(), ("--header", "X-GitHub-Event"), "NAME=VALUE"),
        (notification(), ("--header", "=push"), "NAME=VALUE"),
    ],
)
def test_what_cannot_be_explained_is_wrong_input(
    runner: CliRunner, payload: Mapping[str, Any], options: tuple[str, ...], said: str
) -> None:
    result = explain(runner, payload, *options)
    assert result.exit_code == ExitCode.USAGE
    assert said in result.stderr


@pytest.mark.parametrize("content", [b"", b"[]", b"nonsense"])
def test_a_file_that_is_no_object_is_wrong_input(runner: CliRunner, content: bytes) -> None:
    Path("payload.json").write_bytes(content)
    result = runner.invoke(app, ["route", "--explain", "payload.json"])
    assert result.exit_code == ExitCode.USAGE
    assert "payload" in result.stderr


def test_a_file_that_is_not_there_is_wrong_input(runner: CliRunner) -> None:
    result = runner.invoke(app, ["route", "--explain", "missing.json"])
    assert result.exit_code == ExitCode.USAGE
    assert "missing.json cannot be read" in result.stderr


def test_more_than_the_gateway_takes_is_refused(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUTURE_GATEWAY__MAX_DECOMPRESSED_BYTES", "1024")
    result = explain(runner, notification(*[alert()] * 20))
    assert result.exit_code == ExitCode.USAGE
    assert "gateway.max_decompressed_bytes" in result.stderr


def test_whose_it_is_must_be_said_when_several_could_have_sent_it() -> None:
    webhooks = {"alertmanager": AlertmanagerWebhook(), "copy": AlertmanagerWebhook()}
    body = json.dumps(notification()).encode()
    with pytest.raises(InvalidInput, match="--vendor: it may be alertmanager, copy's"):
        find_vendor(delivery(body), webhooks, None)
    assert find_vendor(delivery(body), webhooks, "copy")[0] == "copy"


def test_headers_reach_the_vendors_reader_in_lower_case() -> None:
    arrived = delivery_of(b"{}", ["X-GitHub-Event = workflow_run", "X=a=b"], Settings())
    assert arrived.headers == {"x-github-event": "workflow_run", "x": "a=b"}


@pytest.mark.parametrize(("vendor", "sample"), EVERY_SAMPLE)
def test_every_vendors_samples_can_be_explained(
    runner: CliRunner, vendor: str, sample: Sample
) -> None:
    headers = [f"--header={name}={value}" for name, value in sample.headers.items()]
    told = explain(runner, sample.payload, "--vendor", vendor, "--json", *headers)
    assert told.exit_code in {ExitCode.DONE, ExitCode.REFUSED}, told.stderr
    if alerts_of(told):
        assert vendor in guessed(sample)


def guessed(sample: Sample) -> str:
    """Return the one vendor that may have sent it, or the answer that names several."""
    body = json.dumps(sample.payload).encode()
    try:
        return find_vendor(delivery(body, sample.headers), WEBHOOKS, None)[0]
    except InvalidInput as error:
        return str(error)


def test_checking_names_webhooks_of_nobody_and_those_without_a_secret(runner: CliRunner) -> None:
    Path("suture.toml").write_text(
        '[webhooks.nobody]\nsecrets = ["x"]\n[webhooks.alertmanager]\nsecrets = [""]\n'
    )
    wrong = needs(runner)
    assert not wrong["webhook nobody"]["ok"]
    assert "Known ones: alertmanager" in wrong["webhook nobody"]["mend"]
    assert not wrong["webhook alertmanager"]["ok"]
    assert "webhooks.alertmanager.secrets" in wrong["webhook alertmanager"]["mend"]
    Path("suture.toml").write_text(SETTINGS)
    assert needs(runner)["webhook alertmanager"]["ok"]


def needs(runner: CliRunner) -> dict[str, Any]:
    result = runner.invoke(app, ["check", "--json"])
    return {need["name"]: need for need in json.loads(result.stdout)["needs"]}
