"""What one repair attempt has and has used so far; its tiers share it."""

from dataclasses import dataclass, field

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.fixing import EnvironmentRef, FixingActivities, TrialRequest
    from suture.domain.diagnosis import Diagnosis
    from suture.domain.incident import Stage
    from suture.domain.patch import CandidateBatch
    from suture.domain.usage import Usage
    from suture.domain.verification import Oracle, Reproduction, SuiteSummary, TrialReport
    from suture.hypotheses.learning import learned
    from workflows.calls import Calls
    from workflows.messages import RepairInput, RepairProgress

TRIAL_SLACK_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What is held fixed while candidates are tried."""

    environment: EnvironmentRef
    base_suite: SuiteSummary


@dataclass(kw_only=True)
class Attempt:
    """One attempt's state. Only workflow code changes it."""

    start: RepairInput
    calls: Calls
    deadline: float
    diagnosis: Diagnosis
    usage: Usage = field(default_factory=lambda: Usage(attempts=1))
    reproduction: Reproduction | None = None
    best: TrialReport | None = None

    @property
    def seconds_left(self) -> float:
        """Time that the budget still allows."""
        return self.deadline - workflow.time()

    @property
    def verified(self) -> bool:
        """Whether a patch stands."""
        return is_verified(self.best)

    @property
    def reproduced(self) -> bool:
        """Whether there is anything to try patches on."""
        return self.reproduction is not None and self.reproduction.reproduced

    @property
    def provable(self) -> bool:
        """Whether the reproduction is strong enough for a fix to be verified by it."""
        oracle = self.reproduction.oracle if self.reproduction else None
        return self.reproduced and oracle is not Oracle.NO_CRASH

    def learn(self, reproduction: Reproduction) -> None:
        """Take over what the tests' runs say of where the fault may have been made."""
        self.diagnosis = learned(self.diagnosis, reproduction)

    async def try_batch(self, batch: CandidateBatch, ground: Ground) -> TrialReport | None:
        """Hold candidates against the evidence gate, and keep the best report."""
        start = self.start
        if self.reproduction is None:
            return None
        seconds = max(self.seconds_left, 1.0)
        report = await self.calls.sandbox(
            FixingActivities.try_candidates,
            TrialRequest(
                service=start.service,
                policy=start.policy,
                event=start.event,
                evidence=start.evidence,
                environment=ground.environment,
                reproduction=self.reproduction,
                base_suite=ground.base_suite,
                batch=batch,
                seconds=seconds,
            ),
            seconds=seconds + TRIAL_SLACK_SECONDS,
            summary=f"Try {batch.count} candidates and judge the best",
        )
        self.usage += report.usage
        self._keep(report)
        await self.tell(Stage.TEST, "candidates.tried", _tried(report))
        return report

    def _keep(self, report: TrialReport) -> None:
        """Keep the better report; a stopgap that was found once is not lost."""
        best = self.best
        if best is None or is_verified(report) or (report.verification and not best.verification):
            stopgap = report.mitigation or (best.mitigation if best else None)
            self.best = report.model_copy(update={"mitigation": stopgap})

    async def tell(self, stage: Stage, event: str, summary: str) -> None:
        """Let the incident's page follow; a lost line of progress harms nobody."""
        workflow.set_current_details(summary)
        parent = workflow.info().parent
        if parent is None:
            return
        handle = workflow.get_external_workflow_handle(parent.workflow_id)
        progress = RepairProgress(stage=stage, event=event, summary=summary[:500])
        await handle.signal("progress", progress)


def is_verified(report: TrialReport | None) -> bool:
    """Whether a report holds a patch that passed the gate."""
    return bool(report and report.verification and report.verification.verified)


def _tried(report: TrialReport) -> str:
    verification = report.verification
    verdict = verification.reason if verification else "none went green"
    return f"{report.tried} tried, {len(report.green)} turned the reproduction green: {verdict}"
