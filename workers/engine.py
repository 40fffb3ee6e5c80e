"""Temporal as a process finds it, or as it starts it for itself."""

import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from suture.errors import SettingsError, Unreachable
from suture.settings import Settings
from workers.connecting import UNWATCHED, Connection, connect
from workers.temporal_server import ServerPlan, running_server
from workflows.chronicle import SEARCH_ATTRIBUTES


@dataclass(frozen=True, kw_only=True)
class Engine:
    """Temporal, reached."""

    client: Client
    settings: Settings
    """With the addresses that really hold."""
    embedded: bool


@contextlib.asynccontextmanager
async def embedded_in_memory(settings: Settings) -> AsyncIterator[Engine]:
    """Run a server of one's own on free ports; it forgets everything when it ends."""
    plan = ServerPlan(namespace=settings.temporal.namespace)
    async with running_server(plan) as server:
        temporal = settings.temporal.model_copy(
            update={
                "address": server.address,
                "ui_url": server.ui_url,
                "api_key": None,
                "tls": False,
                "certificates": None,
            }
        )
        own = settings.model_copy(update={"temporal": temporal})
        yield Engine(client=await connect(temporal), settings=own, embedded=True)


async def reach(settings: Settings, watched: Connection = UNWATCHED) -> Client | None:
    """Connect to the configured server and make sure that it knows our search attributes."""
    try:
        client = await connect(settings.temporal, watched)
    except Unreachable:
        return None
    await ensure_search_attributes(client)
    return client


async def ensure_search_attributes(client: Client) -> None:
    """Add the search attributes that incidents set. Repeatable.

    Raises:
        SettingsError: the server does not let us.
    """
    wanted = {key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in SEARCH_ATTRIBUTES}
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        if error.status is RPCStatusCode.ALREADY_EXISTS or await _knows(client, wanted):
            return
        names = ", ".join(wanted)
        raise SettingsError(
            f"Temporal does not let us add its search attributes. Add {names} as Keyword."
        ) from error


async def _knows(client: Client, names: Collection[str]) -> bool:
    """Whether they are there already, where adding them is somebody else's: Temporal Cloud."""
    try:
        await client.count_workflows(" AND ".join(f"{name} = 'none'" for name in names))
    except RPCError:
        return False
    return True
