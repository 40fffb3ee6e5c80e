"""A workflow with a bug."""

from temporalio import workflow


@workflow.defn(name="crooked")
class CrookedWorkflow:
    """Divides by nothing, in its first task and again in each further one."""

    @workflow.run
    async def run(self, total: int) -> float:
        """Return nothing."""
        return total / 0
