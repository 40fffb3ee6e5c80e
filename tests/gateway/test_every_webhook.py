"""No vendor's webhook takes what its vendor did not send, whatever is wrong with it.

A vendor that is registered is held to all of this, by its samples and its proofs.
"""

import gzip
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from benchmarks.envelopes import NOW
from integrations.webhooks import WEBHOOKS
from suture.domain.inbound import Transition
from suture.hostile_json import parse_object
from suture.settings import WebhookSettings
from tests.gateway.harness import World, client_of
from tests.vendors.deliveries import delivery
from tests.vendors.proofs import PROOFS, Proof
from tests.vendors.sample import Sample
from tests.vendors.samples import SAMPLES

WAYS = [
    (name, proof) for name, webhook in WEBHOOKS.items() for proof in PROOFS.get(webhook.source, ())
]
SIGNED = [(name, proof) for name, proof in WAYS if proof.covers_body]
signed_ways = pytest.mark.parametrize(
    "way", SIGNED, indirect=True, ids=[f"{name} {proof.name}" for name, proof in SIGNED]
)


def raising(vendor: str) -> Sample:
    """Return a documented delivery that raises an alert."""
    webhook = WEBHOOKS[vendor]
    for sample in SAMPLES[webhook.source]:
        body = json.dumps(sample.payload).encode()
        told = webhook.read(parse_object(body), delivery(body, sample.headers))
        if any(one.transition is Transition.RAISED for one in told):
            return sample
    raise AssertionError(f"no sample of {vendor}'s raises an alert")


class Sender:
    """Somebody who sends deliveries to a gateway that knows the vendor's secret."""

    def __init__(self, vendor: str, world: World, client: httpx.AsyncClient) -> None:
        self.vendor = vendor
        self.world = world
        self.client = client
        self.sample = raising(vendor)
        self.body = json.dumps(self.sample.payload).encode()

    async def send(self, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send one to the service `shop`."""
        return await self.client.post(
            f"/webhooks/{self.vendor}",
            params={"service": "shop"},
            content=body,
            headers={**self.sample.headers, **headers},
        )

    async def is_refused(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether it is not taken, and leaves nothing behind."""
        answer = await self.send(body, headers)
        assert 400 <= answer.status_code < 500, answer.text
        return self.world.untouched and answer.status_code == 401


@pytest.fixture(params=WAYS, ids=[f"{name} {proof.name}" for name, proof in WAYS])
def way(request: pytest.FixtureRequest) -> tuple[str, Proof]:
    found: tuple[str, Proof] = request.param
    return found


@pytest.fixture
def proof(way: tuple[str, Proof]) -> Proof:
    return way[1]


@pytest.fixture
async def sender(way: tuple[str, Proof]) -> AsyncIterator[Sender]:
    vendor, proof = way
    secrets = (SecretStr(proof.secret), SecretStr("an-older-secret"))
    world = World(webhooks={vendor: WebhookSettings(secrets=secrets)})
    async with client_of(world.app()) as client:
        yield Sender(vendor, world, client)


def test_every_registered_vendor_is_held_to_this() -> None:
    missing = [name for name in WEBHOOKS if not PROOFS.get(WEBHOOKS[name].source)]
    assert missing == [], "say in tests/vendors/proofs.py how they prove who they are"


async def test_what_the_vendor_sends_is_taken(sender: Sender, proof: Proof) -> None:
    answer = await sender.send(sender.body, proof.of(sender.body, NOW))
    assert answer.status_code == 200, answer.text
    assert answer.json()["raised"] >= 1


async def test_a_wrong_secret_is_refused(sender: Sender, proof: Proof) -> None:
    assert await sender.is_refused(sender.body, proof.of(sender.body, NOW, proof.another))


async def test_a_forged_proof_is_refused(sender: Sender, proof: Proof) -> None:
    right = proof.of(sender.body, NOW)
    for name, value in right.items():
        flipped = value[:-1] + ("0" if value[-1] != "0" else "1")
        for forged in ("", flipped, value[:-1], value + "x", value[::-1]):
            assert await sender.is_refused(sender.body, {**right, name: forged}), (name, forged)
    assert await sender.is_refused(sender.body, {})


async def test_a_truncated_delivery_is_refused(sender: Sender, proof: Proof) -> None:
    headers = proof.of(sender.body, NOW)
    for body in (b"", sender.body[:-1], sender.body[: len(sender.body) // 2]):
        answer = await sender.send(body, headers)
        assert answer.status_code == 401 if proof.covers_body else answer.status_code in {400, 422}
        assert sender.world.untouched


@signed_ways
async def test_a_delivery_that_was_encoded_again_is_refused(sender: Sender, proof: Proof) -> None:
    headers = proof.of(sender.body, NOW)
    packed = gzip.compress(sender.body)
    assert await sender.is_refused(packed, {**headers, "Content-Encoding": "gzip"})
    for body in (
        json.dumps(json.loads(sender.body), separators=(",", ":")).encode(),
        json.dumps(json.loads(sender.body), indent=1).encode(),
        sender.body + b"\n",
        b"\xef\xbb\xbf" + sender.body,
        sender.body.decode().encode("utf-16"),
    ):
        assert await sender.is_refused(body, headers)


@signed_ways
async def test_a_proof_of_another_delivery_is_refused(sender: Sender, proof: Proof) -> None:
    assert await sender.is_refused(sender.body, proof.of(b"{}", NOW))


async def test_a_delivery_that_is_played_again_is_refused_or_counts_once(
    sender: Sender, proof: Proof
) -> None:
    headers = proof.of(sender.body, NOW)
    if proof.covers_time:
        for late in (timedelta(seconds=301), timedelta(days=400)):
            for moment in (NOW - late, NOW + late):
                assert await sender.is_refused(sender.body, proof.of(sender.body, moment))
        moved = {
            name: value.replace(str(int(NOW.timestamp())), "1") for name, value in headers.items()
        }
        assert await sender.is_refused(sender.body, moved)
    for _ in range(3):
        answer = await sender.send(sender.body, headers)
        assert answer.status_code == 200
    counted = sum(sender.world.starter.alerts.values())
    assert counted == answer.json()["raised"]
