"""Reports to show and to decide about."""

from datetime import UTC, datetime, timedelta

from suture.domain.alert import Severity
from suture.domain.approval import ConsentTarget
from suture.domain.incident import IncidentKey, IncidentSummary, Stage, TimelineEntry
from suture.domain.report import IncidentReport

OPENED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = IncidentKey(service="shop", fingerprint="ab" * 32)
TARGET = ConsentTarget(head_sha="c" * 40, patch_digest="d" * 64)


def entry(seconds: float, stage: Stage) -> TimelineEntry:
    return TimelineEntry(
        at=OPENED + timedelta(seconds=seconds),
        stage=stage,
        event=f"{stage}.reached",
        summary=f"Reached {stage} [red]\x1b[2J",
    )


def make_report(*, waits: bool = False, closed: bool = False) -> IncidentReport:
    stage = Stage.CLOSED if closed else Stage.APPROVAL if waits else Stage.ROOT_CAUSE
    timeline = [entry(0, Stage.DETECTED), entry(1, Stage.TICKET), entry(3, Stage.ROOT_CAUSE)]
    if closed:
        timeline.append(entry(9, Stage.CLOSED))
    summary = IncidentSummary(
        incident_id=KEY.incident_id,
        run_id="run",
        service="shop",
        fingerprint=KEY.fingerprint,
        title="KeyError: 'x'",
        severity=Severity.HIGH,
        stage=stage,
        alerts=1,
        opened_at=OPENED,
        closed_at=OPENED + timedelta(seconds=10) if closed else None,
    )
    return IncidentReport(
        key=KEY, summary=summary, target=TARGET if waits else None, timeline=tuple(timeline)
    )
