"""What several commands share, without loading anything heavy."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel, JsonValue

    from suture.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Incident = Annotated[
    str, typer.Argument(metavar="INCIDENT", help="The incident's name, or the start of it.")
]


def settings_with_users() -> "Settings":
    """Read the settings; the first administrator counts as a user."""
    from apps.users import with_first_user

    return with_first_user(read_settings())


def read_settings() -> "Settings":
    """Read the settings, with the secrets that commands print."""
    from apps.secret_commands import run_secret_command
    from suture.settings import load_settings

    return load_settings(run_secret_command)


def print_model(value: "BaseModel") -> None:
    """Print a value as JSON."""
    typer.echo(value.model_dump_json(indent=2))


def print_json(value: "JsonValue") -> None:
    """Print plain data as JSON."""
    import json

    typer.echo(json.dumps(value, indent=2))
