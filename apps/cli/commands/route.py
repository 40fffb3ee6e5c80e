"""`suture route`."""

from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.commands.options import Json, print_json, read_settings
from apps.cli.exits import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.cli.routing import ExplainedAlert, Explanation

File = Annotated[
    str,
    typer.Option(
        "--explain",
        metavar="FILE",
        help="The body of a vendor's webhook, as JSON; `-` reads standard input.",
    ),
]


def route(
    *,
    explain: File,
    vendor: Annotated[
        str | None, typer.Option(help="Whose webhook it is; else guessed from the body.")
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A header of the delivery that tells the event, such as X-GitHub-Event;"
            " repeat it.",
        ),
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="What the webhook's URL says: ?service=NAME.")
    ] = None,
    json: Json = False,
) -> None:
    """Say which service a vendor's alerts would go to, and why. Nothing is sent anywhere.

    Exit codes: 0 a service takes every alert; 1 no service takes at least one; 2 it cannot be
    read, or it is not clear whose it is.
    """
    from apps.cli import routing
    from integrations.webhooks import WEBHOOKS

    settings = read_settings()
    stdin = typer.get_binary_stream("stdin").read() if explain == "-" else None
    content = routing.read_payload(explain, stdin)
    delivery = routing.delivery_of(content, header or (), settings)
    found, told = routing.find_vendor(delivery, WEBHOOKS, vendor)
    explanation = routing.explain(settings, found, told, service)
    if json:
        print_json(explanation.model_dump(mode="json"))
    else:
        _show(explanation)
    if explanation.unrouted:
        raise typer.Exit(ExitCode.REFUSED)


def _show(explanation: "Explanation") -> None:
    from apps.cli.rendering import line, plain, stdout

    console = stdout()
    count = len(explanation.alerts)
    heading = f"{explanation.vendor}: {count or 'no'} alert{'' if count == 1 else 's'}"
    console.print(plain(heading, "bold"), soft_wrap=True)
    if not explanation.served:
        told = f"The gateway does not take it in yet: set webhooks.{explanation.vendor}.secrets."
        console.print(plain(told), soft_wrap=True)
    for alert in explanation.alerts:
        console.print()
        for name, value in _rows(alert):
            console.print(plain(f"{name:<11}  {line(value)}"), soft_wrap=True)
        if alert.suggestion:
            console.print(plain("\nAdd to suture.toml, with the right service:\n", "bold"))
            console.print(plain(alert.suggestion), soft_wrap=True)


def _rows(alert: "ExplainedAlert") -> "Iterator[tuple[str, str]]":
    yield alert.transition, alert.title
    yield "severity", alert.severity
    if alert.service:
        yield "service", f"{alert.service}: {alert.reason}"
        yield "environment", alert.environment
        yield (
            "incident",
            f"{alert.incident}, if it is open" if _ends(alert) else f"{alert.incident}",
        )
        yield "fingerprint", f"{alert.fingerprint}"
    else:
        yield "service", f"none: {alert.reason}"
    for number, (name, value) in enumerate(sorted(alert.facts.items())):
        yield "" if number else "facts", f"{name} = {value}"


def _ends(alert: "ExplainedAlert") -> bool:
    return alert.transition == "resolved"
