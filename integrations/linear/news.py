"""What Linear's webhooks tell of Suture's tickets: that a person changed one or wrote there.

https://linear.app/developers/webhooks
"""

import re
from collections.abc import Mapping

from pydantic import JsonValue

from integrations.handed_over import is_own
from integrations.inbound import Delivery
from integrations.linear.payloads import Body, Comment, Issue
from suture.domain.news import News, TicketNews
from suture.traces import bounds

PAGE = re.compile(r"/issue/([A-Z0-9]{1,20}-[1-9][0-9]{0,9})(?:[/#]|$)")
"""Where a comment is shown: on its issue's page."""
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
            names = () if is_own(body.actor.name) else _tickets(body)
        return tuple(TicketNews(ticket_id=name) for name in dict.fromkeys(names))


def _tickets(body: Body) -> tuple[str, ...]:
    """Return the issue by all names that it had: a ticket keeps its first one."""
    if body.type == "Comment":
        told = Comment.model_validate(body.data).issue
        found = PAGE.search(body.url or "")
        return (told.identifier,) if told else (found[1],) if found else ()
    if body.type != "Issue" or body.action not in CHANGES:
        return ()
    if body.action == "update" and not body.before.keys() - NOTHING:
        return ()
    issue = Issue.model_validate(body.data)
    return (issue.identifier, *issue.former)
