"""One incident is one trace: from the request that brought it to the last activity."""

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from apps.cli.stack import gateway_parts
from apps.gateway.app import create_gateway
from apps.gateway.server import running
from apps.gateway.tracing import TracedRequests
from integrations.local.tracker import LocalTracker
from suture.arrival import arrival_of
from suture.domain.ticket import TicketContent, TicketRef
from suture.errors import Unreachable
from suture.settings import GatewaySettings, ServiceSettings, Settings
from suture.traces.detect import parse_report
from tests.builders.incident import SERVICE, Incident
from tests.builders.replay import histories_of
from tests.gateway.harness import World, client_of
from tests.health.collector import Collector, attributes_of, collecting, tracing_to
from tests.health.test_watching import replayed
from workers.connecting import Connection
from workers.health.meters import Meters
from workers.health.observing import Observer, vendor_of
from workers.health.serving import open_tracing
from workers.health.tracing import Tracing

INGEST_KEY = "5eed000000000000000000000000feed"
SECRET = "5eedVendorZq97abcdefghijklmn"
HOSTILE = "<script>alert(1)</script>"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
EVENT = {
    "event_id": "a" * 32,
    "message": HOSTILE,
    "exception": {"values": [{"type": "KeyError", "value": HOSTILE}]},
}


class ComplainingTracker:
    """A vendor whose first answer quotes what it was asked with."""

    def __init__(self, tracker: LocalTracker) -> None:
        self._tracker = tracker
        self._complained = False
        self.update_ticket = tracker.update_ticket
        self.ensure_comment = tracker.ensure_comment
        self.state = tracker.state

    def ensure_ticket(self, service: str, key: str, content: TicketContent) -> TicketRef:
        if not self._complained:
            self._complained = True
            raise Unreachable(f"502 with Authorization: Bearer {SECRET} about {HOSTILE}")
        return self._tracker.ensure_ticket(service, key, content)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running_collector:
        yield running_collector


class TracedIncident:
    """An incident whose gateway, client and workers are traced."""

    def __init__(self, incident: Incident, tracing: Tracing) -> None:
        self.incident = incident
        self.tracing = tracing
        service = ServiceSettings(
            name=SERVICE, repository=str(incident.repository), ingest_key=SecretStr(INGEST_KEY)
        )
        settings = incident.parts.settings.model_copy(
            update={"services": {SERVICE: service}, "gateway": GatewaySettings(port=0)}
        )
        parts = replace(
            incident.parts,
            settings=settings,
            tracker=ComplainingTracker(incident.parts.embedded.tracker),
        )
        incident.parts = Observer(Meters(), tracing).all_of(parts)

    async def arrive(self, headers: dict[str, str]) -> None:
        """Let the app's SDK report an event."""
        incident, settings = self.incident, self.incident.parts.settings
        await incident.connect(Connection(interceptors=(self.tracing.interceptor,)))
        app = create_gateway(gateway_parts(incident.client, incident.parts))
        app.add_middleware(TracedRequests, tracing=self.tracing)
        auth = {"X-Sentry-Auth": f"Sentry sentry_key={INGEST_KEY}, sentry_version=7"}
        async with running(app, settings.gateway) as url, httpx.AsyncClient(timeout=60.0) as http:
            answer = await http.post(f"{url}/api/1/store/", json=EVENT, headers=auth | headers)
        assert answer.status_code == 200, answer.text
        report = parse_report(json.dumps(EVENT), service=SERVICE, received_at=datetime.now(UTC))
        incident.key = arrival_of(report).key
        incident._find()


async def test_one_incident_is_one_trace_from_its_request_to_its_vendors(
    incident: Incident, collector: Collector
) -> None:
    with tracing_to(collector, headers={"api-key": "a-key"}) as tracing:
        traced = TracedIncident(incident, tracing)
        caller = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": f"v={SECRET}"}
        await traced.arrive(caller)
        async with incident.at_work():
            await incident.finish_fixed()
        histories = await histories_of(incident.client, incident.key.incident_id)
        for history in histories:
            assert await replayed(history, tracing.interceptor) is None

    spans = {span.name for span in collector.spans if span.trace_id.hex() == TRACE}
    assert spans >= {
        "POST /api/{project}/store/",
        "SignalWithStartWorkflow:incident",
        "RunWorkflow:incident",
        "RunActivity:open_ticket",
        "other.ensure_ticket",
        "RunWorkflow:repair",
        "RunActivity:try_candidates",
        "RunWorkflow:rollout",
        "CompleteWorkflow:incident",
    }
    request = collector.named("POST /api/{project}/store/")
    assert request.parent_span_id.hex() == CALLER
    assert collector.ancestors(collector.named("other.ensure_ticket")) == [
        "RunActivity:open_ticket",
        "StartActivity:open_ticket",
        "SignalWithStartWorkflow:incident",
        "POST /api/{project}/store/",
    ]
    failed = collector.named("other.ensure_ticket")
    assert attributes_of(failed)["error.type"] == "Unreachable"
    assert failed.status.message == ""
    received = b"".join(collector.bodies)
    for leak in (SECRET, HOSTILE, INGEST_KEY, "alert(1)"):
        assert leak.encode() not in received
    assert collector.headers[0]["api-key"] == "a-key"


@contextlib.asynccontextmanager
async def traced_gateway(tracing: Tracing) -> AsyncIterator[httpx.AsyncClient]:
    app = World().app()

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError(HOSTILE)

    app.add_middleware(TracedRequests, tracing=tracing)
    async with client_of(app) as client:
        yield client


async def test_requests_are_named_by_their_route_and_never_by_what_the_caller_says(
    collector: Collector,
) -> None:
    with tracing_to(collector, service_name="healer", resource={"team": "pay"}) as tracing:
        async with traced_gateway(tracing) as client:
            await client.get("/healthz")
            await client.request("BREW", f"/{SECRET}", headers={"traceparent": HOSTILE})
            assert (await client.get("/broken")).status_code == 500
    names = {span.name: attributes_of(span) for span in collector.spans}
    assert set(names) == {"_OTHER unmatched", "GET /broken"}
    assert names["_OTHER unmatched"]["http.response.status_code"] == "404"
    assert names["GET /broken"]["error.type"] == "500"
    received = b"".join(collector.bodies)
    assert SECRET.encode() not in received
    assert HOSTILE.encode() not in received
    request = collector.requests[0]
    resource = {
        one.key: one.value.string_value for one in request.resource_spans[0].resource.attributes
    }
    assert resource["service.name"] == "healer"
    assert resource["team"] == "pay"
    assert resource["service.version"]


def test_a_failed_call_says_its_kind_and_nothing_else(collector: Collector) -> None:
    with tracing_to(collector) as tracing, pytest.raises(Unreachable), tracing.request({}):
        raise Unreachable(SECRET)
    [span] = collector.spans
    assert attributes_of(span) == {"error.type": "Unreachable"}
    assert not span.events


def test_of_new_traces_the_set_share_is_kept_and_of_others_what_their_caller_decided(
    collector: Collector,
) -> None:
    with tracing_to(collector, sample_ratio=0.0) as tracing:
        with tracing.request({}):
            pass
        with tracing.request({"traceparent": f"00-{TRACE}-{CALLER}-01"}):
            pass
    assert [span.trace_id.hex() for span in collector.spans] == [TRACE]


def test_traces_go_where_the_standard_variable_says(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    assert open_tracing(Settings()) is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.endpoint)
    tracing = open_tracing(Settings())
    assert tracing is not None
    with tracing.call("tracker", "jira", "ensure_ticket"):
        pass
    tracing.close()
    assert attributes_of(collector.named("jira.ensure_ticket")) == {
        "suture.port": "tracker",
        "suture.vendor": "jira",
    }


def test_a_vendor_is_called_as_its_folder(incident: Incident) -> None:
    assert vendor_of(incident.parts.embedded.tracker) == "local"
    assert vendor_of(object()) == "other"
