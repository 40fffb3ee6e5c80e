"""One repair attempt: reproduce, then try each allowed strategy until one passes the gate."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.fixing import (
        EnvironmentRef,
        EnvironmentRequest,
        FixingActivities,
        ProposalRequest,
        ReproductionRequest,
        SuiteRequest,
    )
    from suture.agent.ending import End, EndKind
    from suture.domain.incident import Stage
    from suture.domain.resolution import ResolutionKind
    from suture.domain.verification import Reproduction, SuiteSummary
    from workflows.agent import Conversation
    from workflows.attempt import TRIAL_SLACK_SECONDS, Attempt, Ground
    from workflows.calls import Calls, cause_of
    from workflows.messages import RepairInput, RepairOutcome

PROPOSAL_SECONDS = 120.0
NOTHING_GREEN = "No candidate turned the test green."
REPRODUCTION_RUNS = 12
"""Runs of the project that rebuilding and confirming a call may take."""


@workflow.defn(name="repair")
class RepairWorkflow:
    """Diagnosis in, verified patch or an honest "no fix" out."""

    @workflow.init
    def __init__(self, start: RepairInput) -> None:
        self._start = start
        self._calls = Calls(timing=start.policy.timing)
        self._attempt = Attempt(
            start=start,
            calls=self._calls,
            deadline=workflow.time() + start.policy.budget.repair_seconds,
            diagnosis=start.diagnosis,
        )
        self._ends: list[tuple[str, End]] = []

    @workflow.run
    async def run(self, start: RepairInput) -> RepairOutcome:
        """Repair within the budget."""
        attempt, models = self._attempt, start.policy.strategies.models
        try:
            environment = await self._prepare()
            attempt.reproduction = await self._reproduce(environment)
            if not start.policy.strategies.can_repair:
                return self._conclude(attempt.reproduction)
            ground = Ground(
                environment=environment, base_suite=await self._run_base_suite(environment)
            )
        except ActivityError as error:
            kind, message = cause_of(error)
            return self._end(
                ResolutionKind.NEEDS_HUMAN, f"The project could not be tested: {kind}: {message}"
            )
        if start.policy.strategies.patterns and attempt.reproduced:
            await self._try_patterns(ground)
        if not attempt.verified:
            await self._ask_models(models, ground)
        return self._conclude(attempt.reproduction)

    async def _ask_models(self, models: tuple[str, ...], ground: Ground) -> None:
        """Let one model after the other try, cheap to strong, while the evidence speaks for it."""
        for tier, model in enumerate(models):
            conversation = Conversation(
                model=model, attempt=self._attempt, ground=ground, tier=tier, tried=self._tried()
            )
            end = await conversation.run()
            self._ends.append((model, end))
            judged = await conversation.judge(end)
            if not judged.wanted:
                return

    def _tried(self) -> str:
        best = self._attempt.best
        verdict = best.verification if best else None
        said = [f"The best patch so far: {verdict.explanation}"] if verdict else []
        return "\n".join([*said, *(f"{model}: {end.reason}" for model, end in self._ends)])[:4_000]

    async def _prepare(self) -> EnvironmentRef:
        start, bounds = self._start, self._start.policy.sandbox
        await self._attempt.tell(
            Stage.FIX, "environment.preparing", "Installing what the tests need"
        )
        return await self._calls.sandbox(
            FixingActivities.prepare_environment,
            EnvironmentRequest(
                service=start.service, base_sha=start.evidence.base_sha, bounds=bounds
            ),
            seconds=bounds.setup_seconds + TRIAL_SLACK_SECONDS,
            summary="Install what the tests need",
        )

    async def _reproduce(self, environment: EnvironmentRef) -> Reproduction:
        start, bounds = self._start, self._start.policy.sandbox
        reproduction = await self._calls.sandbox(
            FixingActivities.reproduce,
            ReproductionRequest(
                service=start.service,
                bounds=bounds,
                event=start.event,
                evidence=start.evidence,
                environment=environment,
            ),
            seconds=REPRODUCTION_RUNS * bounds.wall_seconds,
            summary="Show the fault in a test",
        )
        self._attempt.usage += reproduction.usage
        self._attempt.learn(reproduction)
        said = "Reproduced" if reproduction.reproduced else "Not reproduced"
        await self._attempt.tell(Stage.FIX, "reproduction.made", f"{said}: {reproduction.reason}")
        return reproduction

    async def _run_base_suite(self, environment: EnvironmentRef) -> SuiteSummary:
        start, bounds = self._start, self._start.policy.sandbox
        return await self._calls.sandbox(
            FixingActivities.run_base_suite,
            SuiteRequest(service=start.service, bounds=bounds, environment=environment),
            seconds=(bounds.suite_reruns + 2) * bounds.wall_seconds,
            summary="Run the project's tests on the base",
        )

    async def _try_patterns(self, ground: Ground) -> None:
        start, reproduction = self._start, self._attempt.reproduction
        try:
            batch = await self._calls.sandbox(
                FixingActivities.propose_patterns,
                ProposalRequest(
                    service=start.service,
                    event=start.event,
                    evidence=start.evidence,
                    diagnosis=self._attempt.diagnosis,
                    limit=start.policy.budget.candidates,
                    rejected_patches=start.rejected_patches,
                    feedback=start.feedback,
                    spectrum=reproduction.spectrum if reproduction else None,
                ),
                seconds=PROPOSAL_SECONDS,
                summary="List the fixes that patterns suggest",
            )
            await self._attempt.tell(
                Stage.TEST, "candidates.proposed", f"{batch.count} candidate fixes"
            )
            await self._attempt.try_batch(batch, ground)
        except ActivityError as error:
            kind, message = cause_of(error)
            await self._attempt.tell(Stage.FIX, "patterns.failed", f"{kind}: {message}")

    def _conclude(self, reproduction: Reproduction) -> RepairOutcome:
        attempt = self._attempt
        verification = attempt.best.verification if attempt.best else None
        if verification is not None and verification.verified:
            return self._end(None, verification.explanation, attempt.reproduction)
        overrun = next((end for _, end in self._ends if end.kind is EndKind.OVERRUN), None)
        if overrun is not None:
            reason = f"{overrun.reason}\n{self._start.budget_note}".strip()
            return self._end(ResolutionKind.BUDGET_EXHAUSTED, reason, attempt.reproduction)
        if (attempt.reproduced or self._ends) and attempt.seconds_left <= 0:
            return self._end(
                ResolutionKind.BUDGET_EXHAUSTED,
                "budget.repair_seconds is used up",
                attempt.reproduction,
            )
        if not attempt.reproduced:
            return self._end(ResolutionKind.NOT_REPRODUCED, reproduction.reason, reproduction)
        if not self._start.policy.strategies.can_repair:
            why = "The policy names no strategy."
        else:
            why = verification.explanation if verification else NOTHING_GREEN
        return self._end(ResolutionKind.NO_FIX_FOUND, why, attempt.reproduction)

    def _end(
        self,
        kind: ResolutionKind | None,
        explanation: str,
        reproduction: Reproduction | None = None,
    ) -> RepairOutcome:
        best = self._attempt.best
        said = [f"{model}: {end.kind}. {end.reason}" for model, end in self._ends]
        return RepairOutcome(
            kind=kind,
            explanation="\n".join([explanation, *(said if kind else [])])[:8_000],
            diagnosis=self._attempt.diagnosis,
            reproduction=reproduction,
            verification=best.verification if best else None,
            mitigation=best.mitigation if best else None,
            usage=self._attempt.usage,
        )
