"""Makes what processes of Suture expect to be there, before any of them starts."""

import asyncio

from suture.settings import Settings
from workers.connecting import connect
from workers.engine import ensure_search_attributes
from workers.parts import build_parts


async def prepare(settings: Settings) -> None:
    """Make tables, keys and search attributes that are missing. Repeatable.

    Raises:
        SettingsError: a setting is wrong, or Temporal does not let us.
        Unreachable: the database or Temporal does not answer.
    """
    parts = await asyncio.to_thread(build_parts, settings)
    parts.close()
    await ensure_search_attributes(await connect(settings.temporal))
