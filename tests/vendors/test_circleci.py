from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.circleci.webhook import CircleciWebhook
from integrations.inbound import hmac_hex
from suture.domain.alert import Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import InvalidInput, NotAuthorised
from tests.vendors.circleci_samples import SHA, code, job, of_gitlab, workflow
from tests.vendors.deliveries import SECRET, delivery, read

WEBHOOK = CircleciWebhook()
VECTORS = [
    ("hello world", "secret", "734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a"),
    (
        "lalala",
        "another-secret",
        "daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00",
    ),
    (
        "an-important-request-payload",
        "hunter123",
        "9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa",
    ),
    ("foo", "secret", "773ba44693c7553d6ee20f61ea5d2757a9a4f4a44d2841ae4e95b52e4cd62db4"),
]
"""CircleCI publishes these in its documentation."""


def only(payload: dict[str, Any]) -> VendorAlert:
    [told] = read(WEBHOOK, payload)
    return told


def built_from(**fields: object) -> dict[str, Any]:
    event = workflow()
    return {**event, "pipeline": {**event["pipeline"], "vcs": code(**fields)}}


@pytest.mark.parametrize(("body", "secret", "signature"), VECTORS)
def test_the_published_vectors_open(body: str, secret: str, signature: str) -> None:
    sent = delivery(body.encode(), {"circleci-signature": f"v1={signature}"})
    WEBHOOK.authenticate(sent, ("old", secret))
    with pytest.raises(NotAuthorised, match="signature"):
        WEBHOOK.authenticate(sent, ("old",))


def test_signatures_of_later_versions_stand_beside_the_first() -> None:
    value = f"v2=abc, v1={hmac_hex(SECRET, b'{}')},v3="
    WEBHOOK.authenticate(delivery(b"{}", {"Circleci-Signature": value}), (SECRET,))


@pytest.mark.parametrize(
    "value",
    [
        hmac_hex(SECRET, b"{}"),
        f"v2={hmac_hex(SECRET, b'{}')}",
        f"v1={hmac_hex(SECRET, b'{ }')}",
        "v1=",
    ],
    ids=["no version", "another version", "another body", "empty"],
)
def test_other_signatures_do_not(value: str) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(b"{}", {"circleci-signature": value}), (SECRET,))


def test_a_failed_workflow_is_told_with_its_commit() -> None:
    told = only(workflow())
    assert told.transition is Transition.RAISED
    assert told.severity is Severity.HIGH
    assert told.title == "Workflow build-and-test failed on main"
    assert told.message == "Commit: Sell shoes"
    assert told.link.startswith("https://app.circleci.com/pipelines/")
    assert (told.environment, told.release) == ("ci", SHA)
    assert told.occurred_at == datetime(2026, 11, 21, 11, 49, 34, 170_000, UTC)
    assert told.labels == {
        "repository": "acme/shop",
        "project": "shop",
        "organization": "acme",
        "branch": "main",
        "workflow": "build-and-test",
        "commit": SHA,
        "trigger": "webhook",
    }


def test_a_workflow_that_could_not_run_is_a_failure_too() -> None:
    assert only(workflow("error")).title == "Workflow build-and-test could not run on main"


def test_the_same_workflow_that_succeeds_again_on_the_branch_ends_it() -> None:
    began = only(workflow())
    again = {**workflow()["workflow"], "id": "another", "status": "success"}
    ended = only(workflow(workflow=again))
    assert ended.transition is Transition.RESOLVED
    assert began.group == ended.group
    assert began.alert_id != ended.alert_id
    assert began.group != only(built_from(branch="next")).group
    other = {**workflow()["workflow"], "name": "deploy"}
    assert began.group != only(workflow(workflow=other)).group


def test_an_event_that_is_sent_again_is_the_same() -> None:
    assert only(workflow()).alert_id == only(workflow(id="sent again")).alert_id


def test_other_providers_say_where_the_code_is_in_the_triggers_parameters() -> None:
    told = only(workflow(pipeline=of_gitlab()))
    assert told.release == SHA
    assert (told.labels["branch"], told.labels["repository"]) == ("main", "acme/shop")
    assert told.labels["trigger"] == "gitlab"


def test_tags_share_the_workflows_problem() -> None:
    first = only(built_from(branch=None, tag="v1.0"))
    second = only(built_from(branch=None, tag="v1.1"))
    assert first.title == "Workflow build-and-test failed on v1.0"
    assert first.group == second.group
    assert first.labels["tag"] == "v1.0"


@pytest.mark.parametrize(
    "payload",
    [
        workflow("canceled"),
        workflow("unauthorized"),
        job(),
        # The reference shows a job's event with the type of a workflow's.
        workflow(workflow=None),
        built_from(branch="pull/7"),
        built_from(origin_repository_url="https://github.com/ada/shop"),
        {"type": "ping", "id": "1", "webhook": {"id": "2", "name": "suture"}},
        {},
    ],
)
def test_what_is_no_news_of_the_code_is_no_alert(payload: dict[str, Any]) -> None:
    assert read(WEBHOOK, payload) == ()


def test_what_may_be_missing_is_not_needed() -> None:
    bare = {
        "type": "workflow-completed",
        "happened_at": "2026-11-21T11:49:34Z",
        "workflow": {"id": "1", "name": "build", "status": "failed"},
        "pipeline": {"vcs": None, "trigger": None, "trigger_parameters": None},
        "project": None,
        "organization": None,
    }
    told = only(bare)
    assert (told.title, told.message) == ("Workflow build failed", "")
    assert told.occurred_at == datetime(2026, 11, 21, 11, 49, 34, tzinfo=UTC)
    assert told.labels == {"workflow": "build"}
    assert only({**bare, "pipeline": None}).labels == {"workflow": "build"}


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"workflow\.id"):
        read(WEBHOOK, workflow(workflow={"name": "build", "status": "failed"}))
