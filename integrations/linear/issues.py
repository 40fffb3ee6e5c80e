"""Issues as Linear's API reads and writes them.

Whoever creates something may choose its id, a UUID of version 4; Linear refuses to make another
one with it. https://linear.app/developers/graphql and its schema, `IssueCreateInput.id`.
"""

import contextlib
import hashlib
import re
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from integrations.linear import documents
from integrations.linear.client import AlreadyExists, Answer, LinearClient
from integrations.linear.description import defused, title, with_own_part
from suture.domain.ticket import Link, TicketContent, TicketState
from suture.errors import NotFound, PermanentError, Unreachable
from suture.linear_settings import LinearSettings

STATES = {
    "triage": TicketState.OPEN,
    "backlog": TicketState.OPEN,
    "unstarted": TicketState.OPEN,
    "started": TicketState.IN_PROGRESS,
    "completed": TicketState.CLOSED,
    "canceled": TicketState.CLOSED,
    "duplicate": TicketState.CLOSED,
}
TYPES = {
    TicketState.OPEN: ("unstarted", "backlog", "triage"),
    TicketState.IN_PROGRESS: ("started",),
    TicketState.CLOSED: ("completed", "canceled"),
}
"""The types of state to look for, best first."""
MAX_NAMED = 10
IDENTIFIER = re.compile(r"[A-Z0-9]{1,20}-[1-9][0-9]{0,9}")


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


Shape = TypeVar("Shape", bound=_Shape)


class _State(_Shape):
    id: str
    name: str
    type: str
    position: float


class _States(_Shape):
    nodes: tuple[_State, ...]


class Team(_Shape):
    """A team and the states that its issues can have."""

    id: str
    key: str
    name: str
    states: _States

    def state_for(self, state: TicketState, name: str | None) -> _State | None:
        """Return the workflow state of this name, or the first one that means this."""
        ordered = sorted(self.states.nodes, key=lambda one: one.position)
        if name is not None:
            named = (one for one in ordered if one.name.casefold() == name.casefold())
            return next(named, None)
        fitting = [one for kind in TYPES[state] for one in ordered if one.type == kind]
        return next(iter(fitting), None)

    def require_state(self, state: TicketState, name: str | None) -> str:
        """Return the id of the workflow state for this.

        Raises:
            PermanentError: the team has none.
        """
        found = self.state_for(state, name)
        if found is None:
            names = ", ".join(one.name[:40] for one in self.states.nodes[:MAX_NAMED]) or "none"
            raise PermanentError(
                f"No state of team {self.key} means {state}; it has: {names}."
                f" Set linear.states.{state} to the one that does."
            )
        return found.id


class _Teams(_Shape):
    nodes: tuple[Team, ...]


class Label(_Shape):
    """A label that a team's issues can have."""

    id: str
    name: str


class _Labels(_Shape):
    nodes: tuple[Label, ...]


class _NowState(_Shape):
    type: str


class Issue(_Shape):
    """An issue as it is now."""

    id: str
    identifier: str
    url: str
    title: str
    description: str | None = None
    priority: float
    archived_at: str | None
    trashed: bool | None = None
    state: _NowState
    labels: _Labels
    team: Team

    @property
    def status(self) -> TicketState:
        """Its state; one that somebody deleted is closed."""
        if self.trashed:
            return TicketState.CLOSED
        # A type that Linear invents later is one in which work is not done.
        return STATES.get(self.state.type, TicketState.OPEN)


class _Issues(_Shape):
    nodes: tuple[Issue, ...]


class _Id(_Shape):
    id: str


class _Ids(_Shape):
    nodes: tuple[_Id, ...]


class LinearIssues:
    """Calls that are safe to repeat: what has its id already is not made again."""

    def __init__(self, client: LinearClient, settings: LinearSettings) -> None:
        self._client = client
        self._settings = settings

    def team(self) -> Team:
        """Return the team that takes the tickets.

        Raises:
            NotFound: there is none, or it may not be seen.
        """
        found = self._client.ask(documents.TEAM, key=self._settings.team)
        teams = _shaped(_Teams, found, "teams").nodes
        if not teams:
            raise NotFound(f"Linear shows no team {self._settings.team}.")
        return teams[0]

    def find(self, issue_id: str) -> Issue | None:
        """Return an issue, archived and deleted ones too."""
        found = self._client.ask(documents.ISSUE, id=issue_id)
        return next(iter(_shaped(_Issues, found, "issues").nodes), None)

    def read(self, issue_id: str) -> Issue:
        """Return an issue.

        Raises:
            NotFound: there is none.
        """
        found = self.find(issue_id)
        if found is None:
            raise NotFound(f"Linear has no issue {issue_id}.")
        return found

    def id_of(self, identifier: str) -> str:
        """Return the id of the issue that has, or had, this identifier, such as `SHOP-12`.

        Raises:
            NotFound: there is none.
        """
        if not IDENTIFIER.fullmatch(identifier):
            raise NotFound(f"{identifier[:40]!r} names no issue of Linear.")
        found = self._client.ask(documents.NAMED_ISSUE, name=identifier)
        return _shaped(_Id, found, "issue").id

    def create(self, issue_id: str, team: Team, content: TicketContent) -> Issue:
        """Create the issue and return it. Idempotency key: its id."""
        given: Answer = {
            "id": issue_id,
            "teamId": team.id,
            "title": title(content.title),
            "description": with_own_part(None, content.body),
            "priority": self._settings.priorities.get(content.severity, 0),
            "labelIds": self.labels(team, content.labels),
        }
        if TicketState.OPEN in self._settings.states:
            name = self._settings.states[TicketState.OPEN]
            given["stateId"] = team.require_state(TicketState.OPEN, name)
        # It exists where another call of ours was quicker, or its answer was lost.
        with contextlib.suppress(AlreadyExists):
            self._done(self._client.ask(documents.CREATE_ISSUE, input=given), "issueCreate")
        return self.read(issue_id)

    def edit(self, issue_id: str, change: Answer) -> None:
        """Set fields, all at once."""
        if change:
            found = self._client.ask(documents.UPDATE_ISSUE, id=issue_id, input=change)
            self._done(found, "issueUpdate")

    def restore(self, issue_id: str) -> None:
        """Take it out of the archive, or back from the trash."""
        self._done(self._client.ask(documents.UNARCHIVE_ISSUE, id=issue_id), "issueUnarchive")

    def attach(self, issue_id: str, link: Link) -> None:
        """Link to a page. Linear keeps one link of each URL."""
        given = {"issueId": issue_id, "url": link.url, "title": title(link.title)}
        found = self._client.ask(documents.ATTACH, input=given)
        self._done(found, "attachmentCreate")

    def comment(self, issue_id: str, comment_id: str, text: str) -> None:
        """Add a comment unless one with this id is there, or was and somebody deleted it."""
        found = self._client.ask(documents.COMMENT, id=comment_id)
        if _shaped(_Ids, found, "comments").nodes:
            return
        given = {"id": comment_id, "issueId": issue_id, "body": defused(text)}
        try:
            found = self._client.ask(documents.CREATE_COMMENT, input=given)
        except AlreadyExists:
            return
        self._done(found, "commentCreate")

    def labels(self, team: Team, names: tuple[str, ...]) -> list[str]:
        """Return the ids of those labels that exist, for the team or for everybody."""
        if not names:
            return []
        asked = {"key": team.key, "names": [" ".join(name.split()) for name in names]}
        found = self._client.ask(documents.LABELS, **asked)
        return [one.id for one in _shaped(_Labels, found, "issueLabels").nodes]

    def _done(self, data: Answer, name: str) -> None:
        payload = data.get(name)
        if not isinstance(payload, dict) or payload.get("success") is not True:
            raise Unreachable(f"Linear does not say that it did {name}.")


def issue_id_of(team_id: str, service: str, key: str) -> str:
    """Return the id of the ticket of this key: Linear's ids are unique over all workspaces."""
    return _uuid("issue", team_id, service, key)


def comment_id_of(issue_id: str, key: str) -> str:
    """Return the id of the comment of this key."""
    return _uuid("comment", issue_id, key)


def _uuid(*parts: str) -> str:
    joined = "\0".join(("suture", *parts)).encode("utf-8", "surrogatepass")
    # Linear wants the form of version 4, which UUIDs made of names do not have.
    return str(UUID(bytes=hashlib.sha256(joined).digest()[:16], version=4))


def _shaped(shape: type[Shape], data: Answer, name: str) -> Shape:
    try:
        return shape.model_validate(data.get(name))
    except ValidationError:
        failure = Unreachable(f"Linear's answer has other {name} than its schema says.")
    raise failure
