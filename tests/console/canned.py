"""A workflow that tells a prepared story and judges decisions as the real one does."""

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from suture.domain.approval import Consent, Decision, DecisionKind, Judgement
    from suture.domain.report import IncidentReport
    from suture.domain.resolution import Resolution, ResolutionKind
    from suture.policy.approvers import Hearing, judge
    from suture.policy.model import Approval
    from workflows.messages import PendingDecision

DECISION_KEY = b"a-decision-key-of-the-tests"


class Canned(BaseModel):
    report: IncidentReport
    ended: bool = False


@workflow.defn(name="incident")
class CannedIncident:
    """Answers the queries of an incident."""

    @workflow.init
    def __init__(self, start: Canned) -> None:
        run_id = workflow.info().run_id
        summary = start.report.summary.model_copy(update={"run_id": run_id})
        self._report = start.report.model_copy(update={"summary": summary})
        self._seen: list[Decision] = []
        self._signals = 0

    @workflow.run
    async def run(self, start: Canned) -> Resolution:
        if not start.ended:
            await workflow.wait_condition(lambda: False)
        return Resolution(kind=ResolutionKind.FIXED, summary="Merged, deployed and gone.")

    @workflow.signal(name="decision")
    def receive_decision(self, decision: Decision) -> None:
        self._signals += 1
        if decision.decision_id in {one.decision_id for one in self._seen}:
            return
        self._seen.append(decision)
        hearing = Hearing(
            decision=decision,
            policy=Approval(),
            target=self._report.target,
            now=workflow.now(),
            open=self._report.consent is None,
        )
        judgement = judge(hearing, DECISION_KEY)
        changes: dict[str, object] = {"judgements": (*self._report.judgements, judgement)}
        if judgement.accepted and decision.kind is DecisionKind.APPROVE and decision.target:
            changes["consent"] = Consent(
                decision_id=decision.decision_id,
                actor=decision.actor,
                target=decision.target,
                granted_at=workflow.now(),
            )
        self._report = self._report.model_copy(update=changes)

    @workflow.signal(name="replace")
    def replace(self, report: IncidentReport) -> None:
        self._report = report

    @workflow.query(name="report")
    def show_report(self) -> IncidentReport:
        return self._report

    @workflow.query(name="decisions")
    def show_decisions(self) -> list[Decision]:
        return self._seen

    @workflow.query(name="signals")
    def show_signals(self) -> int:
        return self._signals

    @workflow.query(name="decision")
    def show_decision(self, decision_id: str) -> PendingDecision:
        found: list[Judgement] = [
            one for one in self._report.judgements if one.decision.decision_id == decision_id
        ]
        if not found:
            return PendingDecision(known=False)
        return PendingDecision(known=True, accepted=found[0].accepted, reason=found[0].reason)
