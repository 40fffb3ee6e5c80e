"""Every way in which a vendor's API can fail becomes one of the core's errors."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from integrations.json_api import JsonApi, Vendor
from suture.errors import (
    NotAuthorised,
    NotFound,
    PermanentError,
    RateLimited,
    SutureError,
    Unreachable,
)
from tests.fakes.vendor_server import Fault, Fixed, Said, VendorServer, serving

TOKEN = "token-that-nobody-may-repeat"
DATE = "Sun, 01 Mar 2026 12:00:00 GMT"


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with serving(Fixed(Said(body={"fine": True}, headers={"Date": DATE}))) as server:
        yield server


def vendor_at(url: str) -> Vendor:
    return Vendor(
        name="The vendor",
        url=url,
        headers={"authorization": f"Bearer {TOKEN}"},
        secrets=(TOKEN,),
        timeout_seconds=60.0,
        reset_header="x-ratelimit-reset",
    )


def failure_of(server: VendorServer, fault: Fault) -> SutureError:
    server.faults = [fault]
    with pytest.raises(SutureError) as raised:
        JsonApi(vendor_at(server.url)).get("/things")
    assert len(server.requests) == 1
    assert TOKEN not in str(raised.value)
    return raised.value


def test_an_answer_is_json_with_the_vendor_s_own_time(server: VendorServer) -> None:
    answer = JsonApi(vendor_at(server.url + "/")).get("/things", {"name": ["a", "b"], "n": 1})
    assert answer.body == {"fine": True}
    # The library adds a date of its own before ours.
    assert answer.at() is not None
    [request] = server.requests
    assert request.path == "/things"
    assert request.query == {"name": ["a", "b"], "n": ["1"]}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=500), Unreachable),
        (Fault(status=503), Unreachable),
        (Fault(status=408), Unreachable),
        (Fault(reset=True), Unreachable),
        (Fault(cut=5), Unreachable),
        (Fault(body=b'{"half": '), Unreachable),
        (Fault(headers={"Content-Encoding": "gzip"}), Unreachable),
        (Fault(status=401), NotAuthorised),
        (Fault(status=403), NotAuthorised),
        (Fault(status=404), NotFound),
        (Fault(status=400), PermanentError),
        (Fault(status=302, headers={"Location": "https://elsewhere.invalid"}), PermanentError),
        (Fault(status=429), RateLimited),
    ],
    ids=repr,
)
def test_a_failure_says_whether_it_may_pass(
    server: VendorServer, fault: Fault, kind: type[SutureError]
) -> None:
    assert type(failure_of(server, fault)) is kind


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"Retry-After": "17"}, 17.0),
        ({"X-RateLimit-Reset": "41"}, 41.0),
        ({"Retry-After": "0.2"}, 1.0),
        ({"Retry-After": "99999"}, 3_600.0),
        ({"Retry-After": "nan"}, 30.0),
        ({"Retry-After": "-5"}, 30.0),
        ({"Retry-After": "soon"}, 30.0),
        ({"Retry-After": "Sun, 01 Mar 2020 12:00:00 GMT"}, 30.0),
        ({}, 30.0),
    ],
)
def test_patience_is_what_the_vendor_asks_for_within_bounds(
    server: VendorServer, told: dict[str, str], seconds: float
) -> None:
    failure = failure_of(server, Fault(status=429, headers=told))
    assert failure.retry_after_seconds == seconds


def test_a_limit_may_be_told_as_the_moment_when_it_ends(server: VendorServer) -> None:
    moment = datetime.now(UTC).timestamp() + 600
    told = {"X-RateLimit-Reset": str(int(moment))}
    waits = failure_of(server, Fault(status=429, headers=told)).retry_after_seconds
    assert waits is not None
    assert 500 < waits <= 600


def test_an_outage_may_say_how_long_it_lasts(server: VendorServer) -> None:
    failure = failure_of(server, Fault(status=503, headers={"Retry-After": "9"}))
    assert failure.retry_after_seconds == 9.0


def test_a_refusal_repeats_no_credential(server: VendorServer) -> None:
    body = f'{{"detail": "Invalid token {TOKEN}"}}'.encode()
    failure = failure_of(server, Fault(status=401, body=body))
    assert "Invalid token" in str(failure)
    assert TOKEN not in repr(vendor_at(server.url))


def test_a_secret_is_known_wherever_the_message_is_cut(server: VendorServer) -> None:
    for filling in range(1_150, 1_201, 10):
        body = b" " * filling + TOKEN.encode()
        failure = failure_of(server, Fault(status=401, body=body))
        assert TOKEN[:8] not in str(failure)
        server.requests.clear()


def test_silence_is_not_waited_for(server: VendorServer) -> None:
    server.faults = [Fault(silent=True)]
    hurried = replace(vendor_at(server.url), timeout_seconds=0.05)
    with pytest.raises(Unreachable, match="too long"):
        JsonApi(hurried).get("/things")


def test_a_trickle_is_not_waited_for_either(server: VendorServer) -> None:
    late = replace(vendor_at(server.url), timeout_seconds=60.0)
    api = JsonApi(late)
    assert api.get("/things").body == {"fine": True}
    with pytest.raises(Unreachable):
        JsonApi(replace(late, timeout_seconds=1e-6)).get("/things")


def test_a_flood_is_cut_off(server: VendorServer) -> None:
    with pytest.raises(PermanentError, match="more than 3 bytes"):
        JsonApi(vendor_at(server.url), max_bytes=3).get("/things")


def test_nobody_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        JsonApi(vendor_at("http://127.0.0.1:1")).get("/things")


def test_an_address_that_is_none_cannot_be_tried_again() -> None:
    with pytest.raises(PermanentError, match="cannot be understood"):
        JsonApi(vendor_at("http://vendor:port")).get("/things")
