"""Watches activities and workflows from around them: nothing in them knows of it.

Workflow code stays what it was: its stage is read when it schedules something or has taken a signal
anyway, so that adds no command, timer or task, and nothing is counted while a history is replayed.
"""

import asyncio
import time
from datetime import datetime
from typing import Any, NoReturn

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.worker import (
    ActivityInboundInterceptor,
    ContinueAsNewInput,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    Interceptor,
    StartActivityInput,
    StartChildWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.workflow import ActivityHandle, ChildWorkflowHandle

from suture.domain.incident import Stage
from suture.domain.report import IncidentReport
from workers.health.meters import CANCELLED, RENEWED, UNEXPECTED, Meters, kind_of
from workers.health.names import incident_of
from workers.health.reporting import Reporter

INCIDENT = "incident"
METERS = "__suture_meters"
REPORTER = "__suture_reporter"
OPERATORS = frozenset({"LedgerCorrupt", "SandboxUnavailable", "SettingsError"})
"""Errors on purpose that an operator must hear of; the others are the incident's own business."""


class Watching(Interceptor):
    """Counts what happens, and reports what should not."""

    def __init__(self, meters: Meters, reporter: Reporter) -> None:
        self._meters = meters
        self._reporter = reporter

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 -- the interface names it so
    ) -> ActivityInboundInterceptor:
        """Watch an activity."""
        return _Activities(next, self._meters, self._reporter)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 -- the interface names it so
    ) -> type[WorkflowInboundInterceptor]:
        """Watch workflows; what is outside of their sandbox is lent to them."""
        input.unsafe_extern_functions[METERS] = lambda: self._meters
        input.unsafe_extern_functions[REPORTER] = lambda: self._reporter
        return _Workflows


class _Activities(ActivityInboundInterceptor):
    def __init__(
        self, following: ActivityInboundInterceptor, meters: Meters, reporter: Reporter
    ) -> None:
        super().__init__(following)
        self._meters = meters
        self._reporter = reporter

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401 -- the interface says so
        name = activity.info().activity_type
        self._meters.activity_began(name)
        started, failure = time.monotonic(), None
        try:
            return await self.next.execute_activity(input)
        except BaseException as error:
            failure = failure_of(error)
            self._report(error, failure, name)
            raise
        finally:
            self._meters.activity_ended(name, time.monotonic() - started, failure)

    def _report(self, error: BaseException, failure: str, name: str) -> None:
        if failure in OPERATORS or failure == UNEXPECTED:
            about = incident_of(activity.info().workflow_id or "")
            self._reporter.report(error, where=f"activity {name}", incident_id=about)


class _Workflows(WorkflowInboundInterceptor):
    """One for each run of a workflow; rebuilt by replay as the workflow is."""

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        lent = workflow.extern_functions()
        self._meters: Meters = lent[METERS]()
        self._reporter: Reporter = lent[REPORTER]()
        self._stages = _Stages(self._meters)
        super().init(_Scheduling(outbound, self._stages))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401 -- the interface says so
        self._stages.look()
        try:
            result = await self.next.execute_workflow(input)
        except Exception as error:
            self._report(error)
            raise
        self._stages.look()
        return result

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002 -- the interface says so
        try:
            await self.next.handle_signal(input)
        except Exception as error:
            self._report(error)
            raise
        self._stages.look()

    def _report(self, error: Exception) -> None:
        info = workflow.info()
        # What a child's activity could not do is the incident's to judge; it must not fail itself.
        judged = isinstance(error, ActivityError) and info.workflow_type != INCIDENT
        if judged or is_cancelled_exception(error) or workflow.unsafe.is_replaying():
            return
        where, about = f"workflow {info.workflow_type}", incident_of(info.workflow_id)
        self._reporter.report(error, where=where, incident_id=about)


class _Scheduling(WorkflowOutboundInterceptor):
    def __init__(self, following: WorkflowOutboundInterceptor, stages: "_Stages") -> None:
        super().__init__(following)
        self._stages = stages

    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:  # noqa: A002 -- the interface says so
        self._stages.look()
        return self.next.start_activity(input)

    async def start_child_workflow(
        self,
        input: StartChildWorkflowInput,  # noqa: A002 -- the interface names it so
    ) -> ChildWorkflowHandle[Any, Any]:
        self._stages.look()
        return await self.next.start_child_workflow(input)

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:  # noqa: A002 -- the interface says so
        self._stages.renew()
        self.next.continue_as_new(input)


class _Stages:
    """How long an incident is in which stage, in the workflow's own time."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters
        self._stage: Stage | None = None
        self._since: datetime | None = None

    def look(self) -> None:
        """Notice that the incident is in another stage than before."""
        if workflow.info().workflow_type != INCIDENT:
            return
        report: IncidentReport = workflow.instance().show_report()
        stage, now = report.summary.stage, workflow.now()
        if self._stage is None or self._since is None:
            self._stage, self._since = stage, workflow.info().start_time
            self._began(report)
        if stage is self._stage:
            return
        self._count(report, (now - self._since).total_seconds())
        self._stage, self._since = stage, now

    def renew(self) -> None:
        """Count the time so far: the stage goes on in a new run."""
        self.look()
        if self._stage in {None, Stage.CLOSED} or self._since is None:
            return
        if not workflow.unsafe.is_replaying() and self._stage is not None:
            seconds = (workflow.now() - self._since).total_seconds()
            self._meters.stage_ended(self._stage, RENEWED, seconds)

    def _began(self, report: IncidentReport) -> None:
        fresh = report.summary.stage is Stage.DETECTED
        if fresh and not workflow.unsafe.is_replaying():
            self._meters.incident_opened(report.summary.service)

    def _count(self, report: IncidentReport, seconds: float) -> None:
        if workflow.unsafe.is_replaying() or self._stage is None:
            return
        stage, resolution = report.summary.stage, report.resolution
        if stage is not Stage.CLOSED or resolution is None:
            self._meters.stage_ended(self._stage, stage.value, seconds)
            return
        self._meters.stage_ended(self._stage, resolution.kind.value, seconds)
        self._meters.incident_ended(report.summary.service, resolution)


def failure_of(error: BaseException) -> str:
    """Return the kind of an activity's failure: one of Suture's errors, cancelled, unexpected."""
    if isinstance(error, asyncio.CancelledError) or is_cancelled_exception(error):
        return CANCELLED
    return kind_of(error.type if isinstance(error, ApplicationError) else type(error).__name__)
