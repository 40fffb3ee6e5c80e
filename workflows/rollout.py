"""Watching one deployment: look, judge, and stop as soon as the verdict is clear."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.watching import JudgingRequest, ReadingRequest, WatchingActivities
    from suture.domain.rollout import Reading, RolloutReport, RolloutVerdict
    from suture.verdict.rollout import Observations
    from workflows.calls import Calls
    from workflows.messages import RolloutInput

MAX_READINGS = 240
"""Beyond these, looks are taken less often, so that the window still fits."""


@workflow.defn(name="rollout")
class RolloutWorkflow:
    """Counts errors and requests since a deployment until they say something."""

    @workflow.run
    async def run(self, start: RolloutInput) -> RolloutReport:
        """Return the verdict, or that the window ended without one."""
        calls = Calls(timing=start.policy.timing)
        watch = start.policy.watch
        since = workflow.now()
        deadline = since + timedelta(seconds=watch.window_seconds)
        pause = timedelta(seconds=max(watch.look_seconds, watch.window_seconds / MAX_READINGS))
        readings: list[Reading] = []
        while True:
            request = ReadingRequest(
                service=start.service, key=start.key, since=since, until=workflow.now()
            )
            readings.append(await calls.vendor(WatchingActivities.take_reading, request))
            observations = Observations(
                before=start.before,
                before_seconds=start.before_seconds,
                readings=tuple(readings),
            )
            judging = JudgingRequest(observations=observations, watch=watch)
            report = await calls.vendor(WatchingActivities.judge_rollout, judging)
            workflow.set_current_details(f"{report.verdict}: {report.explanation}")
            if report.verdict is not RolloutVerdict.INCONCLUSIVE or workflow.now() >= deadline:
                return report.model_copy(update={"deployment": start.deployment})
            await workflow.sleep(pause, summary="Until the next look")
