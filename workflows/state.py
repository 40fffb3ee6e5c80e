"""All that an incident knows at any moment, in one place."""

from dataclasses import dataclass, field

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from suture.domain.alert import AlertBatch, Severity
    from suture.domain.approval import Decision
    from suture.domain.incident import IncidentSummary, Stage
    from suture.domain.report import IncidentReport
    from suture.domain.resolution import Resolution
    from suture.domain.rollout import Reading
    from suture.domain.service import Service
    from suture.domain.value import CommitSha, Digest, Instant
    from suture.policy.model import Policy
    from workflows.calls import Calls
    from workflows.chronicle import Chronicle
    from workflows.messages import Answer, CarriedIncident, IncidentInput

MAX_NOTICES = 20
MAX_SEEN = 1_000
"""Ids that are remembered to count each message once."""
WORST_FIRST = tuple(Severity)


@dataclass
class IncidentState:
    """Mutable, and only ever touched by workflow code."""

    start: IncidentInput
    chronicle: Chronicle
    service: Service
    policy: Policy
    event: Digest
    """The alert to find the cause of, with what its vendor added."""
    attempts: int = 0
    heals_this_week: int = 0
    """Known once the case is open; only asked before the first repair."""
    seen_messages: dict[str, None] = field(default_factory=dict)
    seen_decisions: dict[str, None] = field(default_factory=dict)
    closing: bool = False
    late_alerts: list[AlertBatch] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    """Waiting to be judged, oldest first."""
    asked_at: Instant | None = None
    first_asked_at: Instant | None = None
    reminded: bool = False
    """Whether this was done since `asked_at`, as `escalated`."""
    escalated: bool = False
    rejected_patches: list[Digest] = field(default_factory=list)
    authors: tuple[str, ...] = ()
    last_alert_at: Instant | None = None
    opening_reading: Reading | None = None
    merge_reading: Reading | None = None
    attending: Resolution | None = None
    case_opened: bool = False
    """Whether service, policy and occurrence are known: nothing can be recorded before."""
    merged_at: Instant | None = None
    answer: Answer | None = None
    comment: str = ""
    """What a human said with the answer."""
    taken_over: bool = False
    hints: int = 0
    """Raised by each signal that says where to look, so that whoever waits looks at once."""
    queued: bool = False
    """Whether the host has taken in what was approved, and merges it when it sees fit."""
    heard: dict[str, None] = field(default_factory=dict)
    """Remarks on the pull request that were heard."""
    ci_head: CommitSha | None = None
    """The head whose CI is waited for, and since when."""
    ci_since: Instant | None = None
    ci_settled: CommitSha | None = None
    """The head about which humans are asked whatever its CI says, and what there is to say."""
    ci_note: str = ""

    @classmethod
    def opened(cls, start: IncidentInput) -> "IncidentState":
        """Start from nothing, or from what an earlier run carried over."""
        carried = start.carried
        if carried is None:
            state = cls(
                start=start,
                chronicle=Chronicle(_first_report(start)),
                service=Service(name=start.key.service, repository=""),
                policy=Policy(),
                event=start.opened_by.event,
            )
            for batch in start.alerts:
                state.count(batch)
            return state
        return cls(
            start=start,
            chronicle=Chronicle(carried.report),
            service=carried.service,
            policy=carried.policy,
            event=carried.event,
            attempts=carried.attempts,
            seen_messages=dict.fromkeys(carried.seen_messages),
            seen_decisions=dict.fromkeys(carried.seen_decisions),
            decisions=list(carried.waiting_decisions),
            asked_at=carried.asked_at,
            first_asked_at=carried.first_asked_at,
            reminded=carried.reminded,
            escalated=carried.escalated,
            rejected_patches=list(carried.rejected_patches),
            authors=carried.authors,
            last_alert_at=carried.last_alert_at,
            opening_reading=carried.opening_reading,
            merge_reading=carried.merge_reading,
            attending=carried.attending,
            case_opened=carried.case_opened,
            merged_at=carried.merged_at,
            answer=carried.answer,
            comment=carried.comment,
            taken_over=carried.taken_over,
            queued=carried.queued,
            heard=dict.fromkeys(carried.heard),
            ci_head=carried.ci_head,
            ci_since=carried.ci_since,
            ci_settled=carried.ci_settled,
            ci_note=carried.ci_note,
        )

    @property
    def report(self) -> IncidentReport:
        """The report as it stands."""
        return self.chronicle.report

    @property
    def calls(self) -> Calls:
        """Activities with the patience that the policy asks for."""
        return Calls(timing=self.policy.timing)

    def receive(self, batch: AlertBatch) -> None:
        """Count a batch once; what comes while the incident closes is the next one's."""
        if not self.is_new(batch.batch_id):
            return
        if self.closing:
            self.late_alerts.append(batch)
        else:
            self.count(batch)

    def is_new(self, message_id: str) -> bool:
        """Tell whether a message comes for the first time."""
        if message_id in self.seen_messages:
            return False
        remember(self.seen_messages, message_id)
        return True

    def count(self, batch: AlertBatch) -> None:
        """Count a batch's alerts, and keep a sample of their notices."""
        report, summary = self.report, self.report.summary
        worst = min((notice.severity for notice in batch.notices), key=WORST_FIRST.index)
        severity = min(worst, summary.severity, key=WORST_FIRST.index)
        kept = (*report.notices, *batch.notices)
        if len(kept) > MAX_NOTICES:
            half = MAX_NOTICES // 2
            kept = (*kept[:half], *kept[-half:])
        self.chronicle.change(
            notices=kept,
            summary=summary.model_copy(
                update={"alerts": summary.alerts + batch.count, "severity": severity}
            ),
        )
        self.last_alert_at = workflow.now()

    def recurrence(self) -> IncidentInput | None:
        """Return what starts the next incident, if alerts came while this one was closing."""
        if not self.late_alerts:
            return None
        notices = [notice for batch in self.late_alerts for notice in batch.notices]
        worst = min((notice.severity for notice in notices), key=WORST_FIRST.index)
        return self.start.model_copy(
            update={
                "severity": worst,
                "opened_by": notices[0],
                "alerts": tuple(self.late_alerts),
                "carried": None,
            }
        )

    def carried(self) -> CarriedIncident:
        """Pack everything for the next run."""
        return CarriedIncident(
            report=self.report,
            service=self.service,
            policy=self.policy,
            event=self.event,
            seen_messages=tuple(self.seen_messages),
            seen_decisions=tuple(self.seen_decisions),
            waiting_decisions=tuple(self.decisions),
            attempts=self.attempts,
            asked_at=self.asked_at,
            first_asked_at=self.first_asked_at,
            reminded=self.reminded,
            escalated=self.escalated,
            rejected_patches=tuple(self.rejected_patches),
            authors=self.authors,
            last_alert_at=self.last_alert_at,
            opening_reading=self.opening_reading,
            merge_reading=self.merge_reading,
            attending=self.attending,
            case_opened=self.case_opened,
            merged_at=self.merged_at,
            answer=self.answer,
            comment=self.comment,
            taken_over=self.taken_over,
            queued=self.queued,
            heard=tuple(self.heard),
            ci_head=self.ci_head,
            ci_since=self.ci_since,
            ci_settled=self.ci_settled,
            ci_note=self.ci_note,
        )


def remember(seen: dict[str, None], item: str) -> None:
    """Add to a bounded set that forgets its oldest members."""
    seen[item] = None
    if len(seen) > MAX_SEEN:
        del seen[next(iter(seen))]


def _first_report(start: IncidentInput) -> IncidentReport:
    summary = IncidentSummary(
        incident_id=start.key.incident_id,
        run_id=workflow.info().run_id,
        service=start.key.service,
        fingerprint=start.key.fingerprint,
        title=start.title,
        severity=start.severity,
        stage=Stage.DETECTED,
        alerts=0,
        opened_at=workflow.info().workflow_start_time,
    )
    return IncidentReport(key=start.key, summary=summary, environment=start.environment)
