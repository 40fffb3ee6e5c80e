"""The edge of every command: errors become one clear line and an exit code."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import typer

from apps.cli.exits import ExitCode, exit_code_of
from suture.errors import SutureError

P = ParamSpec("P")
R = TypeVar("R")


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Make a command tell of errors, and of Ctrl-C, without a traceback."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except SutureError as error:
            complain(str(error))
            raise typer.Exit(exit_code_of(error)) from error
        except KeyboardInterrupt as error:
            complain("Interrupted.")
            raise typer.Exit(ExitCode.INTERRUPTED) from error

    return wrapper


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    from apps.cli.rendering import clean  # noqa: PLC0415 -- rich is slow to load

    typer.echo(f"suture: {clean(message)}", err=True)
