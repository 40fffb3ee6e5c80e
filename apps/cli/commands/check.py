"""`suture check`."""

import typer

from apps.cli.commands.options import Json, print_json, settings_with_users
from apps.cli.exits import ExitCode


def check(*, json: Json = False) -> None:
    """Say what is missing on this machine, and how to mend it.

    Exit codes: 0 ready; 4 something needed is missing.
    """
    from apps.cli.asynchronous import run
    from apps.cli.readiness import check_needs
    from apps.cli.rendering import line, plain, stdout
    from apps.logging import configure_logging

    settings = settings_with_users()
    configure_logging("error")
    needs = run(lambda: check_needs(settings))
    ready = all(need.ok for need in needs if need.required)
    if json:
        print_json({"ready": ready, "needs": [need.model_dump(mode="json") for need in needs]})
    console = stdout()
    for need in () if json else needs:
        mark = "ok     " if need.ok else "missing" if need.required else "none   "
        console.print(plain(f"{mark}  {need.name}: {line(need.detail)}"), soft_wrap=True)
        if not need.ok:
            console.print(plain(f"         {line(need.mend)}", "bold"), soft_wrap=True)
    if not ready:
        raise typer.Exit(ExitCode.NOT_READY)
