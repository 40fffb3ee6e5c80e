"""Whatever a vendor answers, a metric is a count, missing, or one of the core's errors."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.datadog.queries import DatadogQueries
from integrations.prometheus.queries import PrometheusQueries
from integrations.sentry.client import SentryClient
from integrations.sentry.metrics import SentryReleaseHealth
from suture.domain.service import Service
from suture.errors import SutureError
from suture.ports.metrics import MetricsQuery
from tests.fakes.vendor_server import Fixed, Said, serving
from tests.metrics import test_sentry
from tests.metrics.test_datadog import settings_for as datadog_settings
from tests.prometheus import test_queries

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = Service(name="shop", repository="acme/shop")
WINDOW = MetricsQuery(service=SHOP, since=NOON - timedelta(minutes=10), until=NOON)

NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([10**400, -(10**400), 0, -1, 1 << 60]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["NaN", "+Inf", "1e999", "7", "", "x"]),
    st.booleans(),
    st.none(),
)
TIMES = st.sampled_from(
    [
        "2026-03-01T11:51:00Z",
        "2026-03-01T11:52:00Z",
        "2026-03-01T11:51:00",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "later",
        "",
    ]
)
ANYTHING = st.recursive(
    st.one_of(NUMBERS, TIMES, st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


def either(shape: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(shape, ANYTHING)


PAIRS = either(st.lists(either(st.tuples(NUMBERS, NUMBERS).map(list)), max_size=3))
SERIES = st.fixed_dictionaries({"value": PAIRS, "values": PAIRS})
PROMETHEUS = st.fixed_dictionaries(
    {
        "data": either(
            st.fixed_dictionaries(
                {
                    "resultType": either(st.sampled_from(["vector", "scalar", "matrix"])),
                    "result": either(st.lists(either(SERIES), max_size=3)),
                }
            )
        ),
        "warnings": either(st.just([])),
    }
)
DATADOG = st.fixed_dictionaries(
    {
        "status": either(st.just("ok")),
        "series": either(
            st.lists(
                either(st.fixed_dictionaries({"interval": NUMBERS, "pointlist": PAIRS})),
                max_size=3,
            )
        ),
    }
)
GROUPS = st.fixed_dictionaries(
    {
        "by": either(st.fixed_dictionaries({"session.status": either(st.just("crashed"))})),
        "series": either(
            st.fixed_dictionaries({"sum(session)": either(st.lists(NUMBERS, max_size=3))})
        ),
    }
)
SESSIONS = st.fixed_dictionaries(
    {
        "intervals": either(st.lists(either(TIMES), max_size=3)),
        "groups": either(st.lists(either(GROUPS), max_size=3)),
    }
)
EVENTS = st.fixed_dictionaries(
    {"data": either(st.lists(either(st.fixed_dictionaries({"count()": NUMBERS})), max_size=2))}
)
CAUSES = st.fixed_dictionaries({"id": NUMBERS, "description": ANYTHING, "more": ANYTHING})
AUTOFIX = st.fixed_dictionaries(
    {
        "autofix": either(
            st.fixed_dictionaries(
                {
                    "steps": either(
                        st.lists(
                            st.fixed_dictionaries(
                                {
                                    "type": st.just("root_cause_analysis"),
                                    "causes": either(st.lists(either(CAUSES), max_size=2)),
                                    "selection": ANYTHING,
                                }
                            ),
                            max_size=2,
                        )
                    )
                }
            )
        )
    }
)
FUZZED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def server() -> Iterator[Fixed]:
    server = Fixed(Said(body=None))
    with serving(server):
        yield server


def asked(server: Fixed, body: object, ask: Callable[[], object]) -> object:
    """Ask, and return what was understood; None for an error of the core's."""
    json.dumps(body)
    server.said = Said(body=body)
    try:
        return ask()
    except SutureError:
        return None


@pytest.mark.parametrize("per_second", [False, True])
@FUZZED
@given(body=either(PROMETHEUS))
def test_prometheus(server: Fixed, body: object, per_second: bool) -> None:  # noqa: FBT001 -- hypothesis names it
    more: dict[str, Any] = test_queries.RATES if per_second else {}
    metrics = PrometheusQueries(test_queries.settings_for(server, **more))
    asked(server, body, lambda: metrics.read(WINDOW))


@FUZZED
@given(body=either(DATADOG))
def test_datadog(server: Fixed, body: object) -> None:
    metrics = DatadogQueries(datadog_settings(server))
    asked(server, body, lambda: metrics.read(WINDOW))


@FUZZED
@given(body=either(SESSIONS))
def test_sessions(server: Fixed, body: object) -> None:
    metrics = SentryReleaseHealth(test_sentry.settings_for(server))
    asked(server, body, lambda: metrics.read(WINDOW))


@FUZZED
@given(body=st.one_of(EVENTS, AUTOFIX, ANYTHING))
def test_the_rest_of_sentry(server: Fixed, body: object) -> None:
    client = SentryClient(test_sentry.settings_for(server))
    count = asked(server, body, lambda: client.count_events({}, WINDOW.since, NOON))
    assert count is None or (isinstance(count, int) and count >= 0)
    asked(server, body, lambda: client.root_cause("7"))
    asked(server, body, lambda: list(client.issues("", WINDOW.since, NOON)))
