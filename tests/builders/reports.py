"""A rich report of an incident, for whatever shows incidents."""

from datetime import UTC, datetime, timedelta

from suture.canonical import canonical_json, sha256
from suture.domain.alert import AlertNotice, AlertSource, Severity
from suture.domain.approval import ConsentTarget
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from suture.domain.evidence import Citation, CitationKind, EvidenceRef, Location, Statement, Suspect
from suture.domain.incident import IncidentKey, IncidentSummary, Stage, TimelineEntry
from suture.domain.patch import Candidate, ChangedFile, FileChange, Patch, PatchNature
from suture.domain.pull_request import PullRequestRef
from suture.domain.report import IncidentReport
from suture.domain.rollout import Deployment, Reading, RolloutReport, RolloutVerdict
from suture.domain.ticket import ThreadRef, TicketRef
from suture.domain.usage import Usage
from suture.domain.verification import (
    Oracle,
    Reproduction,
    ReproductionFiles,
    SuiteSummary,
    VerdictReason,
    Verification,
)

OPENED_AT = datetime(2026, 3, 1, 3, 7, tzinfo=UTC)
BASE, HEAD, SUSPECT, MERGE = "b" * 40, "a" * 40, "c" * 40, "d" * 40
TITLE = "ZeroDivisionError: division by zero in Cart.mean_price"
CONSOLE = "http://127.0.0.1:8700/console"
DIFF = """\
diff --git a/shop/cart.py b/shop/cart.py
index 3f1c2d4..9a8b7c6 100644
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -10,7 +10,9 @@ class Cart:
     def mean_price(self) -> Decimal:
-        return self.total() / len(self.items)
+        if not self.items:
+            return Decimal(0)
+        return self.total() / len(self.items)
diff --git a/tests/test_cart.py b/tests/test_cart.py
--- a/tests/test_cart.py
+++ b/tests/test_cart.py
@@ -20,0 +21,2 @@
+def test_the_mean_price_of_an_empty_cart_is_nothing() -> None:
+    assert Cart().mean_price() == 0
"""
TEST = ReproductionFiles(
    test_files=(
        FileChange(
            path="tests/test_cart.py",
            content="def test_empty() -> None:\n    assert Cart().mean_price() == 0\n",
        ),
    )
)
TEST_BYTES = canonical_json(TEST)
MITIGATION_DIFF = (
    "diff --git a/shop/cart.py b/shop/cart.py\n@@ -1 +1 @@\n-fail()\n+suppress(fail)\n"
)
TARGET = ConsentTarget(head_sha=HEAD, patch_digest=sha256(DIFF.encode()))


def artifacts() -> tuple[bytes, ...]:
    """Return the contents that the report points at."""
    return DIFF.encode(), TEST_BYTES, MITIGATION_DIFF.encode()


def build_report(
    *, service: str = "shop", title: str = TITLE, stage: Stage = Stage.APPROVAL
) -> IncidentReport:
    """Return an incident that waits for an approval, unless the stage says otherwise."""
    key = IncidentKey(service=service, fingerprint="0123456789abcdef" * 4)
    verification = build_verification()
    return IncidentReport(
        key=key,
        summary=_summary(key, title, stage),
        notices=(_notice(),),
        waiting_for="An approver must look at pull request #7.",
        ticket=TicketRef(ticket_id="1", url=f"{CONSOLE}/tickets/1"),
        thread=ThreadRef(thread_id="1", url=f"{CONSOLE}/inbox/1"),
        evidence=EvidenceRef(digest="e" * 64, base_sha=BASE, suspects=2),
        diagnosis=build_diagnosis(),
        reproduction=verification.reproduction,
        verification=verification,
        mitigation=Candidate(
            candidate_id="swallow",
            patch=_patch(MITIGATION_DIFF, PatchNature.HIDES_ERROR),
            score=0.1,
        ),
        pull_request=PullRequestRef(
            number=7,
            repository="shop",
            branch="suture/case",
            base_branch="main",
            url=f"{CONSOLE}/pull-requests/1",
        ),
        target=TARGET,
        usage=Usage(attempts=2, model_calls=3, input_tokens=9_000, cost_usd=0.0421),
        timeline=_timeline(),
    )


def build_diagnosis() -> Diagnosis:
    """Return a code defect with everything that supports it."""
    return Diagnosis(
        category=Category.CODE_DEFECT,
        fixability=Fixability.FIXABLE,
        summary="The mean price of an empty cart divides by zero.",
        explanation="A refactoring took out the check for an empty cart.",
        cause=Location(path="shop/cart.py", line=12, function="Cart.mean_price"),
        crash=Location(path="shop/money.py", line=40, function="divide"),
        suspect=Suspect(
            commit=SUSPECT,
            author="Ada",
            committed_at=OPENED_AT - timedelta(hours=9),
            summary="Tidy up the cart",
            score=0.9,
            reasons=("It changed the line that failed.", "It came with the failing release."),
        ),
        statements=(
            Statement(
                text="The line divides by the number of items.",
                citations=(
                    Citation(
                        kind=CitationKind.CODE,
                        path="shop/cart.py",
                        line=12,
                        commit=BASE,
                        quote="return self.total() / len(self.items)",
                    ),
                    Citation(kind=CitationKind.EVENT, quote="self.items = []"),
                ),
            ),
        ),
        confidence=0.93,
        next_steps=("Look at other callers of the mean price.",),
    )


def build_verification() -> Verification:
    """Return red, green, red."""
    return Verification(
        verified=True,
        reason=VerdictReason.VERIFIED,
        explanation="The reproduction is red, green and red again; the suite is as before.",
        patch=_patch("the fix alone", PatchNature.GUARD),
        full_diff=TARGET.patch_digest,
        reproduction=Reproduction(
            reproduced=True,
            files=sha256(TEST_BYTES),
            node_ids=("tests/test_cart.py::test_empty",),
            oracle=Oracle.LAST_GOOD,
            regression_test="tests/test_cart.py",
            reason="Rebuilt from the locals of the failing frame.",
        ),
        red_on_base=True,
        green_with_patch=True,
        red_without_fix=True,
        base_suite=_suite(41, 1),
        patched_suite=_suite(43, 0),
    )


def build_rollout(verdict: RolloutVerdict = RolloutVerdict.RECOVERED) -> RolloutReport:
    """Return a verdict with its numbers."""
    at = OPENED_AT + timedelta(hours=1)
    return RolloutReport(
        verdict=verdict,
        explanation="No such error in 900 requests, after 31 in 880.",
        deployment=Deployment(deployment_id="d-1", service="shop", commit=MERGE, at=at),
        baseline=Reading(at=at, own_errors=31, requests=880, errors=None),
        after=Reading(at=at, own_errors=0, requests=900, errors=2),
        e_value_recovered=812.4,
        watched_seconds=200.0,
    )


def _summary(key: IncidentKey, title: str, stage: Stage) -> IncidentSummary:
    return IncidentSummary(
        incident_id=key.incident_id,
        run_id="run",
        service=key.service,
        fingerprint=key.fingerprint,
        title=title,
        severity=Severity.HIGH,
        stage=stage,
        alerts=37,
        opened_at=OPENED_AT,
    )


def _notice() -> AlertNotice:
    return AlertNotice(
        alert_id="alert-1",
        source=AlertSource.SENTRY,
        severity=Severity.HIGH,
        occurred_at=OPENED_AT,
        event="f" * 64,
    )


def _patch(diff: str, nature: PatchNature) -> Patch:
    return Patch(
        base_sha=BASE,
        digest=sha256(diff.encode()),
        files=(ChangedFile(path="shop/cart.py", added=3, removed=1),),
        nature=nature,
        title="Answer zero for the mean price of an empty cart",
        rationale="As the total of an empty cart does.",
        origin="guard.empty_sequence",
    )


def _suite(passed: int, failed: int) -> SuiteSummary:
    return SuiteSummary(
        report="1" * 64,
        ran=True,
        passed=passed,
        failed=failed,
        skipped=1,
        flaky=("tests/test_clock.py::test_now",),
    )


def _timeline() -> tuple[TimelineEntry, ...]:
    steps = (
        (Stage.DETECTED, "incident.opened", "First alert of ZeroDivisionError"),
        (Stage.TICKET, "ticket.opened", "Ticket 1 opened"),
        (Stage.ROOT_CAUSE, "cause.found", "The mean price of an empty cart divides by zero."),
        (Stage.TEST, "fix.verified", "Red on the base, green with the patch, red without it"),
        (Stage.APPROVAL, "approval.asked", "Asked for approval of pull request #7"),
    )
    return tuple(
        TimelineEntry(
            at=OPENED_AT + timedelta(seconds=13 * index), stage=stage, event=event, summary=summary
        )
        for index, (stage, event, summary) in enumerate(steps)
    )
