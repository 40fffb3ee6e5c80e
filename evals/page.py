"""A run as one HTML file: no script, nothing from elsewhere, and everything in it is hostile.

Its content security policy allows its own style sheet by digest and nothing else:
https://www.w3.org/TR/CSP3/. Templates escape; unseen characters are shown by their number.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from evals.board import Board, Figure, Unit
from evals.outcome import CaseResult, Ending, ItemResult, JudgeVerdict
from evals.store import Result
from suture.unseen import reveal_text

SHOWN_TEXT = 12_000
"""Characters of one text that the page shows; the run's directory has the whole."""
SHOWN_ROWS = 400
"""Lines of a diff."""
CENT = 0.01
SEALED = "default-src 'none'; base-uri 'none'; form-action 'none'"
WORST_FIRST = (
    Ending.WRONG_FIX,
    Ending.UNJUDGED_FIX,
    Ending.WRONG_OUTCOME,
    Ending.TIMED_OUT,
    Ending.NOT_RUN,
    Ending.HONEST,
    Ending.DIAGNOSED,
    Ending.RESOLVED,
    Ending.RIGHT_OUTCOME,
)
MISSED = 20
"""Counts as this rank where cases are put in order."""
TONES = {
    Ending.WRONG_FIX: "bad",
    Ending.WRONG_OUTCOME: "bad",
    Ending.TIMED_OUT: "poor",
    Ending.UNJUDGED_FIX: "poor",
    Ending.NOT_RUN: "poor",
    Ending.RESOLVED: "good",
    Ending.RIGHT_OUTCOME: "good",
    JudgeVerdict.RIGHT: "good",
    JudgeVerdict.WRONG: "bad",
}


def render_page(board: Board, results: Sequence[Result]) -> str:
    """Return the page."""
    style = (files("evals") / "templates" / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    cases = [each for each in results if isinstance(each, CaseResult)]
    items = [each for each in results if isinstance(each, ItemResult)]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            board=board,
            cases=sorted(cases, key=_badness),
            items=sorted(items, key=lambda item: item.name),
            style=Markup(style),  # noqa: S704 -- our own file
            policy=f"{SEALED}; style-src 'sha256-{digest}'",
        )
    )


def _badness(case: CaseResult) -> tuple[int, int, str]:
    """Order the worst first: by the ending, then by how far down the right places were."""
    ranks = sum(MISSED if rank is None else rank for rank in case.ranks.values())
    return WORST_FIRST.index(case.ending), -ranks, case.name


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("evals"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_revealed,
    )
    environment.filters |= {
        "words": words,
        "figure": told_figure,
        "bounds": told_bounds,
        "diff": lambda text: list(_diff_rows(text)),
        "cut": _cut,
        "tone": lambda ending: TONES.get(ending, ""),
        "rank": lambda rank: "missed" if rank is None else f"#{rank}",
    }
    return environment


def _revealed(value: object) -> object:
    """Show unseen characters; what is markup is ours, or was made from text that went this way."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return reveal_text(value)


def words(name: str) -> str:
    """Return a name from a closed set as people write it."""
    return name.replace("_", " ")


def told_figure(figure: Figure) -> str:
    """Return a figure for people."""
    if figure.value is None:
        return "nothing"
    told = told_value(figure.value, figure.unit)
    return f"{told} ({figure.hits}/{figure.of})" if figure.hits is not None else told


def told_bounds(figure: Figure) -> str:
    """Return a figure's confidence interval for people; nothing where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    return f"{told_value(figure.low, figure.unit)} to {told_value(figure.high, figure.unit)}"


def told_value(value: float, unit: Unit) -> str:
    """Return a value with its unit."""
    if unit is Unit.SHARE:
        return f"{value:.1%}"
    if unit is Unit.SECONDS:
        return f"{value:.1f} s"
    if unit is Unit.USD:
        return f"${value:.2f}" if abs(value) >= CENT or value == 0 else f"${value:.4f}"
    return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 100 else f"{value:.0f}"  # noqa: PLR2004 -- digits that tell something


def _cut(text: str) -> str:
    if len(text) <= SHOWN_TEXT:
        return text
    return f"{text[:SHOWN_TEXT]}\n… {len(text) - SHOWN_TEXT} more characters in the run's directory"


def _diff_rows(text: str) -> Iterator[tuple[str, str]]:
    rows = _cut(text).splitlines()
    for row in rows[:SHOWN_ROWS]:
        heads = row.startswith(("+++", "---", "diff ", "index "))
        tone = "head" if heads else {"+": "added", "-": "gone", "@": "place"}.get(row[:1], "")
        yield tone, row
    if len(rows) > SHOWN_ROWS:
        yield "head", f"… {len(rows) - SHOWN_ROWS} more lines in the run's directory"
