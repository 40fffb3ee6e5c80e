"""`suture backfill sentry`."""

from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.commands.options import Json, print_json, read_settings
from apps.cli.edge import told

if TYPE_CHECKING:
    from apps.gateway.backfilling import Backfilled

app = typer.Typer(help="Take in alerts that a vendor could not deliver.")


@app.callback()
def backfill() -> None:
    """Take in alerts that a vendor could not deliver."""


@app.command()
@told
def sentry(
    *,
    since: Annotated[
        str, typer.Option(help="How far back: 90m, 2h, 1d, or a time in ISO 8601.")
    ] = "1h",
    query: Annotated[
        str, typer.Option(help="Which issues, as one searches for them in Sentry.")
    ] = "is:unresolved issue.category:error",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be delivered.")
    ] = False,
    json: Json = False,
) -> None:
    """Ask Sentry for issues with events since a moment, and deliver those that no incident knows.

    An issue whose incident is open, or was closed after the issue's latest event, is left alone:
    doing it again changes nothing. Needs the table [sentry] and a Temporal server.
    """
    from datetime import UTC, datetime

    from apps.cli.asynchronous import run
    from apps.cli.backfill import backfill_sentry, moment_of
    from apps.logging import configure_logging

    settings = read_settings()
    configure_logging("error")
    at = moment_of(since, datetime.now(UTC))
    taken = run(lambda: backfill_sentry(settings, query, at, only_look=dry_run))
    if json:
        print_json([one.model_dump(mode="json") for one in taken])
        return
    _show(taken)


def _show(taken: "tuple[Backfilled, ...]") -> None:
    from apps.cli.rendering import line, plain, stdout

    console = stdout()
    for one in taken:
        where = one.incident or one.service or ""
        said = f"{one.outcome:<10}  {one.issue}  {line(one.title)}  {where}"
        console.print(plain(said.rstrip()), soft_wrap=True)
    if not taken:
        console.print(plain("Sentry has no such issue."))
