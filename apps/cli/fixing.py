"""`suture fix`: the loop once, on a person's own repository, up to the pull request."""

import asyncio
import contextlib
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
from temporalio.client import Client
from temporalio.exceptions import WorkflowAlreadyStartedError

from apps.cli.fix_result import FixResult, result_of
from apps.cli.following import Show, follow
from apps.cli.incidents import answering
from apps.cli.repository import OwnRepository
from apps.cli.stack import cache_directory
from apps.cli.story import read_diff
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from integrations.litellm.prices import price_of
from suture.arrival import Arrival, arrival_of
from suture.domain.report import IncidentReport
from suture.errors import Conflict, InvalidInput
from suture.model_settings import ModelSettings
from suture.settings import ServiceSettings, Settings, package_client_settings
from suture.traces.detect import parse_report
from workers.engine import Engine, embedded_in_memory, reach
from workers.handles import Handle
from workers.parts import Parts, build_parts
from workers.starting import cancel_incident, start_incident
from workers.worker import running_workers

MAX_EVENT_BYTES = 20 << 20

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class FixOrder:
    """What a person asked for."""

    repository: OwnRepository
    event: str
    service: str
    test_command: str | None = None
    setup_command: str | None = None
    model: str | None = None
    api_base: str | None = None
    keep_state: Path | None = None


@dataclass(frozen=True, kw_only=True)
class FixOutcome:
    """What came of it."""

    report: IncidentReport
    patch: str
    result: FixResult


def read_event(file: str, stdin: bytes | None = None) -> str:
    """Read the report that the fix starts from.

    Raises:
        InvalidInput: the file cannot be read, or is too large.
    """
    try:
        content = stdin if stdin is not None else _read_bounded(Path(file))
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_EVENT_BYTES:
        raise InvalidInput(f"{file} is larger than {MAX_EVENT_BYTES >> 20} MiB.")
    return content.decode(errors="replace")


async def fix(settings: Settings, order: FixOrder, show: Show) -> FixOutcome:
    """Run the loop up to the pull request.

    Raises:
        InvalidInput: the event cannot be understood.
        SandboxUnavailable: untrusted code cannot be contained here.
        SettingsError: something is not installed, or nobody knows the model's price.
        Conflict: a server that runs already works on this very incident.
    """
    alert = parse_report(order.event, service=order.service, received_at=datetime.now(UTC))
    arrival = arrival_of(alert)
    async with contextlib.AsyncExitStack() as stack:
        state = stack.enter_context(state_directory(order.keep_state))
        chosen = _settings_for(settings, order, state)
        if order.model is not None:
            await asyncio.to_thread(price_of, order.model, chosen.model)
        engine = await stack.enter_async_context(_engine(chosen))
        parts = stack.enter_context(sharing_parts(engine.settings, share=not order.keep_state))
        await asyncio.to_thread(parts.sandbox.probe)
        await asyncio.to_thread(parts.artifacts.put, arrival.content)
        await stack.enter_async_context(running_workers(engine.client, parts))
        handle = await _start(engine.client, engine.settings, arrival, order)
        report = await _followed(handle, show)
        patch = read_diff(report, parts.artifacts)
    return FixOutcome(report=report, patch=patch, result=result_of(report, patch))


@contextlib.contextmanager
def state_directory(keep: Path | None) -> Iterator[Path]:
    """Give the directory for the run's database and artifacts; it goes away unless it is kept."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="suture-fix-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextlib.contextmanager
def sharing_parts(settings: Settings, *, share: bool = True) -> Iterator[Parts]:
    """Build the parts; environments and mirrors come from this person's cache where they may."""
    parts = build_parts(settings)
    if share:
        cache = cache_directory()
        parts = replace(
            parts,
            sources=GitSources(cache / "sources"),
            sandbox=BubblewrapSandbox(
                cache / "sandbox", package_settings=package_client_settings()
            ),
        )
    try:
        yield parts
    finally:
        parts.close()


def _settings_for(settings: Settings, order: FixOrder, state: Path) -> Settings:
    repository = order.repository
    known = settings.services.get(order.service)
    service = known or ServiceSettings(name=order.service, repository="")
    asked = {"test_command": order.test_command, "setup_command": order.setup_command}
    service = service.model_copy(
        update={
            "repository": str(repository.top),
            "clone_url": None,
            "base_branch": repository.branch,
            "root": repository.root,
            **{name: value for name, value in asked.items() if value is not None},
        }
    )
    model: ModelSettings = settings.model
    if order.api_base is not None:
        model = model.model_copy(update={"api_base": order.api_base})
    return settings.model_copy(
        update={
            "state_dir": state,
            "database_url": None,
            "services": {order.service: service},
            "model": model,
        }
    )


@contextlib.asynccontextmanager
async def _engine(settings: Settings) -> AsyncIterator[Engine]:
    """Use the server that runs, with task queues of our own, or one that lives as long as we."""
    client = await reach(settings)
    if client is None:
        async with embedded_in_memory(settings) as engine:
            yield engine
        return
    queue = f"suture-fix-{uuid.uuid4().hex[:12]}"
    temporal = settings.temporal.model_copy(update={"task_queue": queue})
    own = settings.model_copy(update={"temporal": temporal})
    yield Engine(client=client, settings=own, embedded=False)


async def _start(client: Client, settings: Settings, arrival: Arrival, order: FixOrder) -> Handle:
    models = (order.model,) if order.model else None
    try:
        with answering():
            return await start_incident(client, settings.temporal.task_queue, arrival, models)
    except WorkflowAlreadyStartedError as error:
        name = arrival.key.incident_id
        raise Conflict(f"Somebody works on {name} already: suture incidents show {name}") from error


async def _followed(handle: Handle, show: Show) -> IncidentReport:
    """Follow to the end; whoever stops us cancels the incident, so that nothing is left open."""
    try:
        return await follow(handle, show)
    except asyncio.CancelledError:
        await asyncio.shield(cancel_incident(handle))
        log.info("fix.interrupted", incident_id=handle.id)
        raise


def _read_bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_EVENT_BYTES + 1)
