"""What Linear's webhooks tell of Suture's tickets: that a person changed one or wrote there.

https://linear.app/developers/webhooks
"""

from collections.abc import Mapping

from pydantic import JsonValue

from integrations.handed_over import is_own
from integrations.inbound import Delivery
from integrations.linear.payloads import Body, Comment, Issue
from suture.domain.news import News, TicketNews
from suture.traces import bounds

CHANGES = frozenset({"update", "remove"})
NOTHING = frozenset({"updatedAt", "sortOrder", "prioritySortOrder", "subIssueSortOrder"})
"""What changes when somebody only looks at an issue or moves it up and down in a list."""


class LinearNews:
    """Implements `integrations.inbound.NewsReader`."""

    def read_news(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[News, ...]:
        """Return the issue that somebody changed or wrote to."""
        del delivery
        with bounds.refusing_misfits():
            body = Body.model_validate(payload)
            ticket = None if is_own(body.actor.name) else _ticket(body)
        return () if ticket is None else (TicketNews(ticket_id=ticket),)


def _ticket(body: Body) -> str | None:
    if body.type == "Comment":
        return Comment.model_validate(body.data).issue_id
    if body.type != "Issue" or body.action not in CHANGES:
        return None
    if body.action == "update" and not body.before.keys() - NOTHING:
        return None
    return Issue.model_validate(body.data).id
