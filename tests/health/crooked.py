"""Workflows that fail, each in its way."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from suture.domain.alert import Severity
    from suture.domain.incident import IncidentKey, IncidentSummary, Stage
    from suture.domain.report import IncidentReport


@workflow.defn(name="crooked")
class CrookedWorkflow:
    """Divides by nothing, in its first task and again in each further one."""

    @workflow.run
    async def run(self, total: int) -> float:
        """Return nothing."""
        return total / 0


@workflow.defn(name="stumbling")
class StumblingWorkflow:
    """Waits for a signal, and cannot take it."""

    @workflow.run
    async def run(self) -> None:
        """Wait."""
        await workflow.wait_condition(lambda: False)

    @workflow.signal(name="stumble")
    async def stumble(self) -> None:
        """Refuse, which fails the workflow."""
        raise ApplicationError("over a stone", type="Stone")


@workflow.defn(name="unserved")
class UnservedWorkflow:
    """Calls what nobody does, and leaves it to its parent what that means."""

    @workflow.run
    async def run(self) -> None:
        """Fail as the activity does."""
        await workflow.execute_activity(
            "nobody", task_queue="nowhere", schedule_to_close_timeout=timedelta(milliseconds=50)
        )


@workflow.defn(name="incident")
class RenewedWorkflow:
    """Goes on in new runs while people think."""

    @workflow.run
    async def run(self, runs: int) -> None:
        """Renew itself so many times."""
        self._stage = Stage.APPROVAL
        await workflow.sleep(0.01)
        if runs:
            workflow.continue_as_new(runs - 1)
        self._stage = Stage.CLOSED

    @workflow.query(name="report")
    def show_report(self) -> IncidentReport:
        """Return where it stands."""
        key = IncidentKey(service="shop", fingerprint="0" * 64)
        summary = IncidentSummary(
            incident_id=key.incident_id,
            run_id="run",
            service=key.service,
            fingerprint=key.fingerprint,
            title="title",
            severity=Severity.HIGH,
            stage=getattr(self, "_stage", Stage.APPROVAL),
            alerts=1,
            opened_at=workflow.info().start_time,
        )
        return IncidentReport(key=key, summary=summary, environment="live")
