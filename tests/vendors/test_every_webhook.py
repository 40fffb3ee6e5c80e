"""What holds of every vendor's webhook, whatever is sent to it."""

import contextlib
import json
from copy import deepcopy
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from benchmarks.envelopes import NOW
from integrations.inbound import Webhook
from integrations.webhooks import WEBHOOKS
from suture.domain.alert import AlertSource
from suture.errors import InvalidInput, NotAuthorised
from suture.hostile_json import parse_object
from suture.traces.vendor import alert_of
from tests.vendors.deliveries import SECRET, delivery
from tests.vendors.samples import SAMPLES

Step = str | int

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
HEADERS = (
    "Authorization",
    "X-Hub-Signature-256",
    "X-PagerDuty-Signature",
    "Sentry-Hook-Signature",
    "X-Grafana-Alerting-Signature",
    "X-Gitlab-Token",
    "webhook-signature",
    "circleci-signature",
    "X-Hub-Signature",
    "Linear-Signature",
)


@pytest.fixture(params=sorted(WEBHOOKS))
def webhook(request: pytest.FixtureRequest) -> Webhook:
    return WEBHOOKS[request.param]


def paths_of(value: JsonValue, path: tuple[Step, ...] = ()) -> list[tuple[Step, ...]]:
    """Return the way to everything inside."""
    inner: list[tuple[Step, JsonValue]] = []
    if isinstance(value, dict):
        inner.extend(value.items())
    elif isinstance(value, list):
        inner.extend(enumerate(value))
    return [path, *(way for key, one in inner for way in paths_of(one, (*path, key)))]


def replaced(value: JsonValue, path: tuple[Step, ...], by: JsonValue) -> JsonValue:
    """Return the value with something else at the end of the way."""
    if not path:
        return by
    copy: Any = deepcopy(value)
    place = copy
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = by
    return cast("JsonValue", copy)


def test_its_name_is_its_source(webhook: Webhook) -> None:
    assert WEBHOOKS[AlertSource(webhook.source).value] is webhook


def test_whoever_proves_nothing_is_refused(webhook: Webhook) -> None:
    for value in ("", "x", "v1=", "sha256=", "Bearer ", "Basic !!!", "v1," * 50, "\u00e9" * 9):
        headers = dict.fromkeys(HEADERS, value)
        with pytest.raises(NotAuthorised):
            webhook.authenticate(delivery(b"{}", headers), (SECRET,))
    with pytest.raises(NotAuthorised):
        webhook.authenticate(delivery(b"{}"), (SECRET,))


def test_every_vendor_has_samples(webhook: Webhook) -> None:
    assert SAMPLES[webhook.source], "add the vendor's documented payloads to samples.py"


def test_samples_are_read_and_can_be_told(webhook: Webhook) -> None:
    for sample in SAMPLES[webhook.source]:
        body = json.dumps(sample.payload).encode()
        for told in webhook.read(parse_object(body), delivery(body, sample.headers)):
            alert = alert_of(told, service="shop", environment="live", received_at=NOW)
            assert alert.title
            assert alert.group
            assert alert.alert_id


@settings(max_examples=60)
@given(data=st.data())
def test_a_sample_with_anything_wrong_in_it_is_refused_or_read(data: st.DataObject) -> None:
    webhook = WEBHOOKS[data.draw(st.sampled_from(sorted(WEBHOOKS)))]
    sample = data.draw(st.sampled_from(SAMPLES[webhook.source]))
    way = data.draw(st.sampled_from(paths_of(dict(sample.payload))[1:]))
    payload = replaced(dict(sample.payload), way, data.draw(JSON))
    body = json.dumps(payload).encode()
    with contextlib.suppress(InvalidInput):
        for told in webhook.read(parse_object(body), delivery(body, sample.headers)):
            alert_of(told, service="shop", environment="live", received_at=NOW)


@settings(max_examples=60)
@given(payload=st.dictionaries(st.text(max_size=8), JSON, max_size=4), data=st.data())
def test_any_object_is_refused_or_read(payload: dict[str, Any], data: st.DataObject) -> None:
    webhook = WEBHOOKS[data.draw(st.sampled_from(sorted(WEBHOOKS)))]
    body = json.dumps(payload).encode()
    with contextlib.suppress(InvalidInput):
        webhook.read(parse_object(body), delivery(body))
