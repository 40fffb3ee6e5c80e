from typing import Any

import pytest

from benchmarks.envelopes import NOW
from integrations.sentry.webhook import SentryWebhook
from suture.domain.alert import Alert, AlertKind, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import InvalidInput, NotAuthorised
from suture.fingerprint import fingerprint
from suture.traces.sentry import parse_event
from suture.traces.vendor import alert_of
from tests.vendors.deliveries import SECRET, delivery, read
from tests.vendors.sentry_samples import (
    COMMENT,
    INSTALLATION,
    about,
    body,
    event_alert,
    issue,
    metric,
    metric_alert,
    stored_event,
)

WEBHOOK = SentryWebhook()
SIGNED = b'{"action":"created"}'
# openssl dgst -sha256 -hmac a-vendor-secret-of-the-tests
SIGNATURE = "abf22649e681eb788e09db68eae6d92ff3b042d1f5b99c5dc165d0a53d7de770"


def told_of(payload: dict[str, Any], resource: str) -> VendorAlert:
    [told] = read(WEBHOOK, payload, about(resource))
    return told


def alert_for(told: VendorAlert) -> Alert:
    environment = told.environment or "production"
    return alert_of(told, service="shop", environment=environment, received_at=NOW)


def test_a_body_signed_with_any_of_the_secrets_is_accepted() -> None:
    headers = {"Sentry-Hook-Signature": SIGNATURE}
    WEBHOOK.authenticate(delivery(SIGNED, headers), ("another", SECRET))


@pytest.mark.parametrize(
    ("content", "secret"),
    [(SIGNED, "another"), (SIGNED + b" ", SECRET), (SIGNED[:-1], SECRET)],
    ids=["wrong secret", "re-encoded", "truncated"],
)
def test_what_was_not_signed_so_is_refused(content: bytes, secret: str) -> None:
    headers = {"Sentry-Hook-Signature": SIGNATURE}
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(content, headers), (secret,))


@pytest.mark.parametrize(
    ("payload", "resource"),
    [
        (event_alert(), "event_alert"),
        (body("created", error=stored_event()), "error"),
    ],
    ids=["event_alert", "error"],
)
def test_an_event_is_the_same_alert_as_from_an_envelope(
    payload: dict[str, Any], resource: str
) -> None:
    by_envelope = parse_event(stored_event(), service="shop", received_at=NOW)
    by_webhook = alert_for(told_of(payload, resource))
    ours = {"tags", "group", "link"}
    assert by_webhook.model_dump(exclude=ours) == by_envelope.model_dump(exclude=ours)
    assert by_envelope.tags.items() <= by_webhook.tags.items()
    assert fingerprint(by_webhook) == fingerprint(by_envelope)
    assert by_webhook.kind is AlertKind.EXCEPTION
    assert by_webhook.exceptions[0].frames[0].variables == {"total": "0", "count": "0"}


def test_a_message_without_a_trace_is_the_same_incident_as_from_an_envelope() -> None:
    event = stored_event(exception=None, logentry={"formatted": "Stock ran out"})
    told = told_of(body("triggered", event=event), "event_alert")
    by_envelope = parse_event(event, service="shop", received_at=NOW)
    assert fingerprint(alert_for(told)) == fingerprint(by_envelope)
    assert told.kind is AlertKind.SIGNAL
    assert told.labels["issue"]


def test_an_event_says_where_it_belongs() -> None:
    told = told_of(event_alert(), "event_alert")
    assert told.service == "shop"
    assert told.environment == "live"
    assert told.release == "shop@1.4.2"
    assert told.link.startswith("https://sentry.io/organizations/acme/issues/")
    assert told.labels["project"] == "shop"
    assert told.labels["rule"] == "A new error"
    assert told.labels["region"] == "eu"


def test_an_event_that_names_no_environment_leaves_it_to_the_routes() -> None:
    bare = stored_event(environment=None, tags=[["region", "eu"]])
    assert told_of(body("triggered", event=bare), "event_alert").environment is None
    tagged = stored_event(environment=None, tags=[["environment", "test"]])
    assert told_of(body("triggered", event=tagged), "event_alert").environment == "test"


def test_an_event_without_what_sentry_adds_is_still_an_alert() -> None:
    told = told_of(body("triggered", event=stored_event(issue_id=None, url=None)), "event_alert")
    assert told.service is None
    assert "project" not in told.labels
    assert told.exceptions


def test_a_slow_transaction_is_no_alert() -> None:
    payload = body("triggered", event=stored_event(type="transaction"))
    assert read(WEBHOOK, payload, about("event_alert")) == ()


def test_a_new_issue_is_raised_with_what_little_it_says() -> None:
    told = told_of(body("created", issue=issue()), "issue")
    assert told.transition is Transition.RAISED
    assert told.title == "ZeroDivisionError: division by zero"
    assert told.severity is Severity.HIGH
    assert told.service == "shop"
    assert "shop/cart.py in average" in told.message
    assert told.link.endswith("/issues/4100200300/")
    assert told.labels["short_id"] == "SHOP-9"


def test_an_issue_with_next_to_nothing_is_raised_too() -> None:
    told = told_of(body("created", issue={"id": 9, "title": "Broken"}), "issue")
    assert told.group == "issue/9"
    assert told.message == ""
    assert told.service is None


def test_an_issue_is_raised_again_and_resolved_under_one_name() -> None:
    back = issue(substatus="regressed", lastSeen="2026-11-21T11:59:00Z")
    told = [
        told_of(body(action, issue=one), "issue")
        for action, one in (
            ("created", issue()),
            ("resolved", issue()),
            ("unresolved", back),
            ("resolved", back),
        )
    ]
    assert [one.transition.value for one in told] == ["raised", "resolved", "raised", "resolved"]
    assert len({one.group for one in told}) == 1
    assert len({one.alert_id for one in told}) == 4
    assert told[1].occurred_at is None


def test_a_new_issue_that_is_told_twice_is_one_piece_of_news() -> None:
    later = issue(lastSeen="2026-11-21T11:59:30Z", count="13")
    first, again = (told_of(body("created", issue=one), "issue") for one in (issue(), later))
    assert first.alert_id == again.alert_id


@pytest.mark.parametrize("action", ["assigned", "ignored", "archived", "invented"])
def test_what_people_do_with_an_issue_neither_raises_nor_ends_it(action: str) -> None:
    assert read(WEBHOOK, body(action, issue=issue()), about("issue")) == ()


def test_feedback_is_no_alert() -> None:
    payload = body("created", issue=issue(issueCategory="feedback"))
    assert read(WEBHOOK, payload, about("issue")) == ()


@pytest.mark.parametrize(
    ("action", "severity"), [("critical", Severity.CRITICAL), ("warning", Severity.MEDIUM)]
)
def test_a_crossed_threshold_is_raised(action: str, severity: Severity) -> None:
    told = told_of(metric(action), "metric_alert")
    assert told.transition is Transition.RAISED
    assert told.severity is severity
    assert told.title == f"{action.title()}: Too many errors"
    assert told.message == "120 events in the last 10 minutes"
    assert told.service == told.labels["project"] == "shop"
    assert told.labels["query"] == "level:error"


def test_all_that_a_rule_finds_is_one_problem() -> None:
    critical, resolved, again = (
        told_of(metric(action, id=number), "metric_alert")
        for action, number in (("critical", "4"), ("resolved", "4"), ("critical", "5"))
    )
    assert critical.group == resolved.group == again.group
    assert resolved.transition is Transition.RESOLVED
    assert len({critical.alert_id, resolved.alert_id, again.alert_id}) == 3


def test_a_rule_over_several_projects_names_no_service() -> None:
    told = told_of(metric("critical", projects=["shop", "till"]), "metric_alert")
    assert told.service is None
    assert told.labels["projects"] == "shop,till"


def test_a_metric_alert_without_words_still_has_a_title() -> None:
    bare = metric_alert(title=None, alert_rule={})
    told = told_of(body("critical", metric_alert=bare), "metric_alert")
    assert told.title == "Metric alert"
    assert told.group == "metric/5/4"


def test_an_action_that_is_not_known_of_a_metric_alert_is_no_alert() -> None:
    assert read(WEBHOOK, metric("open"), about("metric_alert")) == ()


@pytest.mark.parametrize(
    ("payload", "resource"),
    [(COMMENT, "comment"), (INSTALLATION, "installation"), (body("started"), "seer")],
)
def test_other_resources_are_no_alerts(payload: dict[str, Any], resource: str) -> None:
    assert read(WEBHOOK, payload, about(resource)) == ()


@pytest.mark.parametrize(
    ("payload", "resource", "named"),
    [
        (body("created", issue=issue(id=["x"])), "issue", "data.issue.id"),
        (body("created"), "issue", "data.issue"),
        (body("critical", metric_alert=7), "metric_alert", "data.metric_alert"),
        (body("triggered", event=[]), "event_alert", "data.event"),
        (body("triggered"), "event_alert", "data.event"),
        (body("triggered", event={"culprit": "x"}), "event_alert", "neither an exception"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    payload: dict[str, Any], resource: str, named: str
) -> None:
    with pytest.raises(InvalidInput, match=named):
        read(WEBHOOK, payload, about(resource))


def test_a_delivery_must_say_what_it_is_about() -> None:
    with pytest.raises(InvalidInput, match="Sentry-Hook-Resource"):
        read(WEBHOOK, event_alert())
