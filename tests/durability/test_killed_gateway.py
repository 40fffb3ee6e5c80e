"""A gateway dies with an alert in hand: what was acknowledged is there, the rest is sent again."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.builders.incident import Incident
from tests.builders.interceptors import Moment
from tests.builders.ports import quiet_port
from tests.durability.supervised import Orders, supervised

pytestmark = pytest.mark.durability
INGEST_KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"


def envelope(event_id: str) -> bytes:
    frame = {"filename": "/app/shop/cart.py", "function": "mean", "lineno": 2, "in_app": True}
    error = {"type": "ZeroDivisionError", "value": "x", "stacktrace": {"frames": [frame]}}
    event = {
        "event_id": event_id,
        "timestamp": datetime.now(UTC).isoformat(),
        "exception": {"values": [error]},
    }
    lines = [{"event_id": event_id}, {"type": "event"}, event]
    return b"\n".join(json.dumps(line).encode() for line in lines)


async def send_until_acknowledged(port: int, body: bytes) -> int:
    """Send again as a sender does, and return how often it took."""
    headers = {"X-Sentry-Auth": f"Sentry sentry_key={INGEST_KEY}, sentry_version=7"}
    tries = 0
    # An answer that is only late must not be sent again: that would be one signal more.
    async with asyncio.timeout(100), httpx.AsyncClient(timeout=100) as client:
        while True:
            try:
                answer = await client.post(
                    f"http://127.0.0.1:{port}/api/1/envelope/", content=body, headers=headers
                )
                tries += 1
                if answer.status_code == httpx.codes.OK:
                    return tries
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
            except httpx.TransportError:
                tries += 1


async def started(incident: Incident) -> list[str]:
    """Return the ids of the incidents of its queue, once there is one: lists lag behind."""
    query = f"TaskQueue = '{incident.queue}' AND WorkflowType = 'incident'"
    found: list[str] = []
    while not found:
        found = [one.id async for one in incident.client.list_workflows(query)]
    return found


@pytest.mark.parametrize("moment", list(Moment))
async def test_a_gateway_that_dies_in_mid_request_loses_no_alert(
    tmp_path: Path, temporal_address: str, moment: Moment
) -> None:
    incident = Incident(tmp_path, temporal_address)
    await incident.connect()
    orders = Orders(
        role="gateway",
        directory=tmp_path,
        repository=incident.repository,
        address=temporal_address,
        queue=incident.queue,
        moment=moment,
        ingest_key=INGEST_KEY,
        port=quiet_port(),
    )
    with supervised(orders):
        tries = await send_until_acknowledged(orders.port, envelope(uuid4().hex))
    assert tries >= 2, "the try that was cut off must not count as acknowledged"
    (name,) = await started(incident)
    handle = incident.client.get_workflow_handle(name)
    history = await handle.fetch_history()
    signals = sum(
        event.HasField("workflow_execution_signaled_event_attributes") for event in history.events
    )
    # Unacknowledged alerts may arrive twice, but all in one incident.
    assert signals == (1 if moment is Moment.BEFORE else 2)
    await handle.terminate()
    incident.parts.close()
