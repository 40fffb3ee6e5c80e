"""A worker that is killed at every single activity, before and after its effect."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from suture.domain.resolution import ResolutionKind
from tests.builders.incident import Incident
from tests.builders.interceptors import Moment
from tests.builders.replay import histories_of, replay
from tests.durability.supervised import Orders, supervised

pytestmark = [pytest.mark.durability, pytest.mark.timeout(900)]
PATIENCE_SECONDS = 700.0
NOT_ON_THE_WAY = {
    "read_ticket",
    "comment_pull_request",
    "close_pull_request",
    "withdraw_merge",
    "propose_revert",
    "look_at_fix",
    "verify_head",
}


async def heal(incident: Incident, address: str, moment: Moment) -> set[str]:
    """Drive one incident through all stages; return where the worker died on the way."""
    orders = Orders(
        role="worker",
        directory=incident.repository.parent,
        repository=incident.repository,
        address=address,
        queue=incident.queue,
        moment=moment,
    )
    incident.patience_seconds = PATIENCE_SECONDS
    await incident.connect()
    with supervised(orders):
        await incident.alert(count=3, batch_id="first")
        await incident.approve()
        await incident.alert(count=4, batch_id="second")
        await incident.alert(count=3, batch_id="first")
        await incident.deploy()
        resolution = await incident.resolution()
        assert resolution.kind is ResolutionKind.FIXED, resolution.summary
        report = await incident.until(lambda seen: seen.resolution)
        assert report.summary.alerts == 7
    return {grave.name for grave in orders.graves.iterdir()}


def assert_no_twins(incident: Incident) -> None:
    """Everything exists once, and the record is whole."""
    assert len(incident.parts.embedded.tracker.list_tickets()) == 1
    assert len(incident.parts.embedded.chat.list_threads()) == 1
    assert incident.branches() == []
    assert incident.git("rev-list", "--merges", "--count", "main") == "1"
    assert incident.git("rev-list", "--count", "main") == "3"
    again = {key: count for key, count in Counter(incident.keys()).items() if count > 1}
    assert again == {}
    assert incident.findings() == []


async def test_a_worker_may_die_at_every_activity(tmp_path: Path, temporal_address: str) -> None:
    incidents = {moment: Incident(tmp_path / moment, temporal_address) for moment in Moment}
    died = await asyncio.gather(
        *(heal(incident, temporal_address, moment) for moment, incident in incidents.items())
    )
    for incident, names in zip(incidents.values(), died, strict=True):
        wanted = {step.__name__ for step in incident.team().orchestration}
        wanted |= {step.__name__ for step in incident.team().sandbox}
        assert wanted - NOT_ON_THE_WAY <= names
        assert_no_twins(incident)
        told = await histories_of(incident.client, incident.key.incident_id)
        assert await replay(told) == []
        incident.parts.close()
