"""`suture incidents list|show|watch`."""

from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.commands.options import Incident, Json, print_json, print_model, settings_with_users
from apps.cli.edge import told

if TYPE_CHECKING:
    from apps.cli.incidents import IncidentRow
    from suture.domain.report import IncidentReport

app = typer.Typer(help="See incidents.")


@app.command("list")
@told
def list_(
    *,
    service: Annotated[str | None, typer.Option(help="Only of this service.")] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those under way.")] = False,
    json: Json = False,
) -> None:
    """List incidents, newest first."""
    from apps.cli.asynchronous import run
    from apps.cli.incidents import list_incidents
    from apps.cli.rendering import stdout, table
    from workers.connecting import connect

    async def listed() -> "tuple[IncidentRow, ...]":
        client = await connect(settings_with_users().temporal)
        return await list_incidents(client, service=service, only_open=only_open)

    rows = run(listed)
    if json:
        print_json([row.model_dump(mode="json") for row in rows])
        return
    shown = [
        (
            (f"{row.opened_at:%Y-%m-%d}", f"{row.opened_at:%H:%M} UTC"),
            row.severity,
            row.resolution or row.stage,
            (row.incident_id, row.title),
        )
        for row in rows
    ]
    listing = table(("opened", "severity", "state", "incident"), shown, whole=3)
    stdout().print(listing, crop=False)


@app.command()
@told
def show(incident: Incident, *, json: Json = False) -> None:
    """Show one incident: its story, root cause, change and evidence."""
    from apps.cli.asynchronous import run
    from apps.cli.incidents import find_incident, read_report
    from apps.cli.rendering import stdout
    from apps.cli.story import read_diff, show_findings, show_incident
    from workers.connecting import connect
    from workers.parts import build_parts

    settings = settings_with_users()

    async def read() -> "IncidentReport":
        return await read_report(await find_incident(await connect(settings.temporal), incident))

    report = run(read)
    if json:
        print_model(report)
        return
    show_incident(stdout(), report)
    show_findings(stdout(), report, read_diff(report, build_parts(settings).artifacts))


@app.command()
@told
def watch(incident: Incident) -> None:
    """Follow one incident until it is closed; Ctrl-C only stops the watching."""
    from apps.cli.asynchronous import run
    from apps.cli.following import follow
    from apps.cli.incidents import find_incident
    from apps.cli.progress import Progress
    from apps.cli.rendering import line, plain, stdout
    from workers.connecting import connect

    async def followed(progress: Progress) -> "IncidentReport":
        client = await connect(settings_with_users().temporal)
        return await follow(await find_incident(client, incident), progress)

    console = stdout()
    with Progress(console) as progress:
        report = run(lambda: followed(progress))
    if report.resolution is not None:
        end = f"{report.resolution.kind}: {line(report.resolution.summary)}"
        console.print(plain(end, "bold"), soft_wrap=True)


@app.command()
@told
def confidence(*, json: Json = False) -> None:
    """Show how far the stated confidence of diagnoses can be trusted, by how incidents ended."""
    from apps.cli.calibration import reliability_table, summary_of
    from apps.cli.rendering import plain, stdout
    from suture.memory.calibration import reliability
    from workers.parts import build_parts

    found = reliability(build_parts(settings_with_users()).memory.outcomes())
    if json:
        print_model(found)
        return
    stdout().print(plain(summary_of(found)), soft_wrap=True)
    if found.bins:
        stdout().print(reliability_table(found))
