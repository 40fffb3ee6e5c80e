"""`suture fix`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.commands.options import Json, print_model, read_settings

if TYPE_CHECKING:
    from apps.cli.fixing import FixOrder, FixOutcome


Repo = Annotated[
    Path, typer.Option("--repo", help="Your repository. Its working tree is never touched.")
]
Event = Annotated[
    str,
    typer.Option(
        "--event",
        help="A Sentry event (JSON), a stack trace or a CI log; `-` reads standard input.",
    ),
]

GIVE = "Give --event a Sentry event as JSON, a stack trace as printed, or a CI log."


def fix(
    *,
    repo: Repo,
    event: Event,
    service: Annotated[
        str | None, typer.Option(help="Name of the service; else its directory's.")
    ] = None,
    test_command: Annotated[
        str | None, typer.Option(help="Shell command that runs the tests, without network.")
    ] = None,
    setup_command: Annotated[
        str | None, typer.Option(help="Shell command that installs into $VIRTUAL_ENV.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="litellm model string; else the policy's models.")
    ] = None,
    api_base: Annotated[
        str | None, typer.Option(help="URL of an OpenAI-compatible server for the model.")
    ] = None,
    keep_state: Annotated[
        Path | None, typer.Option(help="Keep database, artifacts and log in this directory.")
    ] = None,
    json: Json = False,
) -> None:
    """Find, fix and prove one error in your own repository, up to a branch with the fix.

    Exit codes: 0 a verified fix is on its branch; 2 wrong usage or an event nobody understands;
    3 no fix found, but a good ticket; 4 the environment is not ready (see `suture check`).
    """
    from apps.cli.fixing import FixOrder, read_event
    from apps.cli.repository import open_repository, service_name

    repository = open_repository(repo)
    stdin = typer.get_binary_stream("stdin").read() if event == "-" else None
    order = FixOrder(
        repository=repository,
        event=read_event(event, stdin),
        service=service_name(service) if service else repository.name,
        test_command=test_command,
        setup_command=setup_command,
        model=model,
        api_base=api_base,
        keep_state=keep_state,
    )
    outcome = _run(order)
    if json:
        print_model(outcome.result)
    else:
        _tell(outcome)
    raise typer.Exit(outcome.result.exit_code)


def _run(order: "FixOrder") -> "FixOutcome":
    """Run, and see whether an earlier run left the same fix."""
    from dataclasses import replace

    from apps.cli.repository import fixes_in

    before = fixes_in(order.repository)
    outcome = _loop(order)
    branch = outcome.result.branch or ""
    same = branch in before and before[branch] == fixes_in(order.repository).get(branch)
    return replace(outcome, result=outcome.result.model_copy(update={"repeated": same}))


def _loop(order: "FixOrder") -> "FixOutcome":
    from apps.cli.asynchronous import run
    from apps.cli.fixing import fix as run_fix
    from apps.cli.progress import Progress
    from apps.cli.rendering import stderr
    from apps.cli.stack import cache_directory
    from apps.logging import configure_logging
    from suture.domain.incident import Stage
    from suture.errors import InvalidInput

    settings = read_settings()
    configure_logging(settings.log_level, (order.keep_state or cache_directory()) / "fix.log")
    stages = (Stage.TICKET, Stage.ROOT_CAUSE, Stage.FIX, Stage.TEST, Stage.CLOSED)
    with Progress(stderr(), stages) as progress:
        try:
            return run(lambda: run_fix(settings, order, progress))
        except InvalidInput as error:
            raise InvalidInput(f"{str(error).rstrip('.')}. {GIVE}") from error


def _tell(outcome: "FixOutcome") -> None:
    from apps.cli.rendering import line, plain, stdout
    from apps.cli.story import show_findings

    console, result = stdout(), outcome.result
    show_findings(console, outcome.report, result.patch or "")
    console.print()
    if result.branch is None:
        console.print(plain(f"No fix: {line(result.summary)}", "bold"), soft_wrap=True)
        console.print(plain(result.ticket), soft_wrap=True)
        return
    where = "was already" if result.repeated else "is"
    told = f"The fix {where} on branch {result.branch}."
    console.print(plain(told, "bold green"), soft_wrap=True)
    base = result.pull_request.base_branch if result.pull_request else ""
    console.print(plain(f"See it: git diff {base}...{result.branch}"), soft_wrap=True)
