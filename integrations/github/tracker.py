"""Tickets as GitHub issues.

An issue is found by a label that only its incident has, in the list of issues: the search index
lags. Suture's part of the text stands between hidden marks, which also hold what Suture said
last; what people write around it, their title, labels and closing stay. Source:
https://docs.github.com/en/rest/issues/issues
"""

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field

from integrations.github.client import (
    Answer,
    GitHubClient,
    Grants,
    once,
    repository_path,
)
from integrations.github.shapes import Anything, Comment
from integrations.marks import (
    comment_mark,
    comment_text,
    first_state,
    next_state,
    one_title,
    own_part,
    rewritten,
    title_digest,
    unique_label,
    written,
)
from suture.domain.service import Service
from suture.domain.ticket import TicketContent, TicketRef, TicketState
from suture.domain.value import Slug
from suture.errors import NotFound, SettingsError
from suture.github_settings import GitHubSettings

ISSUES: Grants = {"issues": "write", "metadata": "read"}
LOOK: Grants = {"issues": "read", "metadata": "read"}
LABEL = "suture"
IN_PROGRESS = "in progress"
MAX_LABEL = 50
TICKET = re.compile(r"([A-Za-z0-9-]+/[A-Za-z0-9._-]+)#([1-9][0-9]{0,17})")


class _Label(Answer):
    name: str


class Issue(Answer):
    """An issue; the list also has pull requests, which say so."""

    number: int = Field(ge=1)
    state: Literal["open", "closed"]
    title: str
    body: str | None = None
    html_url: str
    labels: tuple[_Label, ...] = ()
    pull_request: dict[str, Any] | None = None

    @property
    def status(self) -> TicketState:
        """Its state; work in progress is a label, for issues know only open and closed."""
        if self.state == "closed":
            return TicketState.CLOSED
        names = {label.name for label in self.labels}
        return TicketState.IN_PROGRESS if IN_PROGRESS in names else TicketState.OPEN


class GitHubTracker:
    """Implements `suture.ports.tracker.Tracker`; a ticket's id is `owner/name#number`."""

    def __init__(self, settings: GitHubSettings, services: Mapping[str, Service]) -> None:
        self._client = GitHubClient(settings)
        self._everything = settings.issues_repository
        self._services = services

    def ensure_ticket(self, service: Slug, key: str, content: TicketContent) -> TicketRef:
        """Find the issue of this key or create it. Idempotency key: service and `key`."""
        repository = self._repository(service)
        path = f"{repository_path(repository)}/issues"
        unique = unique_label(service, key)

        def find() -> Issue | None:
            asked = {"labels": unique, "state": "all", "sort": "created", "direction": "asc"}
            rows = self._client.list(path, Issue, LOOK, asked)
            named = (row for row in rows if unique in {label.name for label in row.labels})
            return next((row for row in named if row.pull_request is None), None)

        def make() -> Issue:
            title = one_title(content.title)
            body = {
                "title": title,
                "body": written(content.body, title, first_state(content.state)),
                "labels": [*_labels(content), unique],
            }
            return self._client.send("POST", path, Issue, ISSUES, body)

        issue = once(find, make)
        ticket = TicketRef(ticket_id=f"{repository}#{issue.number}", url=issue.html_url)
        if content.state is TicketState.CLOSED and issue.state == "open":
            self.update_ticket(ticket, content)
        return ticket

    def update_ticket(self, ticket: TicketRef, content: TicketContent) -> None:
        """Make Suture's own part of the issue say this. Repeating it changes nothing.

        A person's closing stands until Suture has closed and then has news; without marks, for
        somebody removed them, Suture only closes.
        """
        path, issue = self._read(ticket)
        whole = issue.body or ""
        said = own_part(whole)
        before = None if said is None else said.state
        state = next_state(issue.status, before, content.state)
        self._show_progress(path, issue, state)
        title = one_title(content.title)
        change: dict[str, str] = {}
        body = rewritten(whole, written(content.body, title, content.state))
        if body != whole:
            change["body"] = body
        if said is not None and title != issue.title and title_digest(issue.title) == said.title:
            change["title"] = title
        closed = "closed" if state is TicketState.CLOSED else "open"
        if closed != issue.state:
            change["state"] = closed
        if change:
            self._client.send("PATCH", path, Anything, ISSUES, change)

    def ensure_comment(self, ticket: TicketRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there."""
        path = f"{_path(ticket)}/comments"
        mark = comment_mark(key)

        def find() -> Comment | None:
            rows = self._client.list(path, Comment, LOOK)
            return next((row for row in rows if mark in (row.body or "")), None)

        body = {"body": comment_text(key, text)}
        once(find, lambda: self._client.send("POST", path, Comment, ISSUES, body))

    def state(self, ticket: TicketRef) -> TicketState:
        """Return the issue's state, as a human may have changed it."""
        return self._read(ticket)[1].status

    def _repository(self, service: Slug) -> str:
        if self._everything is not None:
            return self._everything
        known = self._services.get(service)
        if known is None:
            raise SettingsError(f"Set github.issues_repository: there is no service {service}.")
        return known.repository

    def _read(self, ticket: TicketRef) -> tuple[str, Issue]:
        path = _path(ticket)
        return path, self._client.get(path, Issue, LOOK)

    def _show_progress(self, path: str, issue: Issue, state: TicketState) -> None:
        shown = IN_PROGRESS in {label.name for label in issue.labels}
        wanted = state is TicketState.IN_PROGRESS
        if wanted and not shown:
            body = {"labels": [IN_PROGRESS]}
            self._client.send("POST", f"{path}/labels", list[Anything], ISSUES, body)
        elif shown and not wanted:
            self._client.delete(f"{path}/labels/{quote(IN_PROGRESS)}", ISSUES)


def _labels(content: TicketContent) -> list[str]:
    named = [LABEL, f"severity: {content.severity.value}", *content.labels]
    if content.state is TicketState.IN_PROGRESS:
        named.append(IN_PROGRESS)
    return [" ".join(name.replace(",", " ").split())[:MAX_LABEL] for name in named if name.strip()]


def _path(ticket: TicketRef) -> str:
    found = TICKET.fullmatch(ticket.ticket_id)
    if found is None:
        raise NotFound(f"There is no issue {ticket.ticket_id[:150]!r}.")
    repository, number = found.groups()
    return f"{repository_path(str(repository))}/issues/{number}"
