"""Shows an incident's progress: a live checklist on a terminal, plain lines otherwise."""

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from apps.cli.rendering import line, plain
from suture.domain.incident import Stage, TimelineEntry
from suture.domain.report import IncidentReport

LABELS: Mapping[Stage, str] = {
    Stage.DETECTED: "Detect",
    Stage.TICKET: "Ticket",
    Stage.ROOT_CAUSE: "Root cause",
    Stage.FIX: "Fix",
    Stage.TEST: "Test",
    Stage.APPROVAL: "Approval",
    Stage.DEPLOY_WATCH: "Deploy watch",
    Stage.HUMAN: "A human looks",
    Stage.CLOSED: "Close",
}
REFRESHES_PER_SECOND = 6


class Progress:
    """Draws on one console while its context is open."""

    def __init__(self, console: Console, stages: tuple[Stage, ...] = tuple(LABELS)) -> None:
        self._console = console
        self._stages = stages
        self._told = 0
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal and self._live is None:
            self._live = Live(
                console=self._console, refresh_per_second=REFRESHES_PER_SECOND, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, report: IncidentReport) -> None:
        """Show the report: what is new below, and on a terminal where things stand."""
        news = report.timeline[self._told :]
        self._told = len(report.timeline)
        opened = report.summary.opened_at
        for entry in news:
            self._console.print(_entry(entry, opened), soft_wrap=True)
        if self._live is not None:
            self._live.update(self._checklist(report))

    def _checklist(self, report: IncidentReport) -> Group:
        now = report.summary.stage
        taken = stage_seconds(report)
        rows = Table.grid(padding=(0, 1))
        for stage in self._stages:
            if stage is now and stage is not Stage.CLOSED:
                rows.add_row(Spinner("dots"), Text(LABELS[stage], style="bold"), "")
            elif stage in taken or stage is now:
                rows.add_row(
                    Text("✓", style="green"), LABELS[stage], f"{taken.get(stage, 0):.1f} s"
                )
            elif stage is not Stage.HUMAN:
                rows.add_row(" ", Text(LABELS[stage], style="dim"), "")
        return Group(rows, plain(line(report.waiting_for), "dim"))


def stage_seconds(report: IncidentReport) -> dict[Stage, float]:
    """Return how long each stage took, as far as it is over, in seconds and in order.

    An entry is written in the stage that it belongs to; a stage lasts until the next one's first.
    """
    firsts: dict[Stage, datetime] = {}
    for entry in report.timeline:
        firsts.setdefault(entry.stage, entry.at)
    ordered = sorted(firsts.items(), key=lambda item: item[1])
    ends = [at for _, at in ordered[1:]] + [report.summary.closed_at or _last(report)]
    begins = [report.summary.opened_at, *(at for _, at in ordered[1:])]
    return {
        stage: max(0.0, (end - begin).total_seconds())
        for (stage, _), begin, end in zip(ordered, begins, ends, strict=True)
    }


def _last(report: IncidentReport) -> datetime:
    return report.timeline[-1].at if report.timeline else report.summary.opened_at


def _entry(entry: TimelineEntry, opened: datetime) -> Text:
    elapsed = (entry.at - opened).total_seconds()
    label = LABELS[entry.stage]
    return plain(f"{elapsed:7.1f} s  {label:<13} {line(entry.summary)}")
