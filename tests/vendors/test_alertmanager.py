import base64

import pytest

from integrations.alertmanager.webhook import AlertmanagerWebhook
from suture.domain.alert import Severity
from suture.domain.inbound import Transition
from suture.errors import InvalidInput, NotAuthorised
from tests.vendors.alertmanager_samples import alert, notification
from tests.vendors.deliveries import SECRET, delivery, read

WEBHOOK = AlertmanagerWebhook()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": f"Bearer {SECRET}"}, basic("suture", SECRET)],
    ids=["bearer", "basic"],
)
def test_the_secret_opens_as_bearer_and_as_password(headers: dict[str, str]) -> None:
    WEBHOOK.authenticate(delivery(headers=headers), ("another", SECRET))


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer another"},
        {"Authorization": f"Digest {SECRET}"},
        basic(SECRET, "another"),
        {"Authorization": "Basic \u00e9"},
    ],
)
def test_another_secret_does_not(headers: dict[str, str]) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(headers=headers), (SECRET,))


def test_an_alert_says_what_its_annotations_and_labels_say() -> None:
    [told] = read(WEBHOOK, notification())
    assert told.title == "HighErrorRate: 12% of the requests fail"
    assert told.message.startswith("More than 5%")
    assert told.severity is Severity.MEDIUM
    assert told.service == "shop"
    assert told.link.startswith("http://prometheus.example")
    assert told.transition is Transition.RAISED


def test_copies_of_a_service_share_the_problem_and_other_labels_tell_problems_apart() -> None:
    first, copy, other = read(
        WEBHOOK,
        notification(alert(), alert(instance="10.0.0.8:8000"), alert(alertname="SlowAnswers")),
    )
    assert first.group == copy.group != other.group
    assert first.alert_id != copy.alert_id


def test_the_end_of_an_alert_belongs_to_its_beginning() -> None:
    [began] = read(WEBHOOK, notification(alert()))
    [ended] = read(WEBHOOK, notification(alert("resolved")))
    assert ended.transition is Transition.RESOLVED
    assert ended.group == began.group
    assert ended.alert_id != began.alert_id
    assert ended.occurred_at != began.occurred_at


def test_an_alert_that_is_sent_again_is_the_same() -> None:
    assert read(WEBHOOK, notification()) == read(WEBHOOK, notification(status="resolved"))


def test_an_alert_without_words_still_has_a_title() -> None:
    bare = {**alert(), "labels": {}, "annotations": {}}
    assert read(WEBHOOK, notification(bare))[0].title == "Alert"


def test_another_version_is_refused() -> None:
    with pytest.raises(InvalidInput, match="version"):
        read(WEBHOOK, notification(version="3"))
