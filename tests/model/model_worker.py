"""A process that serves the model queue only, for a test that kills it. Its settings are JSON.

With a second argument it dies by itself, once it has a model's reply and before it says so.
"""

import asyncio
import json
import os
import signal
import sys

from suture.settings import Settings
from tests.builders.interceptors import Disturbing, Moment
from workers.connecting import connect
from workers.parts import build_parts
from workers.worker import Role, running_workers


class DyingWithAReply(Disturbing):
    async def strike(self, name: str, moment: Moment) -> None:
        if name == "ask_model" and moment is Moment.AFTER:
            os.kill(os.getpid(), signal.SIGKILL)


async def serve(settings: Settings, *, dying: bool) -> None:
    client = await connect(settings.temporal)
    interceptors = [DyingWithAReply()] if dying else []
    parts = build_parts(settings)
    async with running_workers(client, parts, (Role.MODEL,), interceptors=interceptors):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Settings(**json.loads(sys.argv[1])), dying=len(sys.argv) > 2))
