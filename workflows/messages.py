"""What travels into and out of the workflows: inputs, outcomes and signal arguments."""

from enum import StrEnum

from pydantic import Field

from suture.domain.alert import AlertBatch, AlertNotice, Severity
from suture.domain.approval import Decision
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import EvidenceRef
from suture.domain.incident import Goal, IncidentKey, Stage
from suture.domain.patch import Candidate
from suture.domain.report import IncidentReport
from suture.domain.resolution import Resolution, ResolutionKind
from suture.domain.rollout import Deployment, Reading
from suture.domain.service import Service
from suture.domain.usage import Usage
from suture.domain.value import CommitSha, Digest, Instant, Line, Prose, Value
from suture.domain.verification import Reproduction, Verification
from suture.policy.model import Policy

TITLE_MEMO = "title"
"""Memo that says what an incident is about; it outlasts the run that it was given to."""


class Answer(StrEnum):
    """What the humans answered to the question that is open."""

    APPROVED = "approved"
    CHANGES = "changes"
    REJECTED = "rejected"


class CarriedIncident(Value):
    """All that an incident takes along when its history starts anew."""

    report: IncidentReport
    service: Service
    policy: Policy
    event: Digest
    seen_messages: tuple[str, ...] = ()
    seen_decisions: tuple[str, ...] = ()
    waiting_decisions: tuple[Decision, ...] = ()
    attempts: int = 0
    asked_at: Instant | None = None
    first_asked_at: Instant | None = None
    reminded: bool = False
    escalated: bool = False
    rejected_patches: tuple[Digest, ...] = ()
    authors: tuple[str, ...] = ()
    last_alert_at: Instant | None = None
    opening_reading: Reading | None = None
    merge_reading: Reading | None = None
    case_opened: bool = False
    merged_at: Instant | None = None
    answer: Answer | None = None
    comment: Prose = ""
    taken_over: bool = False
    queued: bool = False
    heard: tuple[str, ...] = ()
    ci_head: CommitSha | None = None
    ci_since: Instant | None = None
    ci_settled: CommitSha | None = None
    ci_note: Line = ""
    attending: Resolution | None = None
    """How it will end, while it stays open for a human to look at."""


class IncidentInput(Value):
    """What starts an incident."""

    key: IncidentKey
    title: Line
    severity: Severity
    environment: str = "production"
    opened_by: AlertNotice
    goal: Goal = Goal.RECOVERY
    models: tuple[str, ...] | None = None
    """Model strings that replace the policy's for this run, as `suture fix --model` asks."""
    alerts: tuple[AlertBatch, ...] = ()
    """Came while the incident before this one was closing: they are this one's first."""
    carried: CarriedIncident | None = None


class RepairInput(Value):
    """What a repair starts from."""

    report: IncidentReport
    service: Service
    policy: Policy
    attempt: int = Field(ge=1)
    event: Digest
    """The `Alert` to reproduce."""
    evidence: EvidenceRef
    diagnosis: Diagnosis
    feedback: Prose = ""
    """What a human said of the previous patch."""
    rejected_patches: tuple[Digest, ...] = ()
    """Digests of patches that nobody should offer again."""
    budget_note: Line = ""
    """Why `policy` allows less money than the policy file gives an incident."""


class RepairOutcome(Value):
    """What a repair came to."""

    kind: ResolutionKind | None = None
    """Why there is no fix; None when `verification` holds one."""
    explanation: Prose = ""
    diagnosis: Diagnosis
    reproduction: Reproduction | None = None
    verification: Verification | None = None
    mitigation: Candidate | None = None
    usage: Usage = Usage()


class RepairProgress(Value):
    """Signal from a repair to its incident."""

    stage: Stage
    event: str
    summary: Line
    evidence: Digest | None = None


class RolloutInput(Value):
    """What a watch starts from."""

    incident_id: str
    key: IncidentKey
    service: Service
    policy: Policy
    deployment: Deployment
    before: Reading
    """Counted over the time before the deployment."""
    before_seconds: float = Field(gt=0)


class PendingDecision(Value):
    """Query answer: what became of a decision that was signalled."""

    known: bool
    accepted: bool | None = None
    reason: Prose = ""
