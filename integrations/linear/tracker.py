"""Tickets in Linear.

Suture writes its own part of the description, and what it wrote itself: a title, priority or
label that a person changed stays as it is. A person's closing is respected until Suture, having
said closed, says otherwise, as it does when a fix regresses.
"""

from sqlalchemy import Engine

from integrations.linear.client import Answer, LinearClient
from integrations.linear.description import title, with_own_part
from integrations.linear.issues import Issue, LinearIssues, comment_id_of, issue_id_of
from integrations.linear.records import LinearRecords, Record
from suture.domain.ticket import Link, TicketContent, TicketRef, TicketState
from suture.domain.value import Slug
from suture.linear_settings import LinearSettings

SCHEMES = ("https://", "http://")


class LinearTracker:
    """Implements `suture.ports.tracker.Tracker`; a ticket's id is the issue's first identifier."""

    def __init__(self, engine: Engine, settings: LinearSettings) -> None:
        self._settings = settings
        self._records = LinearRecords(engine)
        self._issues = LinearIssues(LinearClient(settings), settings)

    def ensure_ticket(self, service: Slug, key: str, content: TicketContent) -> TicketRef:
        """Find the issue of this key or create it. Idempotency key: team, service and `key`.

        Linear's issues begin open; one that is to be closed is closed at once.

        Raises:
            PermanentError: also if the team has no state that means closed.
        """
        ticket = self._ensured(service, key, content)
        if content.state is TicketState.CLOSED:
            self.update_ticket(ticket, content)
        return ticket

    def update_ticket(self, ticket: TicketRef, content: TicketContent) -> None:
        """Make Suture's own part of the issue say this. Repeating it changes nothing.

        What a person archived or deleted stays as it is until there is news after Suture closed.

        Raises:
            PermanentError: also if the team has no state that means this.
        """
        record = self._located(ticket)
        if content == record.said and content.state is record.said_state:
            return
        issue = self._issues.read(record.issue_id)
        moves = _moves(record, issue, content)
        if issue.archived_at is None or moves:
            if issue.archived_at is not None:
                self._issues.restore(issue.id)
            self._write(record, issue, content, moves=moves)
        self._records.said(record, content)

    def ensure_comment(self, ticket: TicketRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there. Idempotency key: issue and `key`.

        A deleted issue gets none.
        """
        issue = self._issues.read(self._located(ticket).issue_id)
        if not issue.trashed:
            self._issues.comment(issue.id, comment_id_of(issue.id, key), text)

    def state(self, ticket: TicketRef) -> TicketState:
        """Return the issue's state, as a human may have changed it."""
        return self._issues.read(self._located(ticket).issue_id).status

    def _ensured(self, service: Slug, key: str, content: TicketContent) -> TicketRef:
        team = self._issues.team()
        record = self._records.begin(issue_id_of(team.id, service, key))
        if record.ticket is not None:
            return record.ticket
        found = self._issues.find(record.issue_id)
        if found is None:
            self._records.creates(record, content)
            found = self._issues.create(record.issue_id, team, content)
        ticket = TicketRef(ticket_id=found.identifier, url=found.url)
        self._records.seen(record, ticket)
        return ticket

    def _located(self, ticket: TicketRef) -> Record:
        """Return the record of a ticket; where it was lost, Linear says which issue it is.

        Raises:
            NotFound: there is none.
        """
        found = self._records.find(ticket)
        if found is None:
            found = self._records.begin(self._issues.id_of(ticket.ticket_id))
            self._records.seen(found, ticket)
        return found

    def _write(self, record: Record, issue: Issue, content: TicketContent, *, moves: bool) -> None:
        said = record.said
        change: Answer = {}
        if said is None or said.body != content.body:
            change["description"] = with_own_part(issue.description, content.body)
        if said is not None:
            change |= self._rewritten(said, issue, content)
        if moves:
            name = self._settings.states.get(content.state)
            change["stateId"] = issue.team.require_state(content.state, name)
        self._issues.edit(issue.id, change)
        for link in content.links:
            if _leads_to_a_page(link) and (said is None or link not in said.links):
                self._issues.attach(issue.id, link)

    def _rewritten(self, said: TicketContent, issue: Issue, content: TicketContent) -> Answer:
        """Return what changed since Suture said it last, and no person changed meanwhile."""
        change: Answer = {}
        if issue.title == title(said.title) != title(content.title):
            change["title"] = title(content.title)
        ranks = self._settings.priorities
        before, after = ranks.get(said.severity, 0), ranks.get(content.severity, 0)
        if issue.priority == before != after:
            change["priority"] = after
        added = tuple(name for name in content.labels if name not in said.labels)
        gone = {name for name in said.labels if name not in content.labels}
        if ids := self._issues.labels(issue.team, added):
            change["addedLabelIds"] = ids
        if ids := [one.id for one in issue.labels.nodes if one.name in gone]:
            change["removedLabelIds"] = ids
        return change


def _moves(record: Record, issue: Issue, content: TicketContent) -> bool:
    """Whether the issue is to change its state now that Suture says this."""
    if content.state is record.said_state or content.state is issue.status:
        return False
    news = record.said_state is TicketState.CLOSED
    return news or issue.status is not TicketState.CLOSED


def _leads_to_a_page(link: Link) -> bool:
    return link.url.lower().startswith(SCHEMES)
