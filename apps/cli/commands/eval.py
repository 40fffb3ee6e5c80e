"""`suture eval SUITE`, `suture eval compare`, `suture eval list`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from apps.cli.commands.options import Json, print_json, print_model, read_settings
from apps.cli.edge import told
from apps.cli.exits import ExitCode

if TYPE_CHECKING:
    from apps.cli.evaluating import Evaluated
    from evals.running import EvalOrder

RUN = "run"


class SuiteGroup(TyperGroup):
    """A group whose command may be left out: what is no command is a suite to run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 -- typer's own
        """Put the command in where only the suite was given."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = [RUN, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=SuiteGroup,
    no_args_is_help=True,
    help="Measure the engineer: `suture eval SUITE [PATH]` runs a suite.",
)


Suite = Annotated[str, typer.Argument(metavar="SUITE", help="See `suture eval list`.")]
Checkout = Annotated[
    Path | None, typer.Argument(metavar="PATH", help="The checkout that the suite reads.")
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", help="litellm model string, in place of the policy's; may be repeated."
    ),
]
PatternsOnly = Annotated[
    bool, typer.Option("--patterns-only", help="Ask no model, whatever the policy says.")
]
ModelOnly = Annotated[bool, typer.Option("--model-only", help="Try no patterns: the models alone.")]
DiagnosisOnly = Annotated[bool, typer.Option("--diagnosis-only", help="Diagnose, try no fix.")]
Seconds = Annotated[
    float | None, typer.Option(min=1, help="For each case, in place of the suite's own limit.")
]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Cases at the same time.")]
Names = Annotated[list[str] | None, typer.Option("--case", help="Only this case; may be repeated.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first so many.")]
Out = Annotated[
    Path | None, typer.Option(help="Keep the run here; else below the state directory.")
]
Html = Annotated[Path | None, typer.Option(help="Write the run as one page.")]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Start anew; else a run goes on where it stopped.")
]


@app.command(RUN)
@told
def run_(
    *,
    suite: Suite,
    path: Checkout = None,
    model: Models = None,
    patterns_only: PatternsOnly = False,
    model_only: ModelOnly = False,
    diagnosis_only: DiagnosisOnly = False,
    seconds: Seconds = None,
    jobs: Jobs = 1,
    case: Names = None,
    limit: Limit = None,
    out: Out = None,
    html: Html = None,
    fresh: Fresh = False,
    json: Json = False,
) -> None:
    """Run a suite as production would, judge it by what is hidden, and show the scoreboard.

    A run that was stopped goes on where it stopped. Exit codes: 0 done; 1 the whole suite was run
    and misses a threshold; 2 wrong usage; 4 the environment is not ready (see `suture check`).
    """
    from apps.cli.evaluating import check_place, tiers_of
    from apps.cli.stack import cache_directory
    from evals.registry import load_suite
    from evals.running import EvalOrder

    if html is not None:
        check_place(html)
    settings = read_settings()
    order = EvalOrder(
        suite=load_suite(suite, path),
        path=path.resolve() if path else None,
        tiers=tiers_of(
            models=model or (),
            patterns=not model_only,
            model=not patterns_only,
            diagnosis=diagnosis_only,
        ),
        seconds=seconds,
        jobs=jobs,
        names=tuple(case or ()),
        limit=limit,
        directory=out.absolute() if out else None,
        runs=settings.state_dir.absolute() / "evals",
        cache=cache_directory(),
        fresh=fresh,
    )
    _tell(_evaluated(order), html, json=json)


def _evaluated(order: "EvalOrder") -> "Evaluated":
    from apps.cli.asynchronous import run
    from apps.cli.evaluating import Lines, evaluate
    from apps.cli.rendering import stderr
    from apps.logging import configure_logging

    settings = read_settings()
    configure_logging(settings.log_level, order.cache / "eval.log")
    return run(lambda: evaluate(settings, order, Lines(stderr())))


def _tell(evaluated: "Evaluated", html: Path | None, *, json: bool) -> None:
    from apps.cli.evaluating import show_board, write_page
    from apps.cli.rendering import stdout

    if html is not None:
        write_page(evaluated, html)
    if json:
        print_model(evaluated.board)
    else:
        show_board(stdout(), evaluated)
    if not evaluated.passed:
        raise typer.Exit(ExitCode.REFUSED)


@app.command("compare")
@told
def compare_(
    *,
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help="Directory of a run.")],
    after: Annotated[Path, typer.Argument(metavar="RUN_B", help="Directory of another run.")],
    json: Json = False,
) -> None:
    """Hold two runs of a suite against each other, case by case."""
    from apps.cli.evaluating import show_comparison
    from apps.cli.rendering import stdout
    from evals.comparing import compare
    from evals.store import read_run

    comparison = compare(read_run(before), read_run(after))
    if json:
        print_model(comparison)
    else:
        show_comparison(stdout(), comparison)


@app.command("list")
@told
def list_(*, json: Json = False) -> None:
    """List the suites."""
    from apps.cli.rendering import stdout, table
    from evals.registry import SUITES

    if json:
        print_json(
            {name: {"summary": one.summary, "path": one.needs} for name, one in SUITES.items()}
        )
        return
    rows = [
        (name, (one.summary, f"PATH: {one.needs}" if one.needs else ""))
        for name, one in SUITES.items()
    ]
    stdout().print(table(("suite", ""), rows, whole=0), crop=False)
