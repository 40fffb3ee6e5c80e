"""Jira's tracker with a server of its own, and the hands of a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Engine

from integrations.jira.adf import plain_text
from integrations.jira.tracker import JiraTracker
from suture.domain.ticket import TicketRef
from suture.jira_settings import JiraDeployment, JiraSettings
from tests.fakes.jira_server import EMAIL, TOKEN, JiraServer, serving


def jira_settings(server: JiraServer, **given: object) -> JiraSettings:
    values: dict[str, Any] = {
        "url": server.url,
        "deployment": JiraDeployment.CLOUD if server.cloud else JiraDeployment.SERVER,
        "email": EMAIL if server.cloud else None,
        "token": SecretStr(TOKEN),
        "project": "SHOP",
    }
    settings = JiraSettings.model_validate(values | given)
    # Less than operators may set, so that no test waits.
    return settings.model_copy(update={"settle_seconds": given.get("settle_seconds", 0.0)})


class ServedJiraTracker(JiraTracker):
    """Closes tickets as a person does, and reads their comments."""

    def __init__(self, engine: Engine, server: JiraServer) -> None:
        super().__init__(engine, jira_settings(server))
        self.server = server

    def close_by_human(self, ticket_id: str, actor: str) -> None:
        del actor
        self.server.set_status(ticket_id, "Won't Do")

    def texts(self, ticket: TicketRef) -> list[str]:
        return [said(one["body"]) for one in self.server.issue(ticket.ticket_id).comments]


def said(body: object) -> str:
    """Return what a comment says, in either format."""
    return body.partition("{anchor:")[0] if isinstance(body, str) else plain_text(body)


@contextmanager
def served_tracker(engine: Engine, *, cloud: bool) -> Iterator[ServedJiraTracker]:
    with serving(cloud=cloud) as server:
        yield ServedJiraTracker(engine, server)
