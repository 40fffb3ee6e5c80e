"""Tickets in Jira Cloud and Jira Data Center.

Suture writes its own part of the description, and what it wrote itself: a summary, priority or
label that a person changed stays as it is. A person's closing is respected until Suture, having
said closed, says otherwise, as it does when a fix regresses.
"""

import hashlib

import structlog
from sqlalchemy import Engine

from integrations.jira.client import Answer, JiraClient, part
from integrations.jira.issues import JiraIssues, age, labels, state_of
from integrations.jira.markdown import safe_url, title
from integrations.jira.records import JiraRecords, Record
from suture.domain.ticket import Link, TicketContent, TicketRef, TicketState
from suture.domain.value import Slug
from suture.errors import NotFound, PermanentError, RateLimited
from suture.jira_settings import JiraSettings

log = structlog.get_logger()

MARK_CHARACTERS = 24


class JiraTracker:
    """Implements `suture.ports.tracker.Tracker`."""

    def __init__(self, engine: Engine, settings: JiraSettings) -> None:
        self._settings = settings
        self._records = JiraRecords(engine, settings.settle_seconds)
        self._issues = JiraIssues(JiraClient(settings), settings)

    def ensure_ticket(self, service: Slug, key: str, content: TicketContent) -> TicketRef:
        """Find the ticket of this key or create it. Idempotency key: service and `key`.

        Jira's issues begin open; one that is to be closed is closed at once.

        Raises:
            Unreachable: also while it is in doubt whether an earlier create made one.
            PermanentError: also if the workflow has no way to close it.
        """
        ticket = self._ensured(service, key, content)
        if content.state is TicketState.CLOSED:
            self.update_ticket(ticket, content)
        return ticket

    def update_ticket(self, ticket: TicketRef, content: TicketContent) -> None:
        """Make Suture's own part of the ticket say this. Repeating it changes nothing.

        Raises:
            PermanentError: also if the workflow has no way to the state.
        """
        record = self._settled(self._records.find(ticket.ticket_id))
        key = _key_of(record)
        if content == record.said and content.state is record.said_state:
            return
        fields = self._issues.read(key)
        if content != record.said:
            self._write(record, fields, content)
        if content.state is not record.said_state:
            self._bring(record, state_of(fields), content.state)

    def ensure_comment(self, ticket: TicketRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there. Idempotency key: ticket and `key`.

        Raises:
            Unreachable: also while it is in doubt whether an earlier call added it.
        """
        record = self._records.find(ticket.ticket_id)
        mark, issue = _digest(record.mark, key), _key_of(record)
        done, doubtful = self._records.claim_comment(record, mark)
        if done:
            return
        if doubtful:
            if self._issues.has_comment(issue, mark):
                self._records.commented(record, mark)
                return
            self._records.repeat_comment(record, mark)
        try:
            self._issues.comment(issue, mark, text)
        except (RateLimited, PermanentError):
            self._records.comment_refused(record, mark)
            raise
        self._records.commented(record, mark)

    def state(self, ticket: TicketRef) -> TicketState:
        """Return the ticket's state, as a human may have changed it."""
        record = self._settled(self._records.find(ticket.ticket_id))
        return state_of(self._issues.read(_key_of(record)))

    def _ensured(self, service: Slug, key: str, content: TicketContent) -> TicketRef:
        record = self._records.begin(service, key, f"suture-{_digest(service, key)}")
        if record.issue_key is not None:
            return self._ref(record.issue_key)
        found = self._issues.search(record.mark)
        if found:
            self._adopt(record, found)
            return self._ref(found[0])
        self._records.claim_create(record, content)
        try:
            made = self._issues.create(record.mark, content)
        except (RateLimited, PermanentError):
            self._records.create_refused(record)
            raise
        self._records.created(record, made)
        return self._ref(made)

    def _settled(self, record: Record) -> Record:
        """Make one of twins. The index shows them late, so it is asked until it should know.

        Where more than one create was sent, it is asked whenever the ticket is touched.
        """
        if not record.may_have_twin:
            return record
        everyone = sorted({*self._issues.search(record.mark), _key_of(record)}, key=age)
        self._adopt(record, everyone)
        if record.creates <= 1:
            self._records.alone(record)
        return record.model_copy(update={"issue_key": everyone[0]})

    def _adopt(self, record: Record, keys: list[str]) -> None:
        """Take the first issue for the ticket, and close the others with a link to it, once."""
        for twin in keys[1:]:
            if not self._records.is_twin(record, twin):
                self._close_twin(twin, keys[0])
                self._records.twin(record, twin)
        self._records.created(record, keys[0])

    def _close_twin(self, twin: str, first: str) -> None:
        link = Link(title=f"Duplicate of {first}", url=self._ref(first).url)
        self._issues.link(twin, link, "duplicates", f"duplicate-of:{first}")
        log.warning("ticket.twin_found", issue=twin, duplicate_of=first)
        try:
            if state_of(self._issues.read(twin)) is not TicketState.CLOSED:
                self._issues.move(twin, TicketState.CLOSED)
        except PermanentError as error:
            # The ticket itself must go on; the link tells people what this one is.
            log.warning("ticket.twin_open", issue=twin, reason=str(error))

    def _write(self, record: Record, found: Answer, content: TicketContent) -> None:
        """Write what changed since Suture said it last, and no field that a person changed."""
        key, said = _key_of(record), record.said
        fields: Answer = {}
        if said is None or said.body != content.body:
            fields["description"] = self._issues.described(found.get("description"), content.body)
        if said is not None and found.get("summary") == title(said.title) != title(content.title):
            fields["summary"] = title(content.title)
        fields |= self._priority(said, found, content)
        self._issues.edit(key, fields, _label_changes(said, content))
        for link in content.links:
            if safe_url(link.url) and (said is None or link not in said.links):
                self._issues.link(key, link, "fixed by", _digest(link.url))
        self._records.said(record, content)

    def _priority(
        self, said: TicketContent | None, found: Answer, content: TicketContent
    ) -> Answer:
        names = self._settings.priorities
        if said is None or said.severity is content.severity or content.severity not in names:
            return {}
        untouched = part(found, "priority", "name") == names.get(said.severity)
        return {"priority": {"name": names[content.severity]}} if untouched else {}

    def _bring(self, record: Record, now: TicketState, said: TicketState) -> None:
        closed_by_human = now is TicketState.CLOSED and record.said_state is not TicketState.CLOSED
        if now is not said and not closed_by_human:
            self._issues.move(_key_of(record), said)
        self._records.said_state(record, said)

    def _ref(self, issue_key: str) -> TicketRef:
        base = self._settings.url.rstrip("/")
        return TicketRef(ticket_id=issue_key, url=f"{base}/browse/{issue_key}")


def _label_changes(said: TicketContent | None, content: TicketContent) -> Answer:
    before = [] if said is None else labels(said)
    after = labels(content)
    changes = [{"add": label} for label in after if label not in before]
    changes += [{"remove": label} for label in before if label not in after]
    return {"labels": changes} if changes else {}


def _key_of(record: Record) -> str:
    if record.issue_key is None:
        raise NotFound(f"The ticket of {record.key[:40]} is not in Jira yet.")
    return record.issue_key


def _digest(*parts: str) -> str:
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:MARK_CHARACTERS]
