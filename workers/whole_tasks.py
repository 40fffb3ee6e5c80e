"""Workflows move only by whole workflow tasks, whoever asks them something in between.

A query that waited for a worker may reach one that does not hold the workflow in memory yet, with
a history that already ends in events of a task which has not begun. The SDK's core applies those
events to answer the query, keeps the workflow, and applies the rest when the task begins. Code
then sees in two steps what every later replay shows it in one; where two branches go on in those
steps, commands change their order, and the history can never be replayed again: the incident
would stand still for ever. So such a query is refused, which makes the worker forget the workflow
and replay it as a whole for the next task, and whoever asked asks again.
"""

from temporalio import workflow
from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker._command_aware_visitor import CommandInfo

REFUSAL = "This query came between two tasks of the workflow. Ask again."


class WholeTasks(WorkflowRunner):
    """Runs workflows as another runner does, but never ahead of their workflow tasks."""

    def __init__(self, runner: WorkflowRunner) -> None:
        self._runner = runner

    def prepare_workflow(self, defn: workflow._Definition) -> None:
        """Let the other runner prepare."""
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Return the other runner's instance, guarded."""
        return _Guarded(self._runner.create_instance(det))


class _Guarded(WorkflowInstance):
    """Keeps from the workflow what arrives without a task of its own."""

    def __init__(self, instance: WorkflowInstance) -> None:
        self._instance = instance
        self._seen: WorkflowActivation | None = None

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Handle the activation, or fail it: the engine then forgets the workflow."""
        if all(_moves_nothing(job) for job in act.jobs):
            return self._instance.activate(act)
        seen, self._seen = self._seen, act
        if seen is not None and _runs_ahead(seen, act):
            return _refused(act)
        return self._instance.activate(act)

    def get_serialization_context(
        self, command_info: CommandInfo | None
    ) -> SerializationContext | None:
        """Return what the instance says."""
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(
        self, command_info: CommandInfo | None
    ) -> StorageDriverStoreContext:
        """Return what the instance says."""
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> workflow.Info:
        """Return what the instance says."""
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        """Return what the instance says."""
        return self._instance.get_thread_id()


def _moves_nothing(job: WorkflowActivationJob) -> bool:
    return job.HasField("query_workflow") or job.HasField("remove_from_cache")


def _runs_ahead(seen: WorkflowActivation, act: WorkflowActivation) -> bool:
    """Whether history went on without a workflow task.

    Each task that starts sets the workflow's clock, so more history at the same time is history
    past the last task. What one task brings in several steps keeps both.
    """
    return act.history_length > seen.history_length and act.timestamp == seen.timestamp


def _refused(act: WorkflowActivation) -> WorkflowActivationCompletion:
    completion = WorkflowActivationCompletion(run_id=act.run_id)
    completion.failed.failure.message = REFUSAL
    return completion
