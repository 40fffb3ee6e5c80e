"""`suture up`, and its single parts: `suture gateway`, `suture worker`."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.commands.options import read_settings, settings_with_users

if TYPE_CHECKING:
    from suture.settings import Settings


class WorkerRole(StrEnum):
    """As `workers.worker.Role`, which is slow to load."""

    ORCHESTRATION = "orchestration"
    MODEL = "model"
    SANDBOX = "sandbox"


def up() -> None:
    """Run everything on this machine: Temporal, gateway, console and workers, until Ctrl-C.

    Incidents under way go on at the next start, also when this was killed.
    Exit codes: 0 stopped by Ctrl-C or SIGTERM; 4 the environment is not ready.
    """
    from apps.cli.serving import run_everything
    from apps.users import admin_token_file, make_first_user, with_first_user

    settings = read_settings()
    if make_first_user(settings):
        path = admin_token_file(settings)
        typer.echo(f"Made the user admin. Log in with the token in {path}")
        typer.echo(f"On the command line: export SUTURE_TOKEN=$(cat {path})")
    run_everything(_logging(with_first_user(settings)))


def gateway() -> None:
    """Run the gateway and the console only, until Ctrl-C."""
    from apps.cli.serving import run_gateway

    run_gateway(_logging(settings_with_users()))


def worker(
    role: Annotated[
        list[WorkerRole] | None, typer.Option(help="What it does; repeat it. Else everything.")
    ] = None,
) -> None:
    """Run workers only, until Ctrl-C."""
    from apps.cli.serving import run_workers
    from workers.worker import ALL_ROLES, Role

    roles = tuple(Role(one) for one in role) if role else ALL_ROLES
    run_workers(_logging(settings_with_users()), roles)


def _logging(settings: "Settings") -> "Settings":
    from apps.logging import configure_logging

    configure_logging(settings.log_level, form=settings.log_format)
    return settings
