"""No credential gets out of where it was: one whole incident with secrets seeded everywhere.

The alert comes in over HTTP, the fix is found, tried and merged for real, with embedded vendors.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr
from temporalio.worker import Interceptor

from apps.cli.stack import gateway_parts
from apps.gateway.app import create_gateway
from evals.seeded import BuiltCase, build_repository, load_case
from integrations.local.tracker import LocalTracker
from suture.arrival import arrival_of
from suture.domain.ticket import TicketContent, TicketRef
from suture.errors import Unreachable
from suture.model_settings import ModelSettings
from suture.settings import ServiceSettings, WebhookSettings
from suture.traces.detect import parse_report
from tests.builders import temporal
from tests.builders.cases import capture_event
from tests.builders.incident import SERVICE, Incident
from tests.builders.leftovers import kept_in, logging_to, told_by
from tests.builders.replay import histories_of
from tests.builders.repository import RepositoryBuilder
from tests.builders.seeds import IN_EVENTS, IN_REPOSITORY, commit_secrets, leaks_in, seeded
from tests.health.collector import collecting, tracing_to
from workers.connecting import Connection
from workers.health.meters import Meters
from workers.health.observing import Observer
from workers.worker import Team, orchestration_activities, sandbox_activities

CASE = "slug-service"
pytestmark = pytest.mark.timeout(600)
INGEST_KEY = "5eed000000000000000000000000feed"
SEEDS = {
    "environment": "5eed-env-Zq81",
    "decision_key": "5eed-decision-Zq82",
    "login_token": "5eed-login-Zq83",
    "model_key": "sk-5eed0model0Zq84aaaaaaaaaa",
    "webhook_secret": "5eed-webhook-Zq85",
    **IN_EVENTS,
    **IN_REPOSITORY,
    "vendor_url": "5eed-vendorurl-Zq96",
    "vendor_bearer": "5eedVendorZq97abcdefghijklmn",
}
"""Where a credential was put: no two have the same, so what leaks says from where."""


class ComplainingTracker:
    """A vendor whose first answer quotes the credentials that it was asked with."""

    def __init__(self, tracker: LocalTracker) -> None:
        self._tracker = tracker
        self._complained = False
        self.update_ticket = tracker.update_ticket
        self.ensure_comment = tracker.ensure_comment
        self.state = tracker.state

    def ensure_ticket(self, service: str, key: str, content: TicketContent) -> TicketRef:
        if not self._complained:
            self._complained = True
            raise Unreachable(
                f"502 of https://suture:{SEEDS['vendor_url']}@tracker.example/rest/api"
                f" with Authorization: Bearer {SEEDS['vendor_bearer']}"
            )
        return self._tracker.ensure_ticket(service, key, content)


class SeededIncident(Incident):
    """An incident of a real case, with real root cause and repair, and secrets all around."""

    patience_seconds = 400.0

    def __init__(self, directory: Path, address: str) -> None:
        built = build_repository(load_case(CASE), directory / "clone")
        self.built = with_secrets_in_it(built)
        RepositoryBuilder(directory / "clone").git(
            "clone", "--quiet", "--bare", ".", str(directory / "shop.git")
        )
        super().__init__(directory / "own", address)
        self.repository = directory / "shop.git"
        service = ServiceSettings(
            name=SERVICE, repository=str(self.repository), ingest_key=SecretStr(INGEST_KEY)
        )
        settings = self.parts.settings.model_copy(
            update={
                "services": {SERVICE: service},
                "token": SecretStr(SEEDS["login_token"]),
                "model": ModelSettings(api_key=SecretStr(SEEDS["model_key"])),
                "webhooks": {
                    "sentry": WebhookSettings(secrets=(SecretStr(SEEDS["webhook_secret"]),))
                },
            }
        )
        self.parts = replace(
            self.parts,
            settings=settings,
            catalogue=settings.catalogue(),
            tracker=ComplainingTracker(self.parts.embedded.tracker),
            decision_key=SEEDS["decision_key"].encode(),
        )

    def team(self, interceptors: Sequence[Interceptor] = ()) -> Team:
        return Team(
            queue=self.queue,
            orchestration=orchestration_activities(self.parts),
            sandbox=sandbox_activities(self.parts),
            interceptors=interceptors,
        )

    async def arrive(self) -> None:
        """Let the app's SDK report the event."""
        event = capture_event(self.built)
        assert isinstance(event, dict)
        event = seeded(event)
        app = create_gateway(gateway_parts(self.client, self.parts))
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://gateway") as http,
        ):
            auth = {"X-Sentry-Auth": f"Sentry sentry_key={INGEST_KEY}, sentry_version=7"}
            answer = await http.post("/api/1/store/", json=event, headers=auth)
        assert answer.status_code == 200, answer.text
        report = parse_report(json.dumps(event), service=SERVICE, received_at=datetime.now(UTC))
        self.key = arrival_of(report).key
        self._find()


def with_secrets_in_it(built: BuiltCase) -> BuiltCase:
    """Commit what nobody should commit, beside the code that fails."""
    sha = commit_secrets(built.path, "slugs")
    return built.model_copy(update={"commits": (*built.commits, sha)})


def texts_of(incident: SeededIncident, state: Path) -> Iterator[tuple[str, bytes]]:
    """Yield everything that is left of it on this machine, with its name."""
    yield from kept_in(state, incident.parts.artifacts)
    # Its branch is gone by now.
    yield "pull request", incident.git("log", "--patch", "main^1..main^2").encode()
    yield "merge", incident.git("show", "--first-parent", "main").encode()
    embedded = incident.parts.embedded
    yield "tickets", repr(embedded.tracker.list_tickets()).encode()
    entries = incident.parts.ledger.read(f"{incident.key.incident_id}-1")
    yield "ledger", repr(entries).encode()


@pytest.fixture(scope="module")
def temporal_address() -> Iterator[str]:
    with temporal.temporal_address() as address:
        yield address


async def test_no_seeded_credential_is_found_anywhere_after_a_whole_incident(
    tmp_path: Path,
    temporal_address: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PAYMENT_API_KEY", SEEDS["environment"])
    incident = SeededIncident(tmp_path, temporal_address)
    meters = Meters()
    with (
        logging_to(tmp_path / "log"),
        collecting() as collector,
        tracing_to(collector) as tracing,
    ):
        await incident.connect(Connection(interceptors=(tracing.interceptor,)))
        incident.parts = Observer(meters, tracing).all_of(incident.parts)
        await incident.arrive()
        async with incident.at_work():
            await incident.finish_fixed()
            report = await incident.report()

    found = dict(texts_of(incident, tmp_path / "own" / "state"))
    found["traces"] = b"".join(collector.bodies)
    found["metrics"] = generate_latest(meters.registry)
    histories = await histories_of(incident.client, incident.key.incident_id)
    found |= dict(told_by(histories))
    found["report"] = report.model_dump_json().encode()
    printed = capfd.readouterr()
    found["output"] = f"{printed.out}\n{printed.err}".encode()
    found["log"] = (tmp_path / "log").read_bytes()
    incident.parts.close()

    assert leaks_in(found, SEEDS) == set()
    # What was looked through is what came of the event, not something else.
    assert report.merge_sha is not None
    for where in ("log", "ledger", "tickets", "pull request", "report", "traces", "metrics"):
        assert len(found[where]) > 100, where
    everything = b"".join(found.values())
    assert b"[redacted]" in everything
    assert b"tracker.example" in everything
    assert len(histories) >= 3
