"""The findings of an incident, for people at a terminal."""

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.text import Text

from apps.cli.rendering import diff, line, plain, table
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Location
from suture.domain.report import IncidentReport
from suture.domain.verification import SuiteSummary, Verification
from suture.errors import LedgerCorrupt, NotFound
from suture.ports.artifacts import ArtifactStore

MAX_DIFF_LINES = 400


def read_diff(report: IncidentReport, artifacts: ArtifactStore) -> str:
    """Return the unified diff that the pull request holds, or nothing."""
    verification = report.verification
    if verification is None or verification.full_diff is None:
        return ""
    try:
        return artifacts.get(verification.full_diff).decode(errors="replace")
    except (NotFound, LedgerCorrupt):
        return ""


def show_findings(console: Console, report: IncidentReport, patch: str) -> None:
    """Print diagnosis, diff and evidence."""
    parts: list[RenderableType] = []
    if report.diagnosis is not None:
        parts += _diagnosis(report.diagnosis)
    if patch:
        parts += [_heading("The change"), diff(_shortened(patch))]
    if report.verification is not None:
        parts += _verification(report.verification)
    console.print(Group(*parts), soft_wrap=True)


def show_incident(console: Console, report: IncidentReport) -> None:
    """Print where an incident stands and how it got there."""
    summary = report.summary
    facts = [
        ("Incident", summary.incident_id),
        ("Service", f"{summary.service} ({report.environment})"),
        ("Severity", summary.severity),
        ("Stage", summary.stage),
        ("Alerts", summary.alerts),
        ("Opened", f"{summary.opened_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("Waiting for", report.waiting_for),
        ("Ticket", report.ticket.url if report.ticket else ""),
        ("Pull request", report.pull_request.url if report.pull_request else ""),
        ("Resolution", report.resolution.kind if report.resolution else ""),
        ("Cost", f"${report.usage.cost_usd:.2f}, {report.usage.model_calls} model calls"),
    ]
    console.print(plain(line(summary.title), "bold"), soft_wrap=True)
    known = [fact for fact in facts if fact[1] not in {"", None}]
    console.print(table(("", ""), known, whole=1), crop=False)
    console.print(_heading("Story"))
    for entry in report.timeline:
        console.print(plain(f"{entry.at:%H:%M:%S}  {line(entry.summary)}"), soft_wrap=True)


def _diagnosis(diagnosis: Diagnosis) -> Iterator[RenderableType]:
    yield _heading("Root cause")
    yield plain(line(diagnosis.summary))
    yield plain(
        f"{diagnosis.category}, confidence {diagnosis.confidence:.0%}, by {diagnosis.reasoned_by}",
        "dim",
    )
    if diagnosis.cause is not None:
        yield plain(f"Made at    {where(diagnosis.cause)}")
    if diagnosis.crash is not None and diagnosis.crash != diagnosis.cause:
        yield plain(f"Crashed at {where(diagnosis.crash)}")
    if diagnosis.reach is not None:
        yield plain(f"Reach      {diagnosis.reach}")
    for one in diagnosis.hypotheses:
        state = one.state.replace("_", " ")
        yield plain(f"{one.label} {state}: {where(one.place)}. {line(f'{one.claim} {one.why}')}")
    suspect = diagnosis.suspect
    if suspect is not None:
        yield plain(f"Suspect    {suspect.commit[:12]} {line(suspect.summary)} ({suspect.author})")
    for step in diagnosis.next_steps:
        yield plain(f"Next: {line(step)}")


def _verification(verification: Verification) -> Iterator[RenderableType]:
    yield _heading("Evidence")
    steps = (
        ("red on the base", verification.red_on_base),
        ("green with the fix", verification.green_with_patch),
        ("red with the fix taken out", verification.red_without_fix),
    )
    for what, held in steps:
        yield Text.assemble(("✓ " if held else "✗ ", "green" if held else "red"), what)
    before, after = verification.base_suite, verification.patched_suite
    if before is not None and after is not None:
        yield plain(f"Suite: {suite(before)} before, {suite(after)} after")
    yield plain(line(verification.explanation), "dim")
    if verification.scrutiny is not None:
        seen = verification.scrutiny
        if seen.statements:
            ran = f"the failing tests run {seen.covered_by_test}, any tests {seen.covered}"
            yield plain(f"Changed statements: {seen.statements}; {ran}", "dim")
        for note in verification.scrutiny.notes:
            yield plain(line(note), "yellow")


def where(location: Location) -> str:
    """Return a place in the code on one line."""
    inside = f" in {location.function}" if location.function else ""
    return line(f"{location.path}:{location.line}{inside}")


def suite(summary: SuiteSummary) -> str:
    """Return a run of the tests on one line."""
    if not summary.ran:
        return "did not run"
    flaky = f", {len(summary.flaky)} flaky" if summary.flaky else ""
    return f"{summary.passed} passed, {summary.failed} failed{flaky}"


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _shortened(patch: str) -> str:
    rows = patch.splitlines()
    if len(rows) <= MAX_DIFF_LINES:
        return patch
    return "\n".join([*rows[:MAX_DIFF_LINES], f"... {len(rows) - MAX_DIFF_LINES} more lines"])
