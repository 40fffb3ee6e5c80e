"""Which incident, and whose, something is done for: Temporal's workflow ids say it."""

import re

WORKFLOW_ID = re.compile(
    r"(?P<incident>incident-v\d+-(?P<service>.+)-[0-9a-f]{16})(?:-\d+(?:-[a-z0-9-]+)?)?"
)


def incident_of(workflow_id: str) -> str:
    """Return the incident of a workflow, be it the incident's own or a child of it."""
    match = WORKFLOW_ID.fullmatch(workflow_id)
    return match["incident"] if match else workflow_id


def service_of(workflow_id: str) -> str | None:
    """Return the service whose incident it is; None if it is no incident's workflow."""
    match = WORKFLOW_ID.fullmatch(workflow_id)
    return match["service"] if match else None
