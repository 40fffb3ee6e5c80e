"""What every activity of a smooth incident answers, for the benchmark of the workflow."""

from datetime import UTC, datetime

from pydantic import BaseModel

from activities.fixing import EnvironmentRef
from activities.opening import Case
from activities.recording import RecordResult
from suture.canonical import sha256
from suture.domain.alert import AlertNotice, AlertSource, Severity
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from suture.domain.evidence import EvidenceRef
from suture.domain.incident import Goal, IncidentKey
from suture.domain.patch import Candidate, CandidateBatch, ChangedFile, Patch, PatchNature
from suture.domain.pull_request import PullRequest, PullRequestRef, PullRequestState
from suture.domain.rollout import Reading
from suture.domain.service import Service
from suture.domain.ticket import ThreadRef, TicketRef
from suture.domain.usage import Usage
from suture.domain.verification import (
    Oracle,
    Reproduction,
    SuiteSummary,
    TrialReport,
    VerdictReason,
    Verification,
)
from suture.policy.budgets import Grant
from suture.policy.model import Policy
from workflows.messages import IncidentInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SERVICE = Service(name="till", repository="till.git")
BASE = "0123456789abcdef0123456789abcdef01234567"
HEAD = "76543210fedcba9876543210fedcba9876543210"
DIGEST = sha256(b"something")
DIFF = sha256(b"the full diff")
URL = "http://127.0.0.1/"

PATCH = Patch(
    base_sha=BASE,
    digest=DIGEST,
    files=(ChangedFile(path="till/cart.py", added=1, removed=1),),
    nature=PatchNature.REPAIR,
    title="Put the operator right",
    origin="script",
)
REPRODUCTION = Reproduction(
    reproduced=True,
    files=DIGEST,
    node_ids=("tests/test_cart_regression.py::test_total",),
    oracle=Oracle.LAST_GOOD,
    regression_test="tests/test_cart_regression.py",
    reason="Rebuilt from the event.",
)
SUITE = SuiteSummary(report=DIGEST, ran=True, passed=3, failed=0, skipped=0)
VERIFICATION = Verification(
    verified=True,
    reason=VerdictReason.VERIFIED,
    explanation="Red, green, red.",
    patch=PATCH,
    full_diff=DIFF,
    reproduction=REPRODUCTION,
    red_on_base=True,
    green_with_patch=True,
    red_without_fix=True,
    base_suite=SUITE,
    patched_suite=SUITE,
)
PULL_REQUEST = PullRequestRef(
    number=1, repository="till.git", branch="suture/fix", base_branch="main", url=URL
)

ANSWERS: dict[str, BaseModel | str] = {
    "open_case": Case(service=SERVICE, policy=Policy()),
    "reserve_budget": Grant(entry_key="attempt-1"),
    "take_reading": Reading(at=NOW),
    "record": RecordResult(sequence=1, digest=DIGEST),
    "open_ticket": TicketRef(ticket_id="1", url=URL),
    "open_thread": ThreadRef(thread_id="1", url=URL),
    "enrich_alert": DIGEST,
    "collect_evidence": EvidenceRef(digest=DIGEST, base_sha=BASE, suspects=1),
    "diagnose": Diagnosis(
        category=Category.CODE_DEFECT,
        fixability=Fixability.FIXABLE,
        summary="The total is wrong.",
        confidence=0.9,
    ),
    "prepare_environment": EnvironmentRef(key=DIGEST, base_sha=BASE),
    "reproduce": REPRODUCTION,
    "run_base_suite": SUITE,
    "propose_patterns": CandidateBatch(digest=DIGEST, count=1),
    "try_candidates": TrialReport(
        verification=VERIFICATION,
        tried=1,
        green=(Candidate(candidate_id="only", patch=PATCH, score=0.9),),
        usage=Usage(sandbox_seconds=1.0),
    ),
    "open_pull_request": PULL_REQUEST,
    "read_pull_request": PullRequest(
        ref=PULL_REQUEST, state=PullRequestState.OPEN, head_sha=HEAD, patch_digest=DIFF
    ),
}
"""By the activity's name; what is missing answers nothing."""


def opening(number: int) -> IncidentInput:
    """Return what starts the incident of this number."""
    return IncidentInput(
        key=IncidentKey(service=SERVICE.name, fingerprint=sha256(f"{number}".encode())),
        title="TypeError: unsupported operand",
        severity=Severity.HIGH,
        goal=Goal.PULL_REQUEST,
        opened_by=AlertNotice(
            alert_id=f"alert-{number}",
            source=AlertSource.SENTRY,
            severity=Severity.HIGH,
            occurred_at=NOW,
            event=DIGEST,
        ),
    )
