"""The composition root: parts from settings, Temporal reached, workers that beat."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from temporalio import activity, workflow
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import GrpcCompression
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from suture.errors import Unreachable
from suture.settings import Settings, TemporalSettings
from tests.builders import temporal
from workers import connecting
from workers.beating import Beating
from workers.connecting import connect
from workers.parts import build_parts
from workers.temporal_server import (
    RETENTION,
    ServerPlan,
    free_port,
    running_server,
    server_arguments,
)
from workers.worker import Role, Team, run_until_stopped


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with temporal.temporal_address() as reached:
        yield reached


async def test_a_server_runs_while_its_context_is_open(tmp_path: Path) -> None:
    plan = ServerPlan(database=tmp_path / "deep" / "temporal.db")
    async with running_server(plan) as server:
        client = await connect(TemporalSettings(address=server.address))
        namespace = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=client.namespace)
        )
        assert namespace.config.workflow_execution_retention_ttl.ToTimedelta() == RETENTION
        assert server.ui_url.startswith("http://127.0.0.1:")
    assert (tmp_path / "deep" / "temporal.db").exists()
    with pytest.raises(Unreachable, match="suture up"):
        await connect(TemporalSettings(address=server.address))


async def test_a_server_that_cannot_start_says_so(tmp_path: Path) -> None:
    plan = ServerPlan(database=tmp_path)
    with pytest.raises(Unreachable, match="ended"):
        async with running_server(plan):
            pytest.fail("it runs")


async def test_a_server_that_died_by_itself_is_stopped_quietly() -> None:
    async with running_server(ServerPlan()) as server:
        os.kill(server.pid, signal.SIGKILL)
        await asyncio.sleep(0.2)


def test_arguments_keep_histories_only_where_a_file_is_named() -> None:
    assert "--db-filename" not in server_arguments(ServerPlan(), 1, 2)
    assert "SutureStage=Keyword" in server_arguments(ServerPlan(), 1, 2)


async def test_a_key_means_an_encrypted_connection(address: str) -> None:
    settings = TemporalSettings(address=address, api_key=SecretStr("a-key"))
    with pytest.raises(Unreachable):
        await connect(settings)


def test_parts_are_built_once_and_closed(tmp_path: Path) -> None:
    parts = build_parts(Settings(state_dir=tmp_path / "state"))
    assert parts.console_url == "http://127.0.0.1:8700/console"
    assert len(parts.decision_key) == 32
    parts.close()
    again = build_parts(Settings(state_dir=tmp_path / "state"))
    assert again.decision_key == parts.decision_key
    again.close()


def test_a_decision_key_of_the_operators_own_is_used(tmp_path: Path) -> None:
    key = SecretStr("a decision key of their own")
    parts = build_parts(Settings(state_dir=tmp_path, decision_key=key))
    assert parts.decision_key == b"a decision key of their own"
    parts.close()


async def test_workers_run_until_they_are_stopped(tmp_path: Path, address: str) -> None:
    temporal_settings = TemporalSettings(address=address, task_queue=uuid4().hex)
    parts = build_parts(Settings(state_dir=tmp_path, temporal=temporal_settings))
    client = await connect(temporal_settings)
    stopped = asyncio.Event()
    running = asyncio.create_task(run_until_stopped(client, parts, tuple(Role), stopped))
    await asyncio.sleep(0.2)
    assert not running.done()
    stopped.set()
    await running
    parts.close()


def test_a_team_serves_each_role_with_its_own() -> None:
    team = Team(queue="q", orchestration=(free_port,), sandbox=(len,))
    assert team.activities(Role.SANDBOX) == (len,)
    assert team.activities(Role.ORCHESTRATION) == (free_port,)
    assert team.size(Role.SANDBOX) < team.size(Role.ORCHESTRATION)


RELEASED = threading.Event()
PATIENCE_SECONDS = 100.0
HEARTBEAT = timedelta(seconds=9)
"""Long for a busy machine; two beats come within a third of it."""
BEATS = 2


@activity.defn(name="block")
def block() -> int:
    """Block a thread until somebody has seen what they waited for."""
    RELEASED.wait(PATIENCE_SECONDS)
    return activity.info().attempt


@activity.defn(name="fail")
async def fail() -> None:
    raise RuntimeError("as scripted")


@workflow.defn(name="waits-for-both")
class WaitsForBoth:
    @workflow.run
    async def run(self) -> int:
        with contextlib.suppress(Exception):
            await workflow.execute_activity(
                fail,
                start_to_close_timeout=timedelta(seconds=5),
                schedule_to_close_timeout=timedelta(seconds=1),
            )
        return await workflow.execute_activity(
            block,
            start_to_close_timeout=timedelta(seconds=PATIENCE_SECONDS),
            heartbeat_timeout=HEARTBEAT,
        )


async def test_an_activity_that_blocks_its_thread_still_beats(address: str) -> None:
    client: Client = await connect(TemporalSettings(address=address))
    with ThreadPoolExecutor(1) as pool:
        async with Worker(
            client,
            task_queue="beating",
            workflows=[WaitsForBoth],
            activities=[block, fail],
            activity_executor=pool,
            interceptors=[Beating()],
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_heartbeat_throttle_interval=timedelta(milliseconds=200),
        ):
            handle = await client.start_workflow(
                WaitsForBoth.run, id=uuid4().hex, task_queue="beating"
            )
            beats: set[int] = set()
            while len(beats) < BEATS:
                beats |= await beats_of(handle)
                await asyncio.sleep(0.1)
            RELEASED.set()
            assert await handle.result() == 1


async def beats_of(handle: WorkflowHandle[WaitsForBoth, int]) -> set[int]:
    """Return when the activity that blocks its thread has beaten last."""
    pending = (await handle.describe()).raw_description.pending_activities
    blocking = [one for one in pending if one.activity_type.name == "block"]
    return {one.last_heartbeat_time.ToNanoseconds() for one in blocking} - {0}


@pytest.mark.parametrize(
    ("address", "compression"),
    [
        ("127.0.0.1:7233", GrpcCompression.NONE),
        ("localhost:7233", GrpcCompression.NONE),
        ("[::1]:7233", GrpcCompression.NONE),
        ("temporal.example:7233", GrpcCompression.GZIP),
        ("shop.tmprl.cloud", GrpcCompression.GZIP),
    ],
)
def test_what_stays_on_this_machine_is_not_compressed(
    address: str, compression: GrpcCompression
) -> None:
    assert connecting._compression(address) is compression
