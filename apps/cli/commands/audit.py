"""`suture audit show|export|verify|replay`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.commands.options import Json, print_json, settings_with_users
from apps.cli.edge import told
from apps.cli.exits import ExitCode

if TYPE_CHECKING:
    from suture.audit.findings import Finding

app = typer.Typer(help="Read, export, verify and replay the record of an incident.")
Case = Annotated[
    str | None,
    typer.Argument(metavar="INCIDENT", help="The incident, or one occurrence of it (NAME-1)."),
]
Bundle = Annotated[Path | None, typer.Option(help="Use an export instead of this machine's state.")]


@app.command()
@told
def show(incident: Case, *, json: Json = False) -> None:
    """Show every decision on record."""
    from apps.cli.record import read_case
    from apps.cli.rendering import stdout, table
    from workers.parts import build_parts

    parts = build_parts(settings_with_users())
    case, entries = read_case(parts, required(incident))
    if json:
        print_json([entry.model_dump(mode="json") for entry in entries])
        return
    rows = [
        (e.sequence, f"{e.draft.at:%Y-%m-%d %H:%M:%S}", e.draft.event, e.draft.actor, e.digest[:12])
        for e in entries
    ]
    stdout().print(case)
    stdout().print(table(("#", "at", "event", "by", "digest"), rows))


@app.command()
@told
def export(
    incident: Case,
    *,
    output: Annotated[Path | None, typer.Option(help="A new directory.")] = None,
    json: Json = False,
) -> None:
    """Export the record with its artifacts and Temporal's history."""
    from apps.cli.asynchronous import run
    from apps.cli.record import bundle_of, fetch_histories, read_case, write_bundle
    from workers.connecting import connect
    from workers.parts import build_parts

    settings = settings_with_users()
    parts = build_parts(settings)
    case, entries = read_case(parts, required(incident))

    async def histories() -> bytes:
        return await fetch_histories(await connect(settings.temporal), case)

    files = bundle_of(parts, case, entries, run(histories))
    directory = output or Path(f"{case}-audit")
    write_bundle(directory, files)
    if json:
        print_json({"directory": str(directory), "case": case, "files": [*sorted(files)]})
    else:
        typer.echo(f"{len(files)} files in {directory}. Check: suture audit verify --bundle ...")


@app.command()
@told
def verify(
    incident: Case = None,
    *,
    bundle: Bundle = None,
    key: Annotated[
        str | None, typer.Option(help="The ledger's public key (base64), from elsewhere.")
    ] = None,
    json: Json = False,
) -> None:
    """Check that nothing on record was changed, and that what was merged was approved.

    Exit codes: 0 the record verifies; 1 findings.
    """
    findings = _verify_bundle(bundle, key) if bundle is not None else _verify_here(incident)
    if json:
        print_json([finding.model_dump(mode="json") for finding in findings])
    for finding in () if json else findings:
        typer.echo(f"{finding.kind}: {finding.explanation}")
    if findings:
        raise typer.Exit(ExitCode.REFUSED)
    if not json:
        typer.echo("The record verifies.")


@app.command()
@told
def replay(incident: Case = None, *, bundle: Bundle = None, json: Json = False) -> None:
    """Run the history against the code that is installed.

    Exit codes: 0 every workflow replays; 1 at least one does not.
    """
    from apps.cli.asynchronous import run
    from apps.cli.record import fetch_histories, read_bundle, replay_histories
    from suture.audit.bundle import HISTORY
    from workers.connecting import connect

    async def replayed() -> dict[str, str]:
        if bundle is not None:
            return await replay_histories(read_bundle(bundle).get(HISTORY, b""))
        client = await connect(settings_with_users().temporal)
        return await replay_histories(await fetch_histories(client, required(incident)))

    failures = run(replayed)
    if json:
        print_json({"workflows": dict(failures)})
    for name, problem in {} if json else failures.items():
        typer.echo(f"{name}: {problem or 'replays'}")
    if any(failures.values()):
        raise typer.Exit(ExitCode.REFUSED)


def required(incident: str | None) -> str:
    """Return the name, which only an export can do without."""
    if not incident:
        raise typer.BadParameter("Name an INCIDENT, or give --bundle.")
    return incident


def _verify_here(incident: str | None) -> tuple["Finding", ...]:
    from apps.cli.record import read_case, verify_case
    from workers.parts import build_parts

    parts = build_parts(settings_with_users())
    return verify_case(parts, read_case(parts, required(incident))[1])


def _verify_bundle(directory: Path, key: str | None) -> tuple["Finding", ...]:
    from apps.cli.record import read_bundle
    from suture.audit.bundle import verify_bundle

    if key is None:
        typer.echo("Without --key, an export signed anew by somebody else looks whole.", err=True)
    return verify_bundle(read_bundle(directory), key)
