import hashlib
import hmac
import json

import pytest

from integrations.pagerduty.webhook import PagerDutyWebhook
from suture.domain.alert import Severity
from suture.domain.inbound import Transition
from suture.errors import InvalidInput, NotAuthorised
from tests.vendors.deliveries import SECRET, delivery, documented, read
from tests.vendors.pagerduty_samples import event, incident, merged, note, ping, reference

WEBHOOK = PagerDutyWebhook()
BODY = json.dumps(event()).encode()
HEADER = "X-PagerDuty-Signature"


def signature(secret: str = SECRET, body: bytes = BODY) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "header",
    [
        signature(),
        f"{signature('old')},{signature()}",
        f"{signature('old')}, {signature()}",
        f"v0=00,{signature()}",
    ],
    ids=["one", "two", "with a space", "another version"],
)
def test_one_right_signature_of_several_opens(header: str) -> None:
    WEBHOOK.authenticate(delivery(BODY, {HEADER: header}), ("another", SECRET))


def test_the_signature_is_the_one_that_openssl_makes() -> None:
    # printf '{"event": {}}' | openssl dgst -sha256 -hmac vector
    header = "v1=1e64289d793b38cd0cecd474ccc89021f1038a8d907c851fb48bbd59969e714e"
    WEBHOOK.authenticate(delivery(b'{"event": {}}', {HEADER: header}), ("vector",))


@pytest.mark.parametrize(
    "header",
    [
        signature("another"),
        signature(body=BODY + b" "),
        signature().removeprefix("v1="),
        signature().replace("v1", "v2"),
        ",".join([signature("another")] * 10 + [signature()]),
    ],
    ids=["secret", "body", "no version", "another version", "too many"],
)
def test_anything_else_does_not(header: str) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(BODY, {HEADER: header}), (SECRET,))


def test_an_incident_says_what_it_is_about_and_whose_it_is() -> None:
    [told] = read(WEBHOOK, event())
    assert told.title == "12% of the checkouts fail"
    assert told.message == "PagerDuty incident #2, triggered."
    assert told.service == "shop"
    assert told.transition is Transition.RAISED
    assert told.link == "https://shop.pagerduty.example/incidents/PGR0VU2"
    assert told.labels == {
        "service": "shop",
        "service_id": "PF9KMXH",
        "urgency": "high",
        "priority": "P1",
        "team": "Engineering,Tills",
        "escalation_policy": "Default",
        "incident_key": "checkout/errors",
    }


@pytest.mark.parametrize(
    ("priority", "urgency", "severity"),
    [
        ("P1", "low", Severity.CRITICAL),
        ("sev-2", "high", Severity.HIGH),
        ("SEV 3 (degraded)", "high", Severity.MEDIUM),
        ("P5", "high", Severity.LOW),
        ("Urgent", "low", Severity.LOW),
        (None, "high", Severity.HIGH),
        (None, None, Severity.HIGH),
    ],
)
def test_the_priority_says_how_bad_it_is_or_else_the_urgency(
    priority: str | None, urgency: str | None, severity: Severity
) -> None:
    named = reference("priority", "P", priority) if priority else None
    [told] = read(WEBHOOK, event(data=incident(priority=named, urgency=urgency)))
    assert told.severity is severity


def test_all_of_a_problem_belongs_together_and_each_event_is_news() -> None:
    kinds = ["incident.triggered", "incident.resolved", "incident.reopened"]
    told = [read(WEBHOOK, event(kind))[0] for kind in kinds]
    raised = Transition.RAISED
    assert [one.transition for one in told] == [raised, Transition.RESOLVED, raised]
    assert len({one.group for one in told}) == 1
    assert len({one.alert_id for one in told}) == 3


def test_the_same_key_names_the_same_problem_in_the_next_incident_of_its_service_only() -> None:
    [first] = read(WEBHOOK, event())
    [later] = read(WEBHOOK, event(data=incident(id="PNEXT")))
    service = reference("service", "PTILL", "till")
    [elsewhere] = read(WEBHOOK, event(data=incident(service=service)))
    [without] = read(WEBHOOK, event(data=incident(incident_key=None)))
    assert first.group == later.group
    assert len({first.group, elsewhere.group, without.group}) == 3


def test_a_delivery_that_comes_again_is_the_same_news() -> None:
    [first] = read(WEBHOOK, event(), {"X-Webhook-Id": "one"})
    [again] = read(WEBHOOK, event(), {"X-Webhook-Id": "another subscription's"})
    assert first.alert_id == again.alert_id


def test_without_an_event_id_the_delivery_is_told_by_its_header_or_its_body() -> None:
    [by_header] = read(WEBHOOK, event(id=""), {"X-Webhook-Id": "one"})
    [by_body] = read(WEBHOOK, event(id=""))
    assert by_header.alert_id == "one"
    assert by_body.alert_id == read(WEBHOOK, event(id=""))[0].alert_id


@pytest.mark.parametrize(
    "payload",
    [ping(), note(), merged(), event("incident.acknowledged"), event("service.updated", data=None)],
    ids=["ping", "note", "merged", "acknowledged", "service"],
)
def test_what_neither_began_nor_ended_is_no_alert(payload: dict[str, object]) -> None:
    assert read(WEBHOOK, payload) == ()


def test_an_incident_with_nothing_but_an_id_is_still_one() -> None:
    [told] = read(WEBHOOK, {"event": {"event_type": "incident.triggered", "data": {"id": "P1"}}})
    assert told.title == "PagerDuty incident"
    assert told.labels == {}
    assert told.group == "/P1"


@pytest.mark.parametrize(
    "payload",
    [{}, {"event": {}}, event(data=None), event(data=incident(id="")), {"messages": []}],
)
def test_what_is_no_event_is_refused(payload: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        read(WEBHOOK, payload)


def test_the_event_of_the_how_to_is_read() -> None:
    [payload] = documented("docs/how-to/pagerduty-alerts.md")
    [told] = read(WEBHOOK, payload)
    assert told.title == "A drill"
    assert told.service == "shop"
