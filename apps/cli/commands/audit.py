"""`suture audit show|export|verify|replay`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.commands.options import Json, print_json, settings_with_users
from apps.cli.edge import complain, told
from apps.cli.exits import ExitCode
from suture.errors import InvalidInput, NotFound, Unreachable

if TYPE_CHECKING:
    from suture.audit.findings import Finding

app = typer.Typer(help="Read, export, verify and replay the record of an incident.")
Case = Annotated[
    str | None,
    typer.Argument(metavar="INCIDENT", help="The incident, or one occurrence of it (NAME-1)."),
]
MAX_KEY = 100
Bundle = Annotated[Path | None, typer.Option(help="Use an export instead of this machine's state.")]


@app.command()
@told
def show(incident: Case, *, json: Json = False) -> None:
    """Show every decision on record, and the key that signed it."""
    from apps.cli.record import read_case
    from apps.cli.rendering import plain, stdout, table
    from workers.parts import build_parts

    parts = build_parts(settings_with_users())
    case, entries = read_case(parts, required(incident))
    key = parts.ledger.public_key()
    if json:
        shown = [entry.model_dump(mode="json") for entry in entries]
        print_json({"case": case, "public_key": key, "entries": [*shown]})
        return
    rows = [
        (e.sequence, f"{e.draft.at:%Y-%m-%d %H:%M:%S}", e.draft.event, e.draft.actor, e.digest[:12])
        for e in entries
    ]
    stdout().print(plain(case), soft_wrap=True)
    stdout().print(table(("#", "at", "event", "by", "digest"), rows))
    stdout().print(plain(f"Public key of the ledger: {key}"), soft_wrap=True)


@app.command()
@told
def export(
    incident: Case,
    *,
    output: Annotated[Path | None, typer.Option(help="A new directory.")] = None,
    without_history: Annotated[
        bool, typer.Option("--without-history", help="Do not ask Temporal for its history.")
    ] = False,
    json: Json = False,
) -> None:
    """Export the record with its artifacts and Temporal's history, as far as Temporal has it.

    What of the history is missing is said here, and by `audit verify` of the export.
    """
    from apps.cli.asynchronous import run
    from apps.cli.histories import Histories, fetch_histories, span_of
    from apps.cli.record import bundle_of, read_case, write_bundle
    from workers.connecting import connect
    from workers.parts import build_parts

    settings = settings_with_users()
    parts = build_parts(settings)
    case, entries = read_case(parts, required(incident))

    async def fetched() -> Histories:
        try:
            return await fetch_histories(await connect(settings.temporal), case, span_of(entries))
        except Unreachable as error:
            raise Unreachable(f"{error} Or leave the history out: --without-history.") from error

    left_out = Histories(missing="It was exported with --without-history.")
    histories = left_out if without_history else run(fetched)
    files = bundle_of(parts, case, entries, histories)
    directory = output or Path(f"{case}-audit")
    write_bundle(directory, files)
    if json:
        print_json(
            {
                "directory": str(directory),
                "case": case,
                "files": [*sorted(files)],
                "missing_history": histories.missing,
            }
        )
        return
    typer.echo(f"{len(files)} files in {directory}. Check: suture audit verify --bundle ...")
    _tell_missing(histories.missing)


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

    Missing history is no finding, because Temporal deletes it in time; it is said apart.
    Exit codes: 0 the record verifies; 1 findings.
    """
    if bundle is not None:
        findings, missing = _verify_bundle(bundle, key)
    else:
        findings, missing = _verify_here(incident), ""
    if json:
        found = [finding.model_dump(mode="json") for finding in findings]
        print_json({"findings": [*found], "missing_history": missing})
    for finding in () if json else findings:
        typer.echo(f"{finding.kind}: {finding.explanation}")
    if not json:
        _tell_missing(missing)
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
    from apps.cli.histories import fetch_histories, replay_histories
    from workers.connecting import connect
    from workers.encryption import data_converter

    async def replayed() -> dict[str, str]:
        temporal = settings_with_users().temporal
        converter = data_converter(temporal.encryption)
        if bundle is not None:
            return await replay_histories(_history_in(bundle), converter)
        client = await connect(temporal)
        histories = await fetch_histories(client, required(incident))
        if histories.content is None:
            raise NotFound(histories.missing)
        return await replay_histories(histories.content, converter)

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


def _verify_bundle(directory: Path, key: str | None) -> tuple[tuple["Finding", ...], str]:
    """Return what is wrong with an export, and what of the history is missing."""
    from apps.cli.record import read_bundle
    from suture.audit.bundle import read_manifest, verify_bundle

    files = read_bundle(directory)
    findings = verify_bundle(files, key)
    try:
        manifest = read_manifest(files)
    except InvalidInput:
        return findings, ""
    if key is None:
        signer = manifest.public_key[:MAX_KEY]
        told = "Without --key, an export signed anew by somebody else looks whole."
        complain(f"{told} It says that its key is {signer}")
    none = "" if manifest.history else "There is none."
    return findings, manifest.missing_history or none


def _history_in(directory: Path) -> bytes:
    from apps.cli.record import read_bundle
    from suture.audit.bundle import HISTORY, read_manifest

    files = read_bundle(directory)
    if HISTORY not in files:
        missing = read_manifest(files).missing_history
        raise NotFound(f"There is no history in {directory}. {missing}")
    return files[HISTORY]


def _tell_missing(missing: str) -> None:
    from apps.cli.rendering import line

    if missing:
        typer.echo(f"Temporal's history is not whole in this export: {line(missing)}")
