import asyncio
import sys
from pathlib import Path

from apps.gateway.server import running
from benchmarks.envelopes import KEY
from suture.domain.alert import Alert
from tests.gateway.harness import World

PROGRAM = Path(__file__).with_name("sentry_app.py")


async def test_the_real_sdk_reaches_an_incident_by_dsn_and_by_spotlight() -> None:
    world = World()
    parts = world.parts(spotlight=True)
    async with running(world.app(spotlight=True), parts.settings) as url:
        dsn = url.replace("http://", f"http://{KEY}@") + "/7"
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), dsn, f"{url}/api/7/envelope/", env={}
        )
        assert await process.wait() == 0
    assert len(world.starter.alerts) == 1
    assert sum(world.starter.alerts.values()) == 3
    for _, batch in world.starter.batches:
        alert = Alert.model_validate_json(world.artifacts.get(batch.notices[0].event))
        frame = alert.exceptions[-1].frames[-1]
        assert (alert.release, alert.environment, frame.function) == ("1.2.3", "live", "average")
        assert frame.variables == {"total": "7", "count": "0"}
