"""The whole API held to what it documents, by schemathesis: as a stranger and as who may send.

https://schemathesis.readthedocs.io/
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue
from schemathesis import Case as GeneratedCase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err, Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.cli.stack import complete_app
from benchmarks.envelopes import AUTH, SERVICES
from integrations.webhooks import WEBHOOKS
from suture.settings import Settings, TemporalSettings, WebhookSettings
from tests.builders.temporal import temporal_address
from tests.gateway.harness import client_of, gateway_settings
from tests.gateway.harness import signed as signed_for_gateway
from tests.slack import pressing
from tests.vendors.proofs import PROOFS
from tests.vendors.samples import SAMPLES
from workers.connecting import connect
from workers.parts import build_parts

EXAMPLES = 12
"""Of each operation, of each kind."""
GATEWAY = "http://gateway"
ENVELOPES = "application/x-sentry-envelope"
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
schemathesis.serializer.alias(ENVELOPES, "text/plain")
Operation = APIOperation[Any, Any, Any, Any]
Case = GeneratedCase[Any]


class Api:
    """All that one machine serves to programs, with every vendor configured; and a caller."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner
        self._schema = schemathesis.openapi.from_dict(app.openapi())

    def operations(self) -> list[Operation]:
        """Return everything that is documented."""
        every = list(self._schema.get_all_operations())
        assert [found.err() for found in every if isinstance(found, Err)] == []
        return [found.ok() for found in every if isinstance(found, Ok)]

    def call(self, case: Case, *, knows_secrets: bool) -> httpx.Response:
        """Send what was generated, with a right proof of identity or without one."""
        wanted = case.as_transport_kwargs(base_url=GATEWAY)
        wanted.pop("cert", None)
        sent = requests.Request(**wanted).prepare()
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
        assert isinstance(body, bytes)
        assert sent.method
        assert sent.url
        proof = _proof(case, body) if knows_secrets else {}
        headers = {**{name: str(value) for name, value in sent.headers.items()}, **proof}
        request = self._client.request(sent.method, sent.url, content=body, headers=headers)
        return self._runner.run(request)


def _proof(case: Case, body: bytes) -> Mapping[str, str]:
    path, now = case.operation.path, datetime.now(UTC)
    if path.startswith("/slack/"):
        return pressing.signed(body, at=int(now.timestamp()))
    if path.startswith("/api/"):
        return AUTH
    if path.endswith("{vendor}"):
        webhook = WEBHOOKS.get(str(case.path_parameters.get("vendor")))
        return PROOFS[webhook.source][0].of(body, now) if webhook else {}
    return signed_for_gateway(body, at=now)


def _settings(directory: Path, address: str) -> Settings:
    webhooks = {
        name: {"secrets": [PROOFS[webhook.source][0].secret]} for name, webhook in WEBHOOKS.items()
    }
    return pressing.settings().model_copy(
        update={
            "state_dir": directory,
            "temporal": TemporalSettings(address=address),
            "gateway": gateway_settings(),
            "services": SERVICES,
            "webhooks": {
                name: WebhookSettings.model_validate(one) for name, one in webhooks.items()
            },
        }
    )


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Serve it over a Temporal that nobody works for: what it acknowledges, Temporal has."""
    with temporal_address() as address, asyncio.Runner() as runner:
        settings = _settings(tmp_path_factory.mktemp("api"), address)
        with closing(build_parts(settings)) as parts:
            app = complete_app(runner.run(connect(settings.temporal)), parts)
            stack = AsyncExitStack()
            client = runner.run(stack.enter_async_context(client_of(app)))
            try:
                yield Api(app, client, runner)
            finally:
                runner.run(stack.aclose())


@pytest.mark.parametrize("who", ["a stranger", "the vendor"])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_one_that_is_documented(api: Api, mode: GenerationMode, who: str) -> None:
    for operation in api.operations():
        takes_something = bool(operation.body) or any(operation.iter_parameters())
        if mode is GenerationMode.NEGATIVE and not takes_something:
            continue
        _try(api, operation, mode, knows_secrets=who == "the vendor")


def _try(api: Api, operation: Operation, mode: GenerationMode, *, knows_secrets: bool) -> None:
    quick = settings(
        max_examples=EXAMPLES,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @quick
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def attempt(case: Case, data: st.DataObject) -> None:
        checks = [*CHECKS, negative_data_rejection]
        if operation.path.endswith("/envelope/"):
            # A string says nothing of what an envelope is, nor what is wrong with one.
            checks = list(CHECKS)
        if data.draw(st.booleans(), label="what is configured"):
            _lead_somewhere(case, data)
            # What was wrong with it may be gone.
            checks = list(CHECKS)
        case.validate_response(api.call(case, knows_secrets=knows_secrets), checks=checks)

    attempt()


def _lead_somewhere(case: Case, data: st.DataObject) -> None:
    """Name a project, vendor or service that there is."""
    if "project" in case.path_parameters:
        case.path_parameters["project"] = "7"
    if "vendor" in case.path_parameters:
        vendor = data.draw(st.sampled_from(sorted(WEBHOOKS)))
        sample = data.draw(st.sampled_from(SAMPLES[WEBHOOKS[vendor].source]))
        case.path_parameters["vendor"] = vendor
        case.headers.update(sample.headers)
        if data.draw(st.booleans(), label="a sample"):
            case.body = dict(sample.payload)
    if "service" in case.query:
        case.query["service"] = "shop"


def test_whoever_proves_enough_gets_in(api: Api) -> None:
    """The proofs that the tests above use are right, so that they get behind the door."""
    bodies: dict[str, JsonValue] = {"/deployments": {"service": "shop", "commit": "a" * 40}}
    statuses = {}
    for operation in api.operations():
        case = operation.Case(path_parameters={"project": "7", "vendor": "alertmanager"})
        case.query["service"] = "shop"
        if operation.body:
            case.media_type = operation.get_request_payload_content_types()[0]
            case.body = bodies.get(operation.path, {"title": "It is broken"})
        statuses[operation.label] = api.call(case, knows_secrets=True).status_code
    assert 401 not in statuses.values(), statuses
    assert statuses["POST /webhooks/generic"] == statuses["POST /deployments"] == 200
