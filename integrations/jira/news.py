"""What Jira's webhooks tell of Suture's tickets: that a person changed one or wrote there.

https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

from collections.abc import Mapping

from pydantic import JsonValue

from integrations.handed_over import is_own
from integrations.inbound import Delivery
from integrations.jira.payloads import MAX_ID_CHARACTERS, Body
from suture.domain.news import News, TicketNews
from suture.traces import bounds

CHANGES = frozenset({"jira:issue_updated", "jira:issue_deleted"})
COMMENTS = frozenset({"comment_created", "comment_updated", "comment_deleted"})


class JiraNews:
    """Implements `integrations.inbound.NewsReader`."""

    def read_news(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[News, ...]:
        """Return the issue that somebody changed or wrote to, by all keys that it had."""
        del delivery
        with bounds.refusing_misfits():
            body = Body.model_validate(payload)
        if body.issue is None or body.event not in CHANGES | COMMENTS or _is_own(body):
            return ()
        before = (one.before[:MAX_ID_CHARACTERS] for one in body.changes("key") if one.before)
        keys = dict.fromkeys((body.issue.key, *before))
        return tuple(TicketNews(ticket_id=key) for key in keys)


def _is_own(body: Body) -> bool:
    """Whether Suture's own account did it; comments say who on their own."""
    told = body.user.display_name
    if body.event in COMMENTS and not told:
        told = body.comment.editor.display_name or body.comment.author.display_name
    return is_own(told)
