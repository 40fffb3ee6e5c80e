"""A process that serves the model queue only, for a test that kills it. Its settings are JSON."""

import asyncio
import json
import sys

from suture.settings import Settings
from workers.connecting import connect
from workers.parts import build_parts
from workers.worker import Role, run_until_stopped


async def serve(settings: Settings) -> None:
    client = await connect(settings.temporal)
    await run_until_stopped(client, build_parts(settings), (Role.MODEL,), asyncio.Event())


if __name__ == "__main__":
    asyncio.run(serve(Settings(**json.loads(sys.argv[1]))))
