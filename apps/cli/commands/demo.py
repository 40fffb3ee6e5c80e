"""`suture demo`."""

from typing import Annotated

import typer

from apps.cli.commands.options import Json, print_json, read_settings
from apps.cli.exits import ExitCode


def demo(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Approve without asking.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the demo's directory.")] = False,
    json: Json = False,
) -> None:
    """See the whole loop on a real service with a real bug, in about a minute.

    Exit codes: 0 recovered, and the record verifies; 1 not; 4 the environment is not ready.
    """
    from apps.cli.asynchronous import run
    from apps.cli.demo import play
    from apps.cli.demo_show import TerminalShow, summary_of
    from apps.cli.rendering import stderr, stdout
    from apps.cli.stack import cache_directory
    from apps.logging import configure_logging

    settings = read_settings()
    configure_logging(settings.log_level, cache_directory() / "demo.log")
    with TerminalShow(stderr() if json else stdout(), ask=not yes and not json) as show:
        result = run(lambda: play(settings, show, keep=keep))
        show.finish(result)
    if json:
        print_json(summary_of(result))
    if not result.recovered:
        raise typer.Exit(ExitCode.REFUSED)
