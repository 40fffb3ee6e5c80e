"""What the page of one incident shows, gathered before the template is rendered."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from apps.console.diffs import ShownDiff, show_diff
from suture.audit.chain import verify_chain
from suture.audit.findings import Finding
from suture.domain.approval import Actor, DecisionKind
from suture.domain.incident import Stage
from suture.domain.ledger import LedgerEntry
from suture.domain.patch import FileChange
from suture.domain.report import IncidentReport
from suture.domain.value import Digest
from suture.domain.verification import ReproductionFiles
from suture.errors import LedgerCorrupt, NotFound
from suture.ports.artifacts import ArtifactStore
from workers.parts import Parts

MAX_TEST_CHARACTERS = 20_000


@dataclass(frozen=True)
class Question:
    """The decisions that mean something now, for a person who may make them."""

    kinds: tuple[DecisionKind, ...]
    decision_id: str
    """Made once for each page shown, so that a second click counts for nothing."""

    @property
    def has_comment(self) -> bool:
        """Whether a comment may be typed: with it, a page must not reload itself."""
        return self.kinds != (DecisionKind.TAKE_OVER,)


@dataclass(frozen=True)
class ChangeShown:
    """The diff of the fix."""

    diff: ShownDiff
    is_target: bool
    """Whether it is exactly what consent is asked for."""


@dataclass(frozen=True)
class Record:
    """An incident's ledger, checked."""

    entries: tuple[LedgerEntry, ...]
    findings: tuple[Finding, ...]
    problem: str = ""
    """Why it cannot even be read."""

    @property
    def holds(self) -> bool:
        """Whether there is a record and nothing is wrong with it."""
        return bool(self.entries) and not self.findings and not self.problem


def question_for(report: IncidentReport, actor: Actor, parts: Parts) -> Question | None:
    """Return what this person may decide now, or nothing."""
    policy = parts.policy.approval
    allowed = actor.id in policy.people if policy.people else actor.role in policy.roles
    kinds = meaningful(report)
    if not allowed or not kinds:
        return None
    return Question(kinds=kinds, decision_id=secrets.token_hex(16))


def meaningful(report: IncidentReport) -> tuple[DecisionKind, ...]:
    """Return the decisions that the incident waits for, or would follow."""
    summary = report.summary
    if summary.closed_at is not None or summary.stage in {Stage.HUMAN, Stage.CLOSED}:
        return ()
    kinds: list[DecisionKind] = []
    if summary.stage is Stage.APPROVAL and report.merge_sha is None:
        if report.target is not None and report.consent is None:
            kinds.append(DecisionKind.APPROVE)
        kinds += [DecisionKind.REQUEST_CHANGES, DecisionKind.REJECT]
    return (*kinds, DecisionKind.TAKE_OVER)


def is_open(report: IncidentReport) -> bool:
    """Whether the page may still change by itself."""
    return report.summary.closed_at is None


def read_change(report: IncidentReport, artifacts: ArtifactStore) -> ChangeShown | None:
    """Return the diff that consent is asked for, or else the one that was verified."""
    target = report.target.patch_digest if report.target else None
    verified = report.verification.full_diff if report.verification else None
    for digest in (target, verified):
        diff = _text(artifacts, digest)
        if diff:
            return ChangeShown(show_diff(diff), is_target=target is None or digest == target)
    return None


def read_mitigation(report: IncidentReport, artifacts: ArtifactStore) -> ShownDiff | None:
    """Return the diff of the patch that only hides the error."""
    diff = _text(artifacts, report.mitigation.patch.digest) if report.mitigation else ""
    return show_diff(diff) if diff else None


def read_test(report: IncidentReport, artifacts: ArtifactStore) -> tuple[FileChange, ...]:
    """Return the files of the reproduction test, bounded."""
    reproduction = report.reproduction
    text = _text(artifacts, reproduction.files) if reproduction else ""
    try:
        files = ReproductionFiles.model_validate_json(text).test_files if text else ()
    except ValidationError:
        return ()
    return tuple(
        FileChange(path=one.path, content=(one.content or "")[:MAX_TEST_CHARACTERS])
        for one in files
    )


def read_record(report: IncidentReport, parts: Parts) -> Record:
    """Read and check the incident's ledger."""
    try:
        entries = parts.ledger.read(report.case_id)
    except LedgerCorrupt as error:
        return Record(entries=(), findings=(), problem=str(error))
    findings = verify_chain(entries, parts.ledger.public_key(), closed=not is_open(report))
    return Record(entries=entries, findings=findings)


def verdict_on(report: IncidentReport, decision_id: str) -> tuple[bool, str] | None:
    """Return whether a decision counted and why, once it is judged."""
    for judgement in report.judgements:
        if judgement.decision.decision_id == decision_id:
            return judgement.accepted, judgement.reason
    return None


def temporal_link(report: IncidentReport, parts: Parts) -> str:
    """Return the page of the workflow in Temporal's own UI."""
    temporal = parts.settings.temporal
    base = f"{temporal.ui_url.rstrip('/')}/namespaces/{temporal.namespace}/workflows"
    return f"{base}/{report.key.incident_id}/{report.summary.run_id}"


def ended_or(report: IncidentReport, now: datetime) -> datetime:
    """Return when the clock of the incident stopped."""
    return report.summary.closed_at or now


def _text(artifacts: ArtifactStore, digest: Digest | None) -> str:
    try:
        return artifacts.get(digest).decode(errors="replace") if digest else ""
    except (NotFound, LedgerCorrupt):
        return ""
