"""Tickets as GitLab issues.

An issue is found by a label that only its incident has, in the project's list of issues. Suture's
part of the text stands between hidden marks, which also hold what Suture said last; what people
write around it, their title, labels and closing stay. Source: https://docs.gitlab.com/api/issues/.
"""

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from integrations.gitlab.client import Answer, GitLabClient, once, project_path
from integrations.gitlab.shapes import Anything, Note, Text
from integrations.gitlab.texts import comment_text, title_of, written
from integrations.marks import (
    comment_mark,
    first_state,
    next_state,
    own_part,
    rewritten,
    title_digest,
    unique_label,
)
from suture.domain.service import Service
from suture.domain.ticket import TicketContent, TicketRef, TicketState
from suture.domain.value import Slug
from suture.errors import NotFound, SettingsError
from suture.gitlab_settings import GitLabSettings

LABEL = "suture"
IN_PROGRESS = "in progress"
MAX_LABEL = 100
TICKET = re.compile(r"([A-Za-z0-9_][\w./-]{1,400})#([1-9][0-9]{0,17})", re.ASCII)


class Issue(Answer):
    """An issue."""

    iid: int = Field(ge=1)
    state: Literal["opened", "closed"]
    title: str
    description: Text = ""
    web_url: str
    labels: tuple[str, ...] = ()

    @property
    def status(self) -> TicketState:
        """Its state; work in progress is a label, for issues know only open and closed."""
        if self.state == "closed":
            return TicketState.CLOSED
        return TicketState.IN_PROGRESS if IN_PROGRESS in self.labels else TicketState.OPEN


class GitLabTracker:
    """Implements `suture.ports.tracker.Tracker`; a ticket's id is `group/name#number`."""

    def __init__(self, settings: GitLabSettings, services: Mapping[str, Service]) -> None:
        self._client = GitLabClient(settings)
        self._everything = settings.issues_project
        self._services = services

    def ensure_ticket(self, service: Slug, key: str, content: TicketContent) -> TicketRef:
        """Find the issue of this key or create it. Idempotency key: service and `key`."""
        project = self._project(service)
        path = f"{project_path(project)}/issues"
        label = unique_label(service, key)

        def find() -> Issue | None:
            asked = {"labels": label, "state": "all", "scope": "all", "sort": "asc"}
            rows = self._client.list(path, Issue, {**asked, "order_by": "created_at"})
            return next((row for row in rows if label in row.labels), None)

        def make() -> Issue:
            title = title_of(content.title)
            body = {
                "title": title,
                "description": written(content.body, title, first_state(content.state)),
                "labels": ",".join([*_labels(content), label]),
            }
            return self._client.send("POST", path, Issue, body)

        issue = once(find, make)
        ticket = TicketRef(ticket_id=f"{project}#{issue.iid}", url=issue.web_url)
        if content.state is TicketState.CLOSED and issue.state == "opened":
            self.update_ticket(ticket, content)
        return ticket

    def update_ticket(self, ticket: TicketRef, content: TicketContent) -> None:
        """Make Suture's own part of the issue say this. Repeating it changes nothing.

        A person's closing stands until Suture has closed and then has news; without marks, for
        somebody removed them, Suture only closes.
        """
        path = _path(ticket)
        issue = self._client.get(path, Issue)
        said = own_part(issue.description)
        state = next_state(issue.status, None if said is None else said.state, content.state)
        title = title_of(content.title)
        part = written(content.body, title, content.state)
        change = _change(issue, state)
        body = rewritten(issue.description, part)
        if body != issue.description:
            change["description"] = body
        if said is not None and title != issue.title and title_digest(issue.title) == said.title:
            change["title"] = title
        if change:
            self._client.send("PUT", path, Anything, change)

    def ensure_comment(self, ticket: TicketRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there."""
        path = f"{_path(ticket)}/notes"
        mark = comment_mark(key)

        def find() -> Note | None:
            return next((row for row in self._client.list(path, Note) if mark in row.body), None)

        body = {"body": comment_text(key, text)}
        once(find, lambda: self._client.send("POST", path, Note, body))

    def state(self, ticket: TicketRef) -> TicketState:
        """Return the issue's state, as a human may have changed it."""
        return self._client.get(_path(ticket), Issue).status

    def _project(self, service: Slug) -> str:
        if self._everything is not None:
            return self._everything
        known = self._services.get(service)
        if known is None:
            raise SettingsError(f"Set gitlab.issues_project: there is no service {service}.")
        return known.repository


def _change(issue: Issue, state: TicketState) -> dict[str, object]:
    """Return what makes an issue's state this one; label and state go in one request."""
    change: dict[str, object] = {}
    shown, wanted = IN_PROGRESS in issue.labels, state is TicketState.IN_PROGRESS
    if wanted and not shown:
        change["add_labels"] = IN_PROGRESS
    elif shown and not wanted:
        change["remove_labels"] = IN_PROGRESS
    if (issue.state == "closed") != (state is TicketState.CLOSED):
        change["state_event"] = "close" if state is TicketState.CLOSED else "reopen"
    return change


def _labels(content: TicketContent) -> list[str]:
    named = [LABEL, f"severity: {content.severity.value}", *content.labels]
    if content.state is TicketState.IN_PROGRESS:
        named.append(IN_PROGRESS)
    cleaned = (" ".join(name.replace(",", " ").replace("\0", "").split()) for name in named)
    return [name[:MAX_LABEL] for name in cleaned if name]


def _path(ticket: TicketRef) -> str:
    found = TICKET.fullmatch(ticket.ticket_id)
    if found is None or ".." in ticket.ticket_id or "/" not in ticket.ticket_id:
        raise NotFound(f"There is no issue {ticket.ticket_id[:150]!r}.")
    project, number = found.groups()
    return f"{project_path(str(project))}/issues/{number}"
