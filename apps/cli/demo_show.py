"""The demo at a terminal: what happens, the question to the on-call, the summary."""

import asyncio
import sys
import time
from types import TracebackType
from typing import Self

from pydantic import JsonValue
from rich.console import Console

from apps.cli.demo import DemoResult
from apps.cli.progress import LABELS, Progress, stage_seconds
from apps.cli.rendering import line, plain, table
from apps.cli.story import show_findings
from suture.domain.report import IncidentReport

YES = {"y", "yes"}


class TerminalShow:
    """Implements `apps.cli.demo.Stageman` on one console."""

    def __init__(self, console: Console, *, ask: bool) -> None:
        self._console = console
        self._ask = ask and console.is_terminal and sys.stdin.isatty()
        self._progress = Progress(console)
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.__exit__(kind, error, trace)

    def say(self, text: str) -> None:
        """Tell what happens."""
        self._console.print(plain(text), soft_wrap=True)

    def links(self, console: str, temporal: str, token: str) -> None:
        """Show where to look."""
        self.say(f"Console:     {console}  (log in with the token {token})")
        self.say(f"Temporal UI: {temporal}")

    def update(self, report: IncidentReport) -> None:
        """Show what is new."""
        self._progress.__enter__()
        self._progress.update(report)

    async def decide(self, report: IncidentReport, patch: str) -> bool:
        """Show the fix and ask for consent; without a terminal the demo's on-call approves."""
        self._progress.__exit__(None, None, None)
        show_findings(self._console, report, patch)
        self._console.print()
        if not self._ask:
            self.say("Nobody is asked here: the demo's on-call approves exactly this diff.")
            return True
        self._console.print("Approve exactly this diff? [y/n] ", end="", markup=False)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()
        loop.add_reader(sys.stdin, lambda: answer.set_result(sys.stdin.readline()))
        try:
            return (await answer).strip().lower() in YES
        finally:
            loop.remove_reader(sys.stdin)

    def finish(self, result: DemoResult) -> None:
        """Sum up."""
        self._progress.__exit__(None, None, None)
        report = result.report
        rows = [(LABELS[stage], f"{took:.1f} s") for stage, took in stage_seconds(report).items()]
        self._console.print()
        self._console.print(table(("Stage", "Time"), rows))
        closed = report.resolution is not None and report.resolution.ticket_closed
        resolution = report.resolution
        facts = [
            ("Outcome", resolution.kind if resolution else "none"),
            ("Alerts counted", report.summary.alerts),
            ("Ticket closed", "yes" if closed else "no"),
            ("Recovery", line(report.rollout.explanation) if report.rollout else "not watched"),
            ("Audit", "verified" if not result.findings else f"{len(result.findings)} findings"),
            ("Cost", f"${report.usage.cost_usd:.2f}"),
            ("Whole demo", f"{time.monotonic() - self._began:.0f} s"),
        ]
        self._console.print()
        self._console.print(table(("", ""), facts))
        for finding in result.findings:
            self.say(f"{finding.kind}: {finding.explanation}")


def summary_of(result: DemoResult) -> dict[str, JsonValue]:
    """Return the summary for programs."""
    report, resolution = result.report, result.report.resolution
    return {
        "outcome": resolution.kind if resolution else None,
        "recovered": result.recovered,
        "incident_id": report.summary.incident_id,
        "alerts": report.summary.alerts,
        "stage_seconds": {stage.value: took for stage, took in stage_seconds(report).items()},
        "ticket_closed": bool(resolution and resolution.ticket_closed),
        "patch": result.patch,
        "audit_findings": [finding.model_dump(mode="json") for finding in result.findings],
        "duration_seconds": resolution.duration_seconds if resolution else None,
    }
