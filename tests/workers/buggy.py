"""A workflow whose first task fails until somebody ends it."""

from temporalio import workflow


@workflow.defn(name="buggy")
class Buggy:
    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("This is a fault of the workflow's own code.")
