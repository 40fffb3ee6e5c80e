"""The entry point `suture`: commands, errors and exit codes.

https://typer.tiangolo.com/
"""

import contextlib
import gc
import os
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from apps.cli.commands import audit, backfill, incidents
from apps.cli.commands import eval as evals
from apps.cli.commands.check import check
from apps.cli.commands.deciding import approve, reject, request_changes, takeover, token
from apps.cli.commands.demo import demo
from apps.cli.commands.fix import fix
from apps.cli.commands.migrate import migrate
from apps.cli.commands.route import route
from apps.cli.commands.serving import gateway, up, worker
from apps.cli.edge import told
from apps.cli.exits import HELP, ExitCode

app = typer.Typer(
    epilog=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(asked: bool) -> None:  # noqa: FBT001 (typer calls it with what was given)
    if asked:
        typer.echo(f"suture {version('suture')}")
        raise typer.Exit


@app.callback()
def suture(
    *,
    asked: Annotated[
        bool,
        typer.Option(
            "--version", help="Say which version this is.", callback=_say_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Turn a production alert into a reviewed, tested fix whose recovery is verified."""


app.command()(told(demo))
app.command()(told(fix))
app.command()(told(check))
app.command()(told(route))
app.command()(told(up))
app.command()(told(migrate))
app.command()(told(gateway))
app.command()(told(worker))
app.add_typer(incidents.app, name="incidents")
app.command()(told(approve))
app.command()(told(reject))
app.command("request-changes")(told(request_changes))
app.command()(told(takeover))
app.command()(told(token))
app.add_typer(audit.app, name="audit")
app.add_typer(backfill.app, name="backfill")
app.add_typer(evals.app, name="eval")


def main() -> NoReturn:
    """Run the command line and end the process."""
    code: int = ExitCode.DONE
    try:
        app(prog_name="suture")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else ExitCode.REFUSED
    leave(code)


def leave(code: int) -> NoReturn:
    """End the process; with Temporal's core loaded, without running what could crash on the way.

    https://github.com/temporalio/sdk-python/issues/300: interpreter exit may end in a signal.
    """
    with contextlib.suppress(BrokenPipeError, ValueError):
        sys.stdout.flush()
    with contextlib.suppress(BrokenPipeError, ValueError):
        sys.stderr.flush()
    if "temporalio" in sys.modules:
        gc.collect()
        os._exit(code)
    sys.exit(code)
