"""`suture migrate`."""

import typer

from apps.cli.commands.options import read_settings


def migrate() -> None:
    """Make what is missing in the database and in Temporal, and end. Repeatable.

    For a job before a new version starts: what serves and works afterwards needs no right to
    change either. Exit codes: 0 done; 4 the environment is not ready.
    """
    from apps.cli.asynchronous import run
    from apps.cli.preparing import prepare
    from apps.logging import configure_logging

    settings = read_settings()
    configure_logging(settings.log_level)
    run(lambda: prepare(settings))
    typer.echo("Database and Temporal are as this version needs them.")
