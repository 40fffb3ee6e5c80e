import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from benchmarks.envelopes import AUTH, KEY, OTHER_KEY, envelope, event, event_envelope, item
from suture.domain.alert import Alert
from suture.errors import Unreachable
from tests.gateway.harness import World, client_of

PATH = "/api/7/envelope/"
FIELDS = [
    *("event_id", "timestamp", "exception", "values", "stacktrace", "frames", "vars", "type"),
    *("value", "level", "message", "logentry", "tags", "request", "lineno", "filename"),
    *("breadcrumbs", "release", "entries", "contexts"),
]
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: bytes(brotli.compress(body, quality=4)),
    "identity": bytes,
}


@pytest.fixture
async def world() -> World:
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(world.app(max_decompressed_bytes=1 << 20)) as client:
        yield client


@pytest.mark.parametrize("encoding", ENCODERS)
async def test_an_event_becomes_an_alert(
    world: World, client: httpx.AsyncClient, encoding: str
) -> None:
    body = ENCODERS[encoding](event_envelope(5))
    answer = await client.post(PATH, content=body, headers={**AUTH, "Content-Encoding": encoding})
    assert (answer.status_code, answer.json()) == (200, {"id": f"{5:032x}"})
    [(key, batch)] = world.starter.batches
    alert = Alert.model_validate_json(world.artifacts.get(batch.notices[0].event))
    assert (alert.alert_id, alert.service, key.service) == (f"{5:032x}", "shop", "shop")
    assert alert.exceptions[-1].type == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("headers", "query", "dsn"),
    [
        (AUTH, "", None),
        ({"Authorization": AUTH["X-Sentry-Auth"]}, "", None),
        ({}, f"?sentry_key={KEY}&sentry_version=7", None),
        ({}, "", f"http://{KEY}@host/7"),
    ],
)
async def test_the_key_may_be_in_header_query_or_envelope(
    client: httpx.AsyncClient, headers: dict[str, str], query: str, dsn: str | None
) -> None:
    fields = {"dsn": dsn} if dsn else {}
    body = envelope(item("event", json.dumps(event()).encode()), **fields)
    answer = await client.post(PATH + query, content=body, headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("path", "headers", "dsn", "expected"),
    [
        (PATH, {}, None, 401),
        (PATH, {}, "http://host/7", 401),
        (PATH, {}, "http://wrong@host/7", 403),
        (PATH + "?sentry_key=wrong", {}, None, 403),
        (PATH + f"?sentry_key={OTHER_KEY}", {}, None, 403),
        ("/api/8/envelope/", AUTH, None, 403),
        ("/api/99/envelope/", AUTH, None, 403),
        (PATH, {"X-Sentry-Auth": "Sentry sentry_key=wrong"}, None, 403),
        (PATH, {"X-Sentry-Auth": "nonsense"}, None, 403),
        (PATH, {"X-Sentry-Auth": "nonsense"}, f"http://{KEY}@host/7", 403),
    ],
)
async def test_a_wrong_or_missing_key_starts_nothing(
    path: str, headers: dict[str, str], dsn: str | None, expected: int
) -> None:
    world = World()
    fields = {"dsn": dsn} if dsn else {}
    body = envelope(item("event", json.dumps(event()).encode()), **fields)
    async with client_of(world.app()) as client:
        answer = await client.post(path, content=body, headers=headers)
    assert answer.status_code == expected
    assert set(answer.json()) == {"error", "reason"}
    assert world.untouched


async def test_other_items_are_accepted_and_counted_but_not_kept(
    world: World, client: httpx.AsyncClient
) -> None:
    kinds = ("transaction", "session", "log", "made_up_by_a_sender")
    body = envelope(*[item(kind, b"{}") for kind in kinds])
    answer = await client.post(PATH, content=body, headers=AUTH)
    assert (answer.status_code, answer.json()) == (200, {})
    assert world.untouched
    metrics = (await client.get("/metrics")).text
    assert 'suture_gateway_envelope_items_total{type="transaction"} 1.0' in metrics
    assert 'suture_gateway_envelope_items_total{type="other"} 1.0' in metrics
    assert "made_up_by_a_sender" not in metrics


async def test_all_events_of_an_envelope_are_committed(
    world: World, client: httpx.AsyncClient
) -> None:
    events = [item("event", json.dumps(event(number)).encode()) for number in (1, 2, 3)]
    answer = await client.post(PATH, content=envelope(*events), headers=AUTH)
    assert answer.json() == {"id": f"{1:032x}"}
    assert sum(world.starter.alerts.values()) == 3


async def test_one_broken_event_refuses_the_whole_envelope(
    world: World, client: httpx.AsyncClient
) -> None:
    good = item("event", json.dumps(event()).encode())
    answer = await client.post(PATH, content=envelope(good, item("event", b"[")), headers=AUTH)
    assert answer.status_code == 400
    assert world.untouched


async def test_the_store_endpoint_takes_a_single_event(
    world: World, client: httpx.AsyncClient
) -> None:
    body = gzip.compress(json.dumps(event(9)).encode())
    answer = await client.post(
        f"/api/7/store/?sentry_key={KEY}", content=body, headers={"Content-Encoding": "gzip"}
    )
    assert (answer.status_code, answer.json()) == (200, {"id": f"{9:032x}"})
    assert sum(world.starter.alerts.values()) == 1


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (b"", "", (400, "malformed")),
        (b"\x00\x01\x02", "", (400, "malformed")),
        (b"not gzip", "gzip", (400, "malformed")),
        (gzip.compress(event_envelope())[:-9], "gzip", (400, "malformed")),
        (event_envelope()[:-30], "", (400, "malformed")),
        (envelope(item("event", b"[" * 5_000)), "", (400, "malformed")),
        (envelope(item("event", b'{"a": 1e999}')), "", (400, "malformed")),
        (event_envelope(), "zstd", (415, "unsupported_encoding")),
        (event_envelope(), "gzip, br", (415, "unsupported_encoding")),
        (b"x" * (3 << 20), "", (413, "too_large")),
        (gzip.compress(bytes(2 << 20)), "gzip", (413, "too_large")),
        (zlib.compress(bytes(2 << 20)), "deflate", (413, "too_large")),
        (brotli.compress(bytes(2 << 20), quality=1), "br", (413, "too_large")),
    ],
)
async def test_malformed_oversized_and_bomb_bodies_start_nothing(
    world: World,
    client: httpx.AsyncClient,
    body: bytes,
    encoding: str,
    expected: tuple[int, str],
) -> None:
    headers = {**AUTH, "Content-Encoding": encoding}
    answer = await client.post(PATH, content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == expected
    assert answer.json()["reason"]
    assert world.untouched
    assert (await client.post(PATH, content=event_envelope(), headers=AUTH)).status_code == 200


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(FIELDS),
                inner,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_as_an_event_is_answered_without_a_crash(payload: object) -> None:
    async def post() -> int:
        async with client_of(World().app()) as client:
            body = envelope(item("event", json.dumps(payload).encode()))
            answer = await client.post(PATH, content=body, headers=AUTH)
            return answer.status_code

    assert asyncio.run(post()) in {200, 400, 422}


async def test_a_rate_limit_says_when_to_come_back(world: World) -> None:
    async with client_of(world.app(rate_per_second=0.001, rate_burst=2)) as client:
        for number in (1, 2):
            body = event_envelope(number)
            assert (await client.post(PATH, content=body, headers=AUTH)).status_code == 200
        answer = await client.post(PATH, content=event_envelope(3), headers=AUTH)
        other = await client.post(
            f"/api/8/envelope/?sentry_key={OTHER_KEY}", content=event_envelope(4)
        )
    assert (answer.status_code, answer.json()["error"]) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["X-Sentry-Rate-Limits"].endswith("::key:rate_limited")
    assert other.status_code == 200
    assert sum(world.starter.alerts.values()) == 3


async def test_a_key_inside_the_envelope_is_rate_limited_as_well(world: World) -> None:
    body = envelope(item("log", b"{}"), dsn=f"http://{KEY}@host/7")
    async with client_of(world.app(rate_per_second=0.001, rate_burst=1)) as client:
        assert (await client.post(PATH, content=body)).status_code == 200
        assert (await client.post(PATH, content=body)).status_code == 429


async def test_back_pressure_refuses_newcomers_and_keeps_who_waits(world: World) -> None:
    async with client_of(world.app(max_waiting=1)) as client:
        world.starter.open.clear()
        first = asyncio.create_task(client.post(PATH, content=event_envelope(1), headers=AUTH))
        await world.starter.entered.wait()
        answer = await client.post(PATH, content=event_envelope(2), headers=AUTH)
        world.starter.open.set()
        assert (await first).status_code == 200
    assert (answer.status_code, answer.json()["error"]) == (429, "overloaded")
    assert "Retry-After" in answer.headers
    assert "X-Sentry-Rate-Limits" in answer.headers


async def test_a_failing_commit_answers_503_and_a_retry_counts_once(world: World) -> None:
    async with client_of(world.app()) as client:
        world.starter.failures.append(Unreachable("Temporal does not answer."))
        failed = await client.post(PATH, content=event_envelope(), headers=AUTH)
        retried = await client.post(PATH, content=event_envelope(), headers=AUTH)
    assert (failed.status_code, failed.json()["error"]) == (503, "unavailable")
    assert "Retry-After" in failed.headers
    assert retried.status_code == 200
    assert sum(world.starter.alerts.values()) == 1


async def test_spotlight_needs_no_key_and_goes_by_the_project(world: World) -> None:
    async with client_of(world.app(spotlight=True)) as client:
        bare = await client.post("/api/8/envelope/", content=event_envelope(1))
        foreign = envelope(
            item("event", json.dumps(event(2)).encode()), dsn="https://other@sentry.example/42"
        )
        copied = await client.post("/api/8/envelope/", content=foreign)
        wrong = await client.post("/api/8/envelope/?sentry_key=wrong", content=event_envelope(3))
        unknown = await client.post("/api/99/envelope/", content=event_envelope(4))
    assert [bare.status_code, copied.status_code] == [200, 200]
    assert [wrong.status_code, unknown.status_code] == [403, 403]
    assert {key.service for key, _ in world.starter.batches} == {"till"}
