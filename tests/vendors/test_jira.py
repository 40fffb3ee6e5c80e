import base64
import json
from typing import Any

import pytest

from benchmarks.envelopes import NOW
from integrations.jira import adf, wiki
from integrations.jira.news import JiraNews
from integrations.jira.webhook import JiraWebhook
from integrations.webhooks import NEWS
from suture.domain.alert import AlertKind, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.domain.news import News, TicketNews
from suture.errors import InvalidInput, NotAuthorised
from suture.traces.vendor import alert_of
from tests.vendors.deliveries import SECRET, delivery, read
from tests.vendors.jira_samples import (
    change,
    comment,
    delivery_of,
    issue,
    status,
    updated,
)
from tests.vendors.linear_samples import TRACEBACK as MARKDOWN
from tests.vendors.proofs import PROOFS

WEBHOOK = JiraWebhook()
_, SIGNED = PROOFS[WEBHOOK.source]
BODY = json.dumps(delivery_of("jira:issue_created")).encode()
RIGHT = SIGNED.of(BODY, NOW)["X-Hub-Signature"]
HANDED_OVER = change("labels", "checkout", "checkout suture-fix")
CLOSED = status("Done", "done")


def told(payload: dict[str, Any]) -> VendorAlert | None:
    found = read(WEBHOOK, payload)
    return found[0] if found else None


def heard(payload: dict[str, Any]) -> tuple[News, ...]:
    return JiraNews().read_news(payload, delivery())


def test_the_signature_is_the_one_in_atlassians_documentation() -> None:
    # https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks
    made = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    secret = "It's a Secret to Everybody"
    for given in (made, made.upper()):
        headers = {"X-Hub-Signature": given}
        WEBHOOK.authenticate(delivery(b"Hello World!", headers), ("old", secret))
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(b"Hello World?", {"X-Hub-Signature": made}), (secret,))


def test_what_cannot_sign_shows_the_secret() -> None:
    basic = "Basic " + base64.b64encode(f"jira:{SECRET}".encode()).decode()
    for given in (f"Bearer {SECRET}", basic):
        WEBHOOK.authenticate(delivery(BODY, {"Authorization": given}), ("old", SECRET))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature": ""},
        {"X-Hub-Signature": RIGHT[:-1]},
        {"X-Hub-Signature": RIGHT.removeprefix("sha256=")},
        {"X-Hub-Signature": RIGHT.replace("sha256", "sha1")},
        {"X-Hub-Signature": "sha256="},
        {"X-Hub-Signature": SIGNED.of(BODY, NOW, "another")["X-Hub-Signature"]},
        {"X-Hub-Signature": SIGNED.of(BODY + b" ", NOW)["X-Hub-Signature"]},
        {"X-Hub-Signature": "sha256=x", "Authorization": f"Bearer {SECRET}"},
        {"X-Hub-Signature-256": RIGHT},
        {"Authorization": "Bearer another"},
    ],
)
def test_what_is_forged_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(BODY, headers), (SECRET,))


def test_an_issue_that_is_handed_over_is_an_alert_with_its_traceback() -> None:
    found = told(delivery_of("jira:issue_created"))
    assert found is not None
    assert (found.transition, found.severity) == (Transition.RAISED, Severity.HIGH)
    assert (found.service, found.labels["project"]) == ("shop", "SHOP")
    assert found.link == "https://acme.atlassian.net/browse/SHOP-12"
    alert = alert_of(found, service="shop", environment="live", received_at=NOW)
    assert alert.kind is AlertKind.EXCEPTION
    assert alert.exceptions[-1].type == "ZeroDivisionError"
    assert alert.exceptions[-1].frames[-1].lineno == 12
    assert alert.occurred_at.isoformat() == "2026-11-21T11:59:58.125000+00:00"


def test_an_issue_without_much_is_an_alert_as_well() -> None:
    told_of = issue(
        description=None,
        summary=" ",
        labels=["suture-fix", "env/staging"],
        priority=None,
        components=[{"name": "till"}],
        status=None,
    )
    few = {key: value for key, value in told_of.items() if key != "self"}
    found = told(delivery_of("jira:issue_created", few, timestamp=None, user=None))
    assert found is not None
    assert (found.title, found.severity) == ("SHOP-12", Severity.MEDIUM)
    assert (found.service, found.environment) == ("till", "staging")
    assert (found.group, found.link, found.occurred_at) == ("10012", "", None)
    bare = told(delivery_of("jira:issue_created", issue(components=None, labels=["suture-fix"])))
    assert bare
    assert bare.service is None


@pytest.mark.parametrize(
    ("payload", "transition"),
    [
        (updated(HANDED_OVER), Transition.RAISED),
        (updated(change("labels", None, "SUTURE-FIX")), Transition.RAISED),
        (updated(change("labels", "suture-fix", "suture-fix x")), None),
        (updated(change("resolution", "Done", None)), Transition.RAISED),
        (updated(change("resolution", None, "Done")), None),
        (updated(change("status", "To Do", "In Progress")), None),
        (updated(), None),
        (updated(change("status", "To Do", "Done"), status=CLOSED), Transition.RESOLVED),
        (updated(HANDED_OVER, status=CLOSED), None),
        (delivery_of("jira:issue_deleted"), Transition.RESOLVED),
        (delivery_of("jira:issue_created", issue(status=CLOSED)), None),
        (delivery_of("jira:issue_created", issue(labels=["bug"])), None),
        (delivery_of("jira:issue_created", issue(labels=None)), None),
        (
            delivery_of("jira:issue_created", issue(labels=["suture-fix", "suture-" + "a" * 24])),
            None,
        ),
        (
            delivery_of("jira:issue_created", issue(description=wiki.with_own_part("", "It."))),
            None,
        ),
        (delivery_of("jira:worklog_updated"), None),
        (comment(), None),
        ({"webhookEvent": "sprint_started", "sprint": {}}, None),
    ],
)
def test_the_label_hands_over_and_the_status_ends(
    payload: dict[str, Any], transition: Transition | None
) -> None:
    found = told(payload)
    assert (found.transition if found else None) is transition
    assert found is None or found.group == "https://acme.atlassian.net/rest/api/2/10012"


def test_a_description_may_be_a_document() -> None:
    found = told(delivery_of("jira:issue_created", issue(description=adf.document(MARKDOWN))))
    assert found is not None
    assert found.message.startswith("Since this morning:\nTraceback (most recent")
    assert found.exceptions[-1].type == "ZeroDivisionError"
    odd = {"content": [None, {"content": "x"}, {"text": "So."}]}
    said = told(delivery_of("jira:issue_created", issue(description=odd)))
    assert said
    assert said.message == "\n\nSo."


def test_a_delivery_that_comes_again_has_the_same_id() -> None:
    first, again = (told(delivery_of("jira:issue_created")) for _ in range(2))
    later = told(delivery_of("jira:issue_created", timestamp=1_795_262_398_126))
    assert first
    assert again
    assert later
    assert first.alert_id == again.alert_id != later.alert_id


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({}, "webhookEvent"),
        (delivery_of("jira:issue_created", {"id": "1"}), "key"),
        (delivery_of("jira:issue_created", timestamp=10**15), "timestamp"),
        (delivery_of("jira:issue_created", timestamp="soon"), "timestamp"),
        (delivery_of("jira:issue_created", issue(labels="suture-fix")), "labels"),
        (delivery_of("jira:issue_updated", changelog=[]), "changelog"),
    ],
)
def test_what_is_malformed_is_named(payload: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(WEBHOOK, payload)


TICKET = TicketNews(ticket_id="SHOP-12")
OWN = {"accountId": "99:1", "displayName": "Suture"}


@pytest.mark.parametrize(
    ("payload", "news"),
    [
        (updated(change("status", "To Do", "Done")), (TICKET,)),
        (delivery_of("jira:issue_updated", user={"name": "ada"}), (TICKET,)),
        (delivery_of("jira:issue_deleted"), (TICKET,)),
        (updated(change("Key", "TILL-3", "SHOP-12")), (TICKET, TicketNews(ticket_id="TILL-3"))),
        (comment(), (TICKET,)),
        (comment("comment_deleted"), (TICKET,)),
        (comment(author="suture"), ()),
        (comment(author=""), (TICKET,)),
        (delivery_of("jira:issue_updated", user=OWN), ()),
        (delivery_of("jira:issue_created"), ()),
        (delivery_of("jira:issue_updated", issue=None), ()),
        ({"webhookEvent": "sprint_started"}, ()),
    ],
)
def test_what_people_do_to_a_ticket_is_news(
    payload: dict[str, Any], news: tuple[News, ...]
) -> None:
    assert heard(payload) == news
    assert isinstance(NEWS["jira"], JiraNews)


def test_malformed_news_is_named() -> None:
    with pytest.raises(InvalidInput, match="webhookEvent"):
        heard({"webhookEvent": 3})
