"""The body that the page has automation rules send, with values put in as Jira puts them."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from integrations.jira.news import JiraNews
from integrations.jira.webhook import JiraWebhook
from suture.domain.alert import Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.domain.news import News, TicketNews
from tests.vendors.deliveries import JSON_BLOCK, ROOT, delivery, read
from tests.vendors.jira_samples import TRACEBACK, status

PAGE = (ROOT / "docs/how-to/use-jira.md").read_text(encoding="utf-8")
(BODY,) = (block for block in JSON_BLOCK.findall(PAGE) if "webhookEvent" in block)
ROWS = re.findall(r"^\| (Issue \w+|Field [\w: ]+) \| `([\w:]+)` \| `(\w+)` \|$", PAGE, re.MULTILINE)
RULES = {trigger: (event, field) for trigger, event, field in ROWS}
"""What each trigger's rule writes into the body, as the page's table has it."""
SMART_VALUE = re.compile(r"\{\{([\w.]+)\}\}")
MILLISECONDS = 1_795_262_398_125
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "first": lambda value: value[0] if value else None,
    "jsonEncode": lambda value: json.dumps(value or "")[1:-1],
    "asJsonStringArray": lambda value: json.dumps(value or []),
    "toMillis": lambda _: MILLISECONDS,
}
SUMMARY = 'Empty "carts" break\tC:\\the checkout'
TICKET = TicketNews(ticket_id="SHOP-12")


def issue(**fields: object) -> dict[str, Any]:
    """Return an issue as smart values know it: its fields are its own."""
    return {
        "id": 10012,
        "key": "SHOP-12",
        "summary": SUMMARY,
        "description": TRACEBACK,
        "labels": ["suture-fix", "env:staging"],
        "components": [{"name": "till"}, {"name": "web"}],
        "project": {"key": "SHOP"},
        "priority": {"name": "High"},
        "status": status(),
        **fields,
    }


def changed(before: str | None, after: str | None) -> dict[str, Any]:
    return {"fieldChange": {"fromString": before, "toString": after}}


def smart(path: str, known: dict[str, Any]) -> str:
    """Return what Jira prints for a smart value: nothing where it has none."""
    value: Any = known
    for part in path.split("."):
        if part in FUNCTIONS:
            value = FUNCTIONS[part](value)
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return "" if value is None else str(value)


def sent(
    trigger: str, told: dict[str, Any] | None = None, who: str = "Ada", **more: object
) -> dict[str, Any]:
    """Return what the rule with this trigger sends."""
    event, field = RULES[trigger]
    written = BODY.replace("jira:issue_updated", event).replace('"labels",', f'"{field}",')
    known = {
        "now": {},
        "initiator": {"displayName": who},
        "issue": issue() if told is None else told,
        **more,
    }
    rendered: dict[str, Any] = json.loads(
        SMART_VALUE.sub(lambda found: smart(found[1], known), written)
    )
    assert rendered["webhookEvent"] == event
    assert rendered["changelog"]["items"][0]["field"] == field
    return rendered


def told(payload: dict[str, Any]) -> VendorAlert | None:
    found = read(JiraWebhook(), payload)
    return found[0] if found else None


def heard(payload: dict[str, Any]) -> tuple[News, ...]:
    return JiraNews().read_news(payload, delivery())


def test_a_created_issue_comes_with_all_that_is_read() -> None:
    found = told(sent("Issue created"))
    assert found is not None
    assert (found.transition, found.severity) == (Transition.RAISED, Severity.HIGH)
    assert (found.title, found.message) == (SUMMARY, TRACEBACK)
    assert (found.service, found.environment) == ("till", "staging")
    assert found.labels["project"] == "SHOP"
    assert found.link == "https://jira.acme.example/browse/SHOP-12"
    assert found.exceptions[-1].type == "ZeroDivisionError"
    assert found.occurred_at is not None
    assert found.occurred_at.timestamp() * 1_000 == MILLISECONDS


def test_an_issue_without_much_can_be_sent() -> None:
    few = {"id": 10012, "key": "SHOP-12", "summary": "Broken", "labels": ["suture-fix"]}
    found = told(sent("Issue created", few))
    assert found is not None
    assert (found.title, found.message, found.service) == ("Broken", "", None)


DONE = issue(status=status("Done", "done"))


@pytest.mark.parametrize(
    ("payload", "transition"),
    [
        (sent("Issue created", issue(labels=["checkout"])), None),
        (
            sent("Field value changed: Labels", **changed("checkout", "checkout suture-fix")),
            Transition.RAISED,
        ),
        (sent("Field value changed: Labels", **changed(None, "suture-fix")), Transition.RAISED),
        (sent("Field value changed: Labels", **changed("suture-fix", "suture-fix x")), None),
        (sent("Field value changed: Resolution", **changed("Done", None)), Transition.RAISED),
        (sent("Field value changed: Resolution", DONE, **changed(None, "Done")), None),
        (sent("Issue transitioned", DONE, **changed("To Do", "Done")), Transition.RESOLVED),
        (sent("Issue transitioned", DONE), Transition.RESOLVED),
        (sent("Issue transitioned", **changed("To Do", "In Progress")), None),
        (sent("Issue deleted"), Transition.RESOLVED),
        (sent("Issue commented"), None),
    ],
)
def test_the_rules_tell_when_an_issue_is_handed_over_ended_and_reopened(
    payload: dict[str, Any], transition: Transition | None
) -> None:
    found = told(payload)
    assert (found.transition if found else None) is transition


@pytest.mark.parametrize("trigger", RULES)
def test_every_rule_but_that_of_new_issues_is_news_of_a_ticket(trigger: str) -> None:
    assert heard(sent(trigger)) == (() if trigger == "Issue created" else (TICKET,))
    assert heard(sent(trigger, who="Suture")) == ()
