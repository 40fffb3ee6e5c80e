"""Issues as Jira's two APIs read and write them.

Suture's own issues and comments carry an entity property, which people neither see nor copy.
https://developer.atlassian.com/cloud/jira/platform/jira-entity-properties/
"""

import re
from collections.abc import Iterator
from typing import Any

from integrations.jira import adf, wiki
from integrations.jira.client import MAX_PAGES, PAGE, Answer, JiraClient, objects, part, segment
from integrations.jira.markdown import title
from suture.domain.ticket import Link, TicketContent, TicketState
from suture.errors import NotFound, PermanentError, Unreachable
from suture.jira_settings import JiraSettings

PROPERTY = "dev.suture"
STATES = {
    "new": TicketState.OPEN,
    "indeterminate": TicketState.IN_PROGRESS,
    "done": TicketState.CLOSED,
}
CATEGORIES = {state: category for category, state in STATES.items()}
ANCHOR = "{anchor:suture-%s}"
"""Where the server tells no properties of a list of comments, an anchor that shows nothing."""
NO_LABEL = re.compile(r"[^\w.:/-]+")
MAX_LABEL = 255
FIELDS = ("summary", "description", "status", "priority", "labels")
GOOD_ENDS = ("done", "fixed", "resolved", "closed")


class JiraIssues:
    """Calls that are safe to repeat, and the two creates that are not."""

    def __init__(self, client: JiraClient, settings: JiraSettings) -> None:
        self._client = client
        self._settings = settings
        self._cloud = settings.is_cloud

    def create(self, mark: str, content: TicketContent) -> str:
        """Create an issue and return its key. Not safe to repeat."""
        settings = self._settings
        fields: dict[str, Any] = {
            **settings.fields,
            "project": {"key": settings.project},
            "issuetype": {"name": settings.issue_type},
            "summary": title(content.title),
            "description": self.described(None, content.body),
            "labels": [mark, *labels(content)],
        }
        if content.severity in settings.priorities:
            fields["priority"] = {"name": settings.priorities[content.severity]}
        properties = [{"key": PROPERTY, "value": {"mark": mark}}]
        made = self._client.send("POST", "issue", {"fields": fields, "properties": properties})
        key = part(made, "key")
        if not isinstance(key, str):
            raise Unreachable("Jira created an issue and did not say which.")
        return key

    def search(self, mark: str) -> list[str]:
        """Return the keys of the issues with this mark that the index knows, oldest first."""
        found = self._client.search(f'labels = "{mark}" ORDER BY created ASC', ["labels"])
        # A label can be copied with its issue; the property stays behind.
        keys = [str(one["key"]) for one in found if "key" in one]
        return sorted((key for key in keys if self._is_marked(key, mark)), key=age)

    def read(self, key: str) -> Answer:
        """Return the fields of an issue."""
        found = self._client.get(f"issue/{segment(key)}", fields=",".join(FIELDS))
        fields = part(found, "fields")
        return fields if isinstance(fields, dict) else {}

    def edit(self, key: str, fields: Answer, changes: Answer) -> None:
        """Set fields and change lists."""
        if fields or changes:
            body = {"fields": fields, "update": changes}
            self._client.send("PUT", f"issue/{segment(key)}", body)

    def described(self, found: object, body: str) -> Any:  # noqa: ANN401 -- Jira's own shape
        """Return a description with Suture's part saying this and the rest as found."""
        return adf.with_own_part(found, body) if self._cloud else wiki.with_own_part(found, body)

    def move(self, key: str, state: TicketState) -> None:
        """Take a transition to a status of this state.

        Raises:
            PermanentError: the workflow has none.
        """
        path = f"issue/{segment(key)}/transitions"
        offered = objects(self._client.get(path, expand="transitions.fields"), "transitions")
        chosen = _choose(offered, state, self._settings.transitions.get(state))
        if chosen is None:
            names = ", ".join(str(one.get("name"))[:40] for one in offered[:10]) or "none"
            raise PermanentError(
                f"No transition of {key} leads to {state}; Jira offers: {names}."
                f" Set jira.transitions.{state} to the one that does."
            )
        body: Answer = {"transition": {"id": str(chosen.get("id"))}}
        resolution = self._resolution(chosen) if state is TicketState.CLOSED else None
        if resolution:
            body["fields"] = {"resolution": {"name": resolution}}
        self._client.send("POST", path, body)

    def link(self, key: str, link: Link, relationship: str, identity: str) -> None:
        """Link to a page. Jira keeps one link of each identity."""
        body = {
            "globalId": f"suture:{identity}",
            "application": {"type": PROPERTY, "name": "Suture"},
            "relationship": relationship,
            "object": {"url": link.url, "title": title(link.title)},
        }
        self._client.send("POST", f"issue/{segment(key)}/remotelink", body)

    def comment(self, key: str, mark: str, text: str) -> None:
        """Add a comment. Not safe to repeat."""
        body: Answer = {"properties": [{"key": PROPERTY, "value": {"mark": mark}}]}
        written = wiki.markup(text) + ANCHOR % mark
        body["body"] = adf.document(text) if self._cloud else written
        self._client.send("POST", f"issue/{segment(key)}/comment", body)

    def has_comment(self, key: str, mark: str) -> bool:
        """Whether the comment with this mark is there. It reads the comments, not the index."""
        return any(self._marks_comments(page, mark) for page in self._comments(key))

    def _comments(self, key: str) -> Iterator[list[Answer]]:
        """Yield pages of comments, newest first."""
        for number in range(MAX_PAGES):
            page = objects(
                self._client.get(
                    f"issue/{segment(key)}/comment",
                    startAt=number * PAGE,
                    maxResults=PAGE,
                    orderBy="-created",
                ),
                "comments",
            )
            yield page
            if len(page) < PAGE:
                return

    def _marks_comments(self, page: list[Answer], mark: str) -> bool:
        if not self._cloud:
            return any(ANCHOR % mark in str(one.get("body")) for one in page)
        numbers = [int(one["id"]) for one in page if str(one.get("id")).isdecimal()]
        if not numbers:
            return False
        path = "comment/list?expand=properties"
        found = self._client.send("POST", path, {"ids": numbers})
        return any(
            part(kept, "key") == PROPERTY and part(kept, "value", "mark") == mark
            for one in objects(found, "values")
            for kept in objects(one, "properties")
        )

    def _is_marked(self, key: str, mark: str) -> bool:
        try:
            found = self._client.get(f"issue/{segment(key)}/properties/{PROPERTY}")
        except NotFound:
            return False
        return bool(part(found, "value", "mark") == mark)

    def _resolution(self, transition: Answer) -> str | None:
        """Return the resolution to give where the transition's screen has one."""
        screen = part(transition, "fields", "resolution")
        if screen is None:
            return None
        offered = [str(one.get("name")) for one in objects(screen, "allowedValues")]
        if self._settings.resolution is not None or not offered:
            return self._settings.resolution
        return next((name for name in offered if name.lower() in GOOD_ENDS), offered[0])


def state_of(fields: Answer) -> TicketState:
    """Return the state of an issue by the category of its status."""
    category = part(fields, "status", "statusCategory", "key")
    # A category that Jira invents later is one in which work is not done.
    return STATES.get(str(category), TicketState.OPEN)


def labels(content: TicketContent) -> list[str]:
    """Return the labels as Jira takes them, which is without spaces."""
    made = (NO_LABEL.sub("-", label).strip("-")[:MAX_LABEL] for label in content.labels)
    return [label for label in dict.fromkeys(made) if label]


def age(key: str) -> tuple[int, str]:
    """Sort keys as Jira gave them out."""
    number = key.rpartition("-")[2]
    return (int(number) if number.isdecimal() else 0, key)


def _choose(offered: list[Answer], state: TicketState, name: str | None) -> Answer | None:
    if name is None:
        wanted = CATEGORIES[state]
        fitting = [one for one in offered if part(one, "to", "statusCategory", "key") == wanted]
        good = [one for one in fitting if str(part(one, "to", "name")).lower() in GOOD_ENDS]
        return next(iter(good or fitting), None)
    for one in offered:
        if name.casefold() in {
            str(one.get("name")).casefold(),
            str(part(one, "to", "name")).casefold(),
        }:
            return one
    return None
