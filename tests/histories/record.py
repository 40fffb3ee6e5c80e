"""Records golden histories: `python -m tests.histories.record`.

Run it when a workflow changes on purpose in a way that old histories cannot follow, and say so
in the changelog: incidents that are under way need `workflow.patched` instead.
"""

import asyncio
import gzip
import json
import socket
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from suture.domain.approval import DecisionKind
from tests.builders import temporal
from tests.builders.incident import Incident
from tests.builders.replay import histories_of

FOLDER = Path(__file__).parent
MAX_BYTES = 300_000

Story = Callable[[Incident], Awaitable[object]]


async def fixed(incident: Incident) -> None:
    """Approved, merged, deployed, recovered."""
    await incident.finish_fixed()


async def not_reproduced(incident: Incident) -> None:
    """Left to a human, who closes the ticket."""
    incident.script.reproduced = False
    await incident.until_human()
    await incident.close_ticket()


async def refused_then_changed_then_fixed(incident: Incident) -> None:
    """A refused approval, requested changes, a second repair."""
    target = await incident.until_asked()
    await incident.send(incident.decision(DecisionKind.APPROVE))
    await incident.send(incident.decision(DecisionKind.REQUEST_CHANGES, target=target))
    await incident.until(lambda seen: seen.target not in {None, target})
    await incident.finish_fixed()


async def pushed_then_rejected(incident: Incident) -> None:
    """A human pushes, the head is verified, a human rejects."""
    await incident.until_asked()
    pushed = incident.push()
    await incident.until(lambda seen: seen.target and seen.target.head_sha == pushed)
    await incident.send(incident.decision(DecisionKind.REJECT))
    await incident.close_ticket()


async def regressed(incident: Incident) -> None:
    """The deployed fix does not help; a revert is proposed."""
    incident.traffic.own_after = 400
    await incident.approve()
    await incident.deploy()
    await incident.until_human()
    await incident.close_ticket()


async def taken_over_while_diagnosing(incident: Incident) -> None:
    """A human takes over in the middle of an activity."""
    gate = incident.script.hold("diagnose")
    await incident.until_called("diagnose")
    await incident.send(incident.decision(DecisionKind.TAKE_OVER))
    gate.set()
    await incident.until_human()
    await incident.close_ticket()


async def cancelled_while_asking(incident: Incident) -> None:
    """An operator cancels; the pull request is closed."""
    await incident.until_asked()
    await incident.handle.cancel()
    await incident.resolution()


STORIES: Mapping[str, Story] = {
    story.__name__: story
    for story in (
        fixed,
        not_reproduced,
        refused_then_changed_then_fixed,
        pushed_then_rejected,
        regressed,
        taken_over_while_diagnosing,
        cancelled_while_asking,
    )
}


async def record(name: str, story: Story, address: str, directory: Path) -> None:
    """Act one story out and keep the histories of its workflows."""
    incident = Incident(directory, address)
    await incident.connect()
    async with incident.at_work():
        acting = asyncio.ensure_future(story(incident))
        await asyncio.sleep(0)
        await incident.alert(count=3)
        await acting
    for history in await histories_of(incident.client, incident.key.incident_id):
        part = history.workflow_id.removeprefix(incident.key.incident_id).strip("-1")
        content = {"workflow_id": history.workflow_id, "history": json.loads(history.to_json())}
        text = json.dumps(content, separators=(",", ":")).replace(socket.gethostname(), "host")
        # No time stamp: recording the same twice makes the same file.
        packed = gzip.compress(text.encode(), mtime=0)
        assert len(packed) < MAX_BYTES, f"{name} is too long a story"
        suffix = f"_{part.replace('-', '_')}" if part else ""
        (FOLDER / f"{name}{suffix}.json.gz").write_bytes(packed)
    incident.parts.close()


async def main() -> None:
    """Record all stories anew."""
    with temporal.temporal_address() as address, tempfile.TemporaryDirectory() as directory:
        for name, story in STORIES.items():
            await record(name, story, address, Path(directory) / name)


if __name__ == "__main__":
    asyncio.run(main())
