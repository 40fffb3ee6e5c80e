"""`suture approve|reject|request-changes|takeover`, and `suture token`."""

from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.commands.options import Incident, Json, print_json, settings_with_users
from apps.cli.exits import ExitCode

if TYPE_CHECKING:
    from apps.decisions import Intent
    from suture.domain.approval import Actor
    from suture.domain.report import IncidentReport
    from suture.settings import Settings
    from workflows.messages import PendingDecision

Comment = Annotated[str, typer.Option(help="Why; it goes on record.")]
As = Annotated[str | None, typer.Option("--as", help="The user that the token must belong to.")]


def approve(
    incident: Incident, *, comment: Comment = "", user: As = None, json: Json = False
) -> None:
    """Approve the fix that is shown: exactly this head with exactly this diff.

    Needs your login token in SUTURE_TOKEN. Exit codes: 0 accepted; 1 refused.
    """
    _decide("approve", incident, comment, user, json=json)


def reject(
    incident: Incident, *, comment: Comment = "", user: As = None, json: Json = False
) -> None:
    """Reject the fix: its pull request is closed. Exit codes: 0 accepted; 1 refused."""
    _decide("reject", incident, comment, user, json=json)


def request_changes(
    incident: Incident, *, comment: Comment = "", user: As = None, json: Json = False
) -> None:
    """Ask for another fix; say in --comment what is wrong. Exit codes: 0 accepted; 1 refused."""
    _decide("request_changes", incident, comment, user, json=json)


def takeover(
    incident: Incident, *, comment: Comment = "", user: As = None, json: Json = False
) -> None:
    """Take the incident over: Suture only watches. Exit codes: 0 accepted; 1 refused."""
    _decide("take_over", incident, comment, user, json=json)


def token() -> None:
    """Make a login token, with the line of suture.toml that knows it."""
    from apps.decisions import token_digest
    from apps.users import new_token

    made = new_token()
    typer.echo(f"Token (keep it secret; it is not shown again): {made}")
    typer.echo("In suture.toml, under [users.NAME]:")
    typer.echo('role = "approver"')
    typer.echo(f'token_sha256 = "{token_digest(made)}"')


def _decide(kind: str, incident: str, comment: str, user: str | None, *, json: bool) -> None:
    from apps.cli.asynchronous import run
    from apps.decisions import Intent
    from suture.domain.approval import DecisionKind

    settings = settings_with_users()
    intent = Intent(
        actor=_authenticated(settings, user), kind=DecisionKind(kind), comment=comment[:2_000]
    )
    verdict = run(lambda: _send(settings, incident, intent, quiet=json))
    if json:
        print_json(verdict.model_dump(mode="json"))
    else:
        typer.echo(_sentence(verdict))
    if verdict.accepted is False:
        raise typer.Exit(ExitCode.REFUSED)


def _authenticated(settings: "Settings", user: str | None) -> "Actor":
    from apps.decisions import authenticate
    from apps.users import admin_token_file
    from suture.errors import NotAuthorised

    if settings.token is None:
        path = admin_token_file(settings)
        hint = f" The first administrator's is in {path}." if path.exists() else ""
        raise NotAuthorised(f"Set SUTURE_TOKEN to your login token.{hint}")
    actor = authenticate(settings, settings.token.get_secret_value(), "cli")
    if user is not None and user != actor.id:
        raise NotAuthorised("The login token is not of the user that --as names.")
    return actor


async def _send(
    settings: "Settings", incident: str, intent: "Intent", *, quiet: bool
) -> "PendingDecision":
    from apps.cli.incidents import find_incident, read_report
    from apps.decisions import send_decision
    from workers.connecting import connect
    from workers.parts import build_parts

    client = await connect(settings.temporal)
    parts = build_parts(settings)
    report = await read_report(await find_incident(client, incident))
    if not quiet:
        _show(report)
    return await send_decision(client, parts.decision_key, report, intent)


def _show(report: "IncidentReport") -> None:
    """Say what the decision is about, on standard error."""
    from apps.cli.rendering import line, plain, stderr

    console, target, seen = stderr(), report.target, report.verification
    console.print(plain(line(report.summary.title), "bold"), soft_wrap=True)
    if seen is not None:
        console.print(plain(line(seen.patch.title)), soft_wrap=True)
        for changed in seen.patch.files:
            console.print(plain(f"  {line(changed.path)} +{changed.added} -{changed.removed}"))
    if target is not None:
        console.print(plain(f"head   {target.head_sha}\ndigest {target.patch_digest}", "dim"))


def _sentence(verdict: "PendingDecision") -> str:
    from apps.cli.rendering import line

    if verdict.accepted is None:
        return "Recorded, not judged yet. See: suture incidents show"
    return f"{'Accepted' if verdict.accepted else 'Refused'}. {line(verdict.reason)}".strip()
