"""What holds of everybody who tells news, whatever is sent to them."""

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.webhooks import NEWS, WEBHOOKS
from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from tests.vendors.deliveries import delivery
from tests.vendors.samples import SAMPLES
from tests.vendors.test_every_webhook import JSON, paths_of, replaced


def test_whoever_tells_news_has_a_webhook() -> None:
    assert NEWS.keys() <= WEBHOOKS.keys()


@settings(max_examples=60)
@given(data=st.data())
def test_a_sample_with_anything_wrong_in_it_is_refused_or_heard(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(NEWS)))
    sample = data.draw(st.sampled_from(SAMPLES[WEBHOOKS[name].source]))
    way = data.draw(st.sampled_from(paths_of(dict(sample.payload))[1:]))
    payload = replaced(dict(sample.payload), way, data.draw(JSON))
    body = json.dumps(payload).encode()
    with contextlib.suppress(InvalidInput):
        NEWS[name].read_news(parse_object(body), delivery(body, sample.headers))


@settings(max_examples=60)
@given(payload=st.dictionaries(st.text(max_size=8), JSON, max_size=4), data=st.data())
def test_any_object_is_refused_or_heard(payload: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(NEWS)))
    body = json.dumps(payload).encode()
    with contextlib.suppress(InvalidInput):
        NEWS[name].read_news(parse_object(body), delivery(body))
