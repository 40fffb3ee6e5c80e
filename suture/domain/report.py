"""Everything there is to say of an incident: what tickets, pages, messages and queries show."""

from pydantic import Field

from suture.domain.alert import AlertNotice
from suture.domain.approval import Consent, ConsentTarget, Judgement
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import EvidenceRef
from suture.domain.incident import IncidentKey, IncidentSummary, TimelineEntry
from suture.domain.patch import Candidate
from suture.domain.pull_request import PullRequestRef
from suture.domain.resolution import Resolution
from suture.domain.rollout import RolloutReport
from suture.domain.ticket import ThreadRef, TicketRef
from suture.domain.usage import Usage
from suture.domain.value import CommitSha, Line, Value
from suture.domain.verification import Reproduction, Verification


class IncidentReport(Value):
    """One incident as it stands. Bounded: it travels in queries and activity inputs."""

    key: IncidentKey
    summary: IncidentSummary
    environment: str = "production"
    occurrence: int = Field(default=1, ge=1)
    """1 for the first incident of its key, 2 for the first recurrence, and so on."""
    notices: tuple[AlertNotice, ...] = ()
    """The first alerts and the newest, a bounded sample."""
    waiting_for: Line = ""
    """What happens next, or whom Suture is waiting for."""
    ticket: TicketRef | None = None
    thread: ThreadRef | None = None
    evidence: EvidenceRef | None = None
    diagnosis: Diagnosis | None = None
    reproduction: Reproduction | None = None
    verification: Verification | None = None
    mitigation: Candidate | None = None
    pull_request: PullRequestRef | None = None
    target: ConsentTarget | None = None
    """What consent is asked for right now."""
    judgements: tuple[Judgement, ...] = ()
    """Decisions that were judged, the refused ones too; the newest 50."""
    consents: tuple[Consent, ...] = ()
    """Approvals of what is asked about; more than one where the policy asks for more."""
    consent: Consent | None = None
    """The approval that opens the merge: the last one that was needed."""
    merge_sha: CommitSha | None = None
    rollout: RolloutReport | None = None
    revert: PullRequestRef | None = None
    resolution: Resolution | None = None
    usage: Usage = Usage()
    timeline: tuple[TimelineEntry, ...] = ()

    @property
    def case_id(self) -> str:
        """Names this occurrence of the incident: the key of its ticket, branch and thread."""
        return f"{self.key.incident_id}-{self.occurrence}"
