"""Handles of incidents, typed once for everybody who reads, signals or awaits one."""

from temporalio.client import Client, WorkflowHandle

from suture.domain.resolution import Resolution
from workflows.incident import IncidentWorkflow

Handle = WorkflowHandle[IncidentWorkflow, Resolution]


def incident_handle(client: Client, incident_id: str, run_id: str | None = None) -> Handle:
    """Return the handle of an incident's newest run, or of the run that is named."""
    handle: Handle = client.get_workflow_handle(incident_id, run_id=run_id, result_type=Resolution)
    return handle
