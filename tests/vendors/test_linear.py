import json
from datetime import timedelta
from typing import Any

import pytest

from benchmarks.envelopes import NOW
from integrations.inbound import Delivery
from integrations.linear.description import with_own_part
from integrations.linear.news import LinearNews
from integrations.linear.webhook import LinearWebhook
from integrations.webhooks import NEWS
from suture.domain.alert import AlertKind, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.domain.news import News, TicketNews
from suture.errors import InvalidInput, NotAuthorised
from suture.traces.vendor import alert_of
from tests.vendors.deliveries import SECRET, delivery, read
from tests.vendors.linear_samples import (
    ISSUE_ID,
    REQUEST_ID,
    comment,
    delivery_of,
    issue,
    label,
    state,
)
from tests.vendors.proofs import PROOFS

WEBHOOK = LinearWebhook()
(PROOF,) = PROOFS[WEBHOOK.source]
HANDED_OVER = {"labelIds": ["another"]}


def signed(body: bytes, secret: str = SECRET) -> Delivery:
    return delivery(body, PROOF.of(body, NOW, secret))


def told(payload: dict[str, Any]) -> VendorAlert | None:
    found = read(WEBHOOK, payload)
    return found[0] if found else None


def heard(payload: dict[str, Any]) -> tuple[News, ...]:
    return LinearNews().read_news(payload, delivery())


def test_the_signature_is_the_one_that_openssl_makes() -> None:
    # printf '{"webhookTimestamp":1795262400000}' | openssl dgst -sha256 -hmac vector
    body = b'{"webhookTimestamp":1795262400000}'
    made = "58cd9e26c2cdd2637f7fa51ad8a198f3725f1c6f6da174d2f2e8bb0e3ec3fc9d"
    for given in (made, made.upper()):
        WEBHOOK.authenticate(delivery(body, {"Linear-Signature": given}), ("old", "vector"))
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(body, {"Linear-Signature": made}), ("another",))


@pytest.mark.parametrize("seconds", [-61, 61, 86_400])
def test_what_was_sent_longer_than_a_minute_ago_is_refused(seconds: int) -> None:
    moment = int((NOW + timedelta(seconds=seconds)).timestamp() * 1_000)
    with pytest.raises(NotAuthorised, match="60 seconds off"):
        WEBHOOK.authenticate(signed(b'{"webhookTimestamp":%d}' % moment), (SECRET,))
    fresh = int((NOW - timedelta(seconds=59)).timestamp() * 1_000)
    WEBHOOK.authenticate(signed(b'{"webhookTimestamp":%d.5}' % fresh), (SECRET,))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"{}",
        b'{"webhookTimestamp":null}',
        b'{"webhookTimestamp":true}',
        b'{"webhookTimestamp":"1795262400000"}',
        b'{"webhookTimestamp":NaN}',
        b'{"webhookTimestamp":-1}',
        b'{"webhookTimestamp":1' + b"0" * 400 + b"}",
        b"\xff",
    ],
)
def test_a_signed_body_without_its_time_is_refused(body: bytes) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(signed(body), (SECRET,))


def test_an_issue_that_is_handed_over_is_an_alert_with_its_traceback() -> None:
    found = told(delivery_of("create", issue()))
    assert found is not None
    assert (found.transition, found.severity) == (Transition.RAISED, Severity.HIGH)
    assert (found.title, found.group) == ("Empty carts break the checkout", ISSUE_ID)
    assert (found.service, found.labels["team"]) == ("shop", "SHOP")
    alert = alert_of(found, service="shop", environment="live", received_at=NOW)
    assert alert.kind is AlertKind.EXCEPTION
    assert alert.exceptions[-1].type == "ZeroDivisionError"
    assert alert.exceptions[-1].frames[-1].filename == "/srv/shop/cart.py"
    assert alert.link.endswith("/empty-carts-break-the-checkout")


def test_an_issue_without_a_traceback_is_an_alert_as_well() -> None:
    labels = [label("Suture-Fix"), label("env/staging", 2)]
    plain = issue(description=None, labels=labels, title=" ", priority=0, project={"name": "Till"})
    found = told(delivery_of("create", plain))
    assert found is not None
    assert (found.title, found.severity) == ("SHOP-12", Severity.MEDIUM)
    assert (found.service, found.environment) == (None, "staging")
    assert (found.labels["project"], found.exceptions) == ("Till", ())


@pytest.mark.parametrize(
    ("action", "data", "before", "transition"),
    [
        ("update", issue(), HANDED_OVER, Transition.RAISED),
        ("update", issue(), {"completedAt": "2026-11-20T09:00:00Z"}, Transition.RAISED),
        ("update", issue(), {"trashed": True}, Transition.RAISED),
        ("update", issue(), {"labelIds": [REQUEST_ID]}, None),
        ("update", issue(), {"title": "Carts break"}, None),
        ("update", issue(), {"completedAt": None, "stateId": "s0"}, None),
        ("update", issue(), None, None),
        ("update", issue(state=state()), {"stateId": "s1"}, Transition.RESOLVED),
        ("update", issue(trashed=True), {"trashed": None}, Transition.RESOLVED),
        ("update", issue(state=state("Duplicate", "duplicate")), HANDED_OVER, None),
        ("remove", issue(), None, Transition.RESOLVED),
        ("create", issue(state=state()), None, None),
        ("create", issue(labels=[label("bug")]), None, None),
        ("create", issue(labels=[]), None, None),
        ("create", issue(description=with_own_part("Mine.", "It broke.")), None, None),
    ],
)
def test_the_label_hands_over_and_the_state_ends(
    action: str, data: dict[str, Any], before: object, transition: Transition | None
) -> None:
    found = told(delivery_of(action, data, updatedFrom=before))
    assert (found.transition if found else None) is transition
    assert found is None or found.group == ISSUE_ID


def test_a_delivery_that_comes_again_has_the_same_id() -> None:
    first, again = (
        told(delivery_of("create", issue(), webhookTimestamp=moment)) for moment in (1, 2)
    )
    later = told(
        delivery_of(
            "update", issue(), updatedFrom=HANDED_OVER, createdAt="2026-11-21T12:00:00.000Z"
        )
    )
    assert first
    assert again
    assert later
    assert first.alert_id == again.alert_id != later.alert_id


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({}, "action"),
        (delivery_of("create", issue(id="x" * 101)), "id"),
        (delivery_of("create", issue(priority=1e300)), "priority"),
        (delivery_of("create", issue(state="Todo")), "state"),
        (delivery_of("create", issue(), createdAt="yesterday"), "createdAt"),
        (delivery_of("create", issue(), updatedFrom=[]), "updatedFrom"),
    ],
)
def test_what_is_malformed_is_named(payload: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read(WEBHOOK, payload)


def test_other_news_is_no_alert() -> None:
    assert told(comment()) is None
    assert told(delivery_of("create", {}, type="Project")) is None


TICKET = (TicketNews(ticket_id="SHOP-12"),)
OWN = {"id": "a1", "type": "oauthClient", "name": "Suture"}


@pytest.mark.parametrize(
    ("payload", "news"),
    [
        (delivery_of("update", issue(labels=[]), updatedFrom={"stateId": "s0"}), TICKET),
        (delivery_of("remove", issue(labels=[])), TICKET),
        (
            delivery_of(
                "update",
                issue(previousIdentifiers=["TILL-3", "SHOP-12"]),
                updatedFrom={"teamId": "t0"},
            ),
            (*TICKET, TicketNews(ticket_id="TILL-3")),
        ),
        (
            delivery_of(
                "create",
                {"issue": None},
                type="Comment",
                url="https://linear.app/issue/SHOP-12/foo-bar#comment-77217de3",
            ),
            TICKET,
        ),
        (comment(), TICKET),
        (comment(actor=None), TICKET),
        (delivery_of("update", issue(), updatedFrom={"sortOrder": 1, "updatedAt": "x"}), ()),
        (delivery_of("update", issue()), ()),
        (delivery_of("create", issue()), ()),
        (delivery_of("update", issue(), updatedFrom={"stateId": "s0"}, actor=OWN), ()),
        (comment(actor=OWN), ()),
        (delivery_of("create", {"body": "Of a project."}, type="Comment"), ()),
        (delivery_of("update", {}, type="Project"), ()),
    ],
)
def test_what_people_do_to_a_ticket_is_news(
    payload: dict[str, Any], news: tuple[News, ...]
) -> None:
    assert heard(payload) == news
    assert isinstance(NEWS["linear"], LinearNews)


def test_malformed_news_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"issue\.identifier"):
        heard(delivery_of("create", {"issue": {"identifier": "x" * 101}}, type="Comment"))


def test_a_body_is_signed_as_it_is_sent() -> None:
    body = json.dumps(delivery_of("create", issue())).encode()
    WEBHOOK.authenticate(signed(body), (SECRET,))
    for changed in (
        body[:-1],
        body + b" ",
        body.replace(b": ", b":"),
        body.decode().encode("utf-16"),
    ):
        wrong = delivery(changed, PROOF.of(body, NOW))
        with pytest.raises(NotAuthorised):
            WEBHOOK.authenticate(wrong, (SECRET,))
