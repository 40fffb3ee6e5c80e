"""Progress at a terminal and without one."""

import io

from rich.console import Console

from apps.cli.progress import Progress, stage_seconds
from suture.domain.incident import Stage
from tests.cli.reports import make_report


def test_each_news_is_told_once_and_harmlessly() -> None:
    out = io.StringIO()
    with Progress(Console(file=out, width=120)) as progress:
        progress.update(make_report())
        progress.update(make_report())
        progress.update(make_report(closed=True))
    lines = out.getvalue().splitlines()
    assert len(lines) == 4
    assert "3.0 s  Root cause" in lines[2]
    assert "[red]" in lines[2]
    assert "\x1b" not in out.getvalue()


def test_a_terminal_shows_the_checklist() -> None:
    out = io.StringIO()
    with Progress(Console(file=out, width=120, force_terminal=True)) as progress:
        progress.update(make_report())
    assert "Deploy watch" in out.getvalue()


def test_a_stage_lasts_until_the_next_one_begins() -> None:
    assert stage_seconds(make_report(closed=True)) == {
        Stage.DETECTED: 1.0,
        Stage.TICKET: 2.0,
        Stage.ROOT_CAUSE: 6.0,
        Stage.CLOSED: 1.0,
    }
