"""The least that a workflow of so many steps can cost: no-op activities, one after the other."""

from datetime import timedelta

from temporalio import workflow

NO_OP = "no_op"


@workflow.defn(name="bare")
class BareWorkflow:
    """Calls activities that do nothing."""

    @workflow.run
    async def run(self, steps: int) -> None:
        """Call so many."""
        for _ in range(steps):
            await workflow.execute_activity(NO_OP, start_to_close_timeout=timedelta(seconds=30))
