"""A model at work: one activity per model call and per tool call, so no crash pays twice.

Every limit is checked before each call, against usage that lives in the workflow's own state.
"""

import asyncio
from dataclasses import dataclass, field

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue

    from activities.modelling import CallAnswer, CallRef, ModelActivities, ModelAnswer, ModelTurn
    from activities.recording import RecordingActivities, RecordRequest
    from activities.tool_use import Effect
    from activities.tooling import OpeningRequest, ToolActivities, ToolAnswer, ToolRequest
    from suture.agent.ending import End, EndKind, Escalation, Tier, escalation
    from suture.agent.guard import LoopGuard
    from suture.audit.events import LedgerEvent
    from suture.domain.incident import Stage
    from suture.domain.ledger import LedgerDraft
    from suture.domain.usage import Usage
    from suture.domain.value import Digest
    from suture.domain.verification import Reproduction
    from suture.policy.budgets import find_model_overrun
    from workflows.attempt import Attempt, Ground, is_verified
    from workflows.calls import cause_of

CALL_SECONDS = 120.0
PATIENCE_SECONDS = 600.0
TOOL_SECONDS = 180.0
MAX_OUTPUT_TOKENS = 4_096
NO_CALL = "Answer with a call of one of the tools, or `give_up` with the reason."
OUT_OF_TIME = "budget.repair_seconds is used up"
CUT_OFF = "Your answer was cut off. Answer more briefly, with one tool call."


@dataclass(kw_only=True)
class Conversation:
    """One tier: a model works on an attempt until it ends one way or another."""

    model: str
    attempt: Attempt
    ground: Ground
    tier: int = 0
    tried: str = ""
    """What was tried before, for the model to know."""
    guard: LoopGuard = field(default_factory=LoopGuard)
    edits: Digest | None = None
    last_call: Usage = field(default_factory=Usage)

    async def run(self) -> End:
        """Talk until there is an end."""
        try:
            end = await asyncio.wait_for(self._talk(), max(self.attempt.seconds_left, 0.0))
        except TimeoutError:
            end = End(EndKind.OUT_OF_TIME, OUT_OF_TIME)
        except ActivityError as error:
            kind, message = cause_of(error)
            end = End(EndKind.PROVIDER_OUT, f"{kind}: {message}")
        await self.attempt.tell(Stage.FIX, "model.ended", f"{self.model}: {end.kind}. {end.reason}")
        return end

    async def judge(self, end: End) -> Escalation:
        """Put on record how it ended, and whether a stronger model is to be asked."""
        attempt = self.attempt
        strategies = attempt.start.policy.strategies
        judged = escalation(
            Tier(
                model=self.model,
                end=end.kind,
                diagnosis=attempt.diagnosis,
                proposals=self.guard.proposals,
                provable=attempt.provable or not strategies.verified_needs_oracle,
            )
        )
        await self._record(
            LedgerEvent.MODEL_ENDED,
            str(self.tier),
            model=self.model,
            end=end.kind,
            reason=end.reason[:500],
            escalated=judged.wanted and self.tier + 1 < len(strategies.models),
            why=judged.why,
        )
        return judged

    async def _talk(self) -> End:
        head = await self._open()
        answers: tuple[CallAnswer, ...] = ()
        while True:
            end = self._limit()
            if end is not None:
                return end
            answer = await self._ask(head, answers)
            head = answer.head
            result = await self._answer(answer)
            if isinstance(result, End):
                return result
            answers = result

    async def _open(self) -> Digest:
        start, attempt = self.attempt.start, self.attempt
        await attempt.tell(Stage.FIX, "model.started", f"{self.model} looks for a fix")
        return await attempt.calls.sandbox(
            ToolActivities.open_conversation,
            OpeningRequest(
                service=start.service,
                event=start.event,
                evidence=start.evidence,
                diagnosis=attempt.diagnosis,
                reproduction=_reproduction(attempt),
                feedback=start.feedback,
                tried=self.tried,
            ),
            seconds=TOOL_SECONDS,
            summary=f"Write the task for {self.model}"[:200],
        )

    def _limit(self) -> End | None:
        objection = self.guard.objection
        if objection:
            return End(EndKind.LED_NOWHERE, objection)
        if self.attempt.seconds_left <= 0:
            return End(EndKind.OUT_OF_TIME, OUT_OF_TIME)
        # The next call reads at least what the last one read: it must fit, too.
        last = self.last_call
        expected = Usage(
            input_tokens=last.input_tokens, output_tokens=last.output_tokens, cost_usd=last.cost_usd
        )
        used = self.attempt.start.report.usage + self.attempt.usage + expected
        overrun = find_model_overrun(used, self.attempt.start.policy.budget)
        return End(EndKind.OVERRUN, str(overrun)) if overrun else None

    async def _ask(self, head: Digest, answers: tuple[CallAnswer, ...]) -> ModelAnswer:
        attempt = self.attempt
        budget = attempt.start.policy.budget
        left = budget.tokens - (attempt.start.report.usage + attempt.usage).tokens
        seconds = max(1.0, min(CALL_SECONDS, attempt.seconds_left))
        answer = await attempt.calls.model(
            ModelActivities.ask_model,
            ModelTurn(
                model=self.model,
                head=head,
                answers=answers,
                max_output_tokens=max(1, min(MAX_OUTPUT_TOKENS, left)),
                timeout_seconds=seconds,
                tier=self.tier,
            ),
            seconds=2 * seconds,
            patience_seconds=max(1.0, min(PATIENCE_SECONDS, attempt.seconds_left)),
            summary=f"Ask {self.model}"[:200],
        )
        attempt.usage += answer.usage
        self.last_call = answer.usage
        self.guard.turn()
        await self._record_call(answer)
        return answer

    async def _answer(self, answer: ModelAnswer) -> tuple[CallAnswer, ...] | End:
        if not answer.calls:
            self.guard.complain()
            return (CallAnswer(call_id=None, text=CUT_OFF if answer.truncated else NO_CALL),)
        answers = []
        for call in answer.calls:
            self.guard.call(call.fingerprint)
            limit = self._limit()
            if limit is not None and limit.kind is not EndKind.OVERRUN:
                return limit
            done = await self._use(answer.head, call)
            result = await self._take(call, done)
            if isinstance(result, End):
                return result
            answers.append(result)
        return tuple(answers)

    async def _use(self, head: Digest, call: CallRef) -> ToolAnswer:
        attempt, start = self.attempt, self.attempt.start
        done = await attempt.calls.sandbox(
            ToolActivities.use_tool,
            ToolRequest(
                service=start.service,
                policy=start.policy,
                event=start.event,
                evidence=start.evidence,
                diagnosis=attempt.diagnosis,
                reproduction=_reproduction(attempt),
                rejected_patches=start.rejected_patches,
                model=self.model,
                head=head,
                number=call.number,
                edits=self.edits,
            ),
            seconds=TOOL_SECONDS + 3 * start.policy.sandbox.wall_seconds,
            summary=call.name,
        )
        attempt.usage += done.usage
        self.edits = done.edits
        if done.suspicions:
            found: list[JsonValue] = [str(each) for each in done.suspicions]
            key = f"{call.fingerprint}/{done.content}"
            event = LedgerEvent.INJECTION_SUSPECTED
            await self._record(event, key, model=self.model, tool=call.name, found=found)
        return done

    async def _take(self, call: CallRef, done: ToolAnswer) -> CallAnswer | End:
        """Act on what a call came to; return what the model is told, or how it ends."""
        attempt = self.attempt
        if done.effect is Effect.GAVE_UP:
            return End(EndKind.GAVE_UP, done.note or "It gave no reason.")
        if done.effect is Effect.REFUSED:
            await self._record_refusal(call, done)
        if done.effect in {Effect.REFUSED, Effect.COMPLAINED}:
            self.guard.complain()
        attempt.reproduction = done.reproduction or attempt.reproduction
        attempt.diagnosis = done.diagnosis or attempt.diagnosis
        if done.batch is None:
            return CallAnswer(call_id=call.call_id, content=done.content)
        self.guard.propose()
        report = await attempt.try_batch(done.batch, self.ground)
        if is_verified(report):
            return End(EndKind.VERIFIED, "Its proposal passed the evidence gate.")
        return CallAnswer(call_id=call.call_id, verdict=report)

    async def _record_call(self, answer: ModelAnswer) -> None:
        usage = answer.usage
        await self._record(
            LedgerEvent.MODEL_CALLED,
            answer.head,
            model=self.model,
            prompt=answer.prompt,
            reply=answer.head,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=usage.cost_usd,
            seconds=answer.seconds,
            prompts=answer.prompts,
            source=answer.source,
            left_out=answer.left_out,
        )

    async def _record_refusal(self, call: CallRef, done: ToolAnswer) -> None:
        key = f"{call.fingerprint}/{done.content}"
        await self._record(
            LedgerEvent.TOOL_REFUSED, key, model=self.model, tool=call.name, reason=done.note
        )

    async def _record(self, event: LedgerEvent, key: str, **data: JsonValue) -> None:
        start = self.attempt.start
        draft = LedgerDraft(
            incident_id=start.report.case_id,
            key=f"{event}/{start.attempt}/{self.model}/{key}",
            event=event,
            actor="suture",
            at=workflow.now(),
            data=dict(data),
        )
        await self.attempt.calls.vendor(RecordingActivities.record, RecordRequest(drafts=(draft,)))


def _reproduction(attempt: Attempt) -> Reproduction:
    return attempt.reproduction or Reproduction(reproduced=False)
