"""How Suture's own pages are told from everybody else's incidents.

PagerDuty sends them back through its webhook, as it does with all incidents of a service. If that
started an incident, it would be escalated in turn, and so on for ever.
"""

import re

CASE = r"incident-v\d{1,4}-[a-z0-9][a-z0-9_.-]{0,62}-[0-9a-f]{16}-[1-9]\d{0,8}"
KEY = re.compile(CASE)
MARKED = re.compile(rf" \[{CASE}\]$")
MAX_SUMMARY = 1_024
"""Of a summary, in characters."""


def marked(summary: str, key: str) -> str:
    """Return the summary with the page's key at its end, within PagerDuty's bound."""
    mark = f" [{key}]"
    room = MAX_SUMMARY - len(mark)
    kept = summary if len(summary) <= room else summary[: room - 1] + "…"
    return kept + mark


def is_own(incident_key: str | None, title: str | None) -> bool:
    """Whether it is a page of Suture's own, by its key or by the mark in its title."""
    return bool(KEY.fullmatch(incident_key or "") or MARKED.search(title or ""))
