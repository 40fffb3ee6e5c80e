"""Long-running commands: they serve until a signal, then stop in order."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, closing

import typer

from apps.cli.stack import reached_or_embedded, running_gateway
from suture.settings import Settings
from workers.connecting import connect
from workers.health.serving import open_health
from workers.parts import build_parts
from workers.worker import Role, running_workers

Stopped = asyncio.Event


def run_everything(settings: Settings) -> None:
    """Serve all parts in this process until a signal.

    Raises:
        Unreachable: Temporal is another machine's and does not answer.
        SettingsError: an address is taken, or something is not installed.
    """
    asyncio.run(_everything(settings))


def run_gateway(settings: Settings) -> None:
    """Serve gateway and console until a signal.

    Raises:
        Unreachable: Temporal does not answer.
        SettingsError: the address is taken.
    """
    asyncio.run(_gateway(settings))


def run_workers(settings: Settings, roles: Sequence[Role]) -> None:
    """Work until a signal.

    Raises:
        Unreachable: Temporal does not answer.
    """
    asyncio.run(_workers(settings, roles))


async def _everything(settings: Settings) -> None:
    with stopping() as stopped:
        async with AsyncExitStack() as stack:
            health = stack.enter_context(open_health(settings, works=True))
            reached = reached_or_embedded(settings, health.connection)
            engine = await stack.enter_async_context(reached)
            parts = stack.enter_context(closing(build_parts(engine.settings)))
            working = running_workers(
                engine.client, health.watched(parts), interceptors=health.interceptors
            )
            await stack.enter_async_context(working)
            serving = running_gateway(engine.client, parts, health.tracing)
            url = await stack.enter_async_context(serving)
            typer.echo(f"Gateway      {url}")
            typer.echo(f"Console      {parts.console_url}")
            typer.echo(f"Temporal UI  {engine.settings.temporal.ui_url}")
            typer.echo("Ctrl-C stops everything.")
            await stopped.wait()
            typer.echo("Stopping.")


async def _gateway(settings: Settings) -> None:
    with stopping() as stopped, open_health(settings, works=False) as health:
        client = await connect(settings.temporal, health.connection)
        with closing(build_parts(settings)) as parts:
            async with running_gateway(client, parts, health.tracing) as url:
                typer.echo(f"Gateway {url}, console {parts.console_url}")
                await stopped.wait()


async def _workers(settings: Settings, roles: Sequence[Role]) -> None:
    with stopping() as stopped, open_health(settings, works=True) as health:
        client = await connect(settings.temporal, health.connection)
        with closing(build_parts(settings)) as parts:
            watched = health.watched(parts)
            async with running_workers(client, watched, roles, interceptors=health.interceptors):
                typer.echo(f"Working: {', '.join(roles)}")
                await stopped.wait()


@contextlib.contextmanager
def stopping() -> Iterator[Stopped]:
    """Give an event that SIGINT and SIGTERM set."""
    loop, stopped = asyncio.get_running_loop(), Stopped()
    handled: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM)
    stop: Callable[[], None] = stopped.set
    for number in handled:
        loop.add_signal_handler(number, stop)
    try:
        yield stopped
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
