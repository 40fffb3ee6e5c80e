import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from benchmarks.envelopes import NOW
from integrations.gitlab.signature import sign
from integrations.gitlab.webhook import GitlabWebhook
from integrations.inbound import Delivery
from suture.domain.alert import Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import InvalidInput, NotAuthorised
from tests.vendors.deliveries import SECRET, delivery, read
from tests.vendors.gitlab_samples import (
    PROJECT,
    SHA,
    deployment,
    job,
    job_event,
    merge_request,
    pipeline,
)

WEBHOOK = GitlabWebhook()
SIGNING = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
BODY = b'{"object_kind": "pipeline"}'


def signed(token: str = SIGNING, at: str = "", body: bytes = BODY, more: str = "") -> Delivery:
    at = at or str(int(NOW.timestamp()))
    headers = {
        "webhook-id": "7f1a",
        "webhook-timestamp": at,
        "webhook-signature": sign(token, "7f1a", at, body) + more,
    }
    return delivery(BODY, headers)


def only(payload: dict[str, Any]) -> VendorAlert:
    [told] = read(WEBHOOK, payload)
    return told


def test_the_secret_token_opens() -> None:
    WEBHOOK.authenticate(delivery(headers={"X-Gitlab-Token": SECRET}), ("another", SECRET))


def test_another_token_does_not() -> None:
    with pytest.raises(NotAuthorised, match="token"):
        WEBHOOK.authenticate(delivery(headers={"X-Gitlab-Token": "another"}), (SECRET,))


def test_a_signing_token_is_never_taken_as_a_secret_token() -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(headers={"X-Gitlab-Token": SIGNING}), (SIGNING,))


def test_the_vector_of_standard_webhooks_opens() -> None:
    sent = Delivery(
        headers={
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        body=b'{"test": 2432232314}',
        received_at=datetime.fromtimestamp(1614265330 + 299, UTC),
    )
    WEBHOOK.authenticate(sent, ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",))


def test_one_of_several_signatures_and_one_of_several_signing_tokens_are_enough() -> None:
    WEBHOOK.authenticate(signed(more=" v1,b3RoZXI= v2,b3RoZXI="), (OTHER, SIGNING))


@pytest.mark.parametrize(
    "sent",
    [
        signed(OTHER),
        signed(body=b"{}"),
        signed(at="1614265330"),
        signed(at="soon"),
        delivery(BODY, {"webhook-signature": "v1,b3RoZXI="}),
    ],
    ids=["another key", "another body", "too old", "no time", "no id"],
)
def test_a_signature_that_is_wrong_or_old_does_not_open(sent: Delivery) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(sent, (SIGNING,))


def test_a_wrong_signature_is_not_mended_by_the_token() -> None:
    sent = signed(OTHER)
    both = Delivery(headers={**sent.headers, "x-gitlab-token": SECRET}, body=BODY, received_at=NOW)
    with pytest.raises(NotAuthorised, match="signature"):
        WEBHOOK.authenticate(both, (SECRET, SIGNING))
    # Whoever knows no signing token yet still has the token that comes with each delivery.
    WEBHOOK.authenticate(both, (SECRET,))


@pytest.mark.parametrize("broken", ["whsec_", "whsec_no base64", "whsec_\u00e9"])
def test_a_signing_token_without_a_key_opens_nothing(broken: str) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(signed(broken), (broken,))


def test_a_failed_pipeline_names_its_failed_jobs() -> None:
    told = only(pipeline("failed", job(), job("lint", allow_failure=True), job("build", "success")))
    assert told.transition is Transition.RAISED
    assert told.title == "Pipeline failed on main: unit"
    assert told.message == "Failed jobs:\n- unit (test): script_failure"
    assert told.link == "https://gitlab.example.com/acme/shop/-/pipelines/31"
    assert (told.environment, told.release) == ("ci", SHA)
    assert told.occurred_at == datetime(2026, 11, 21, 11, 57, 26, tzinfo=UTC)
    assert told.labels == {
        "repository": "acme/shop",
        "project": "shop",
        "event": "pipeline",
        "branch": "main",
        "commit": SHA,
        "pipeline_source": "push",
        "jobs": "unit",
        "stages": "test",
        "failure_reasons": "script_failure",
    }


def test_many_failed_jobs_are_counted() -> None:
    told = only(pipeline("failed", *(job(f"unit {number}") for number in range(25))))
    assert told.title == "Pipeline failed on main: unit 0, unit 1, unit 2, ..."
    assert told.message.count("\n- ") == 21
    assert told.message.endswith("- and 5 more")


def test_a_pipeline_that_succeeds_again_ends_what_failed_on_its_branch() -> None:
    began = only(pipeline())
    ended = only(pipeline("success", id=32))
    assert ended.transition is Transition.RESOLVED
    assert ended.title == "Pipeline succeeded on main"
    assert ended.group == began.group
    assert ended.alert_id != began.alert_id


def test_a_nightly_pipeline_is_not_mended_by_a_push() -> None:
    nightly = only(pipeline(source="schedule"))
    assert nightly.group != only(pipeline("success")).group
    assert nightly.group == only(pipeline("success", source="schedule")).group


def test_a_delivery_that_is_sent_again_is_the_same_and_a_retried_pipeline_is_not() -> None:
    assert only(pipeline()).alert_id == only(pipeline()).alert_id
    retried = only(pipeline(finished_at="2026-11-21 11:59:00 UTC"))
    assert retried.alert_id != only(pipeline()).alert_id


@pytest.mark.parametrize(
    "payload",
    [
        pipeline("running"),
        pipeline("canceled"),
        pipeline(ref="feature"),
        pipeline(tag=True),
        pipeline(source="merge_request_event"),
        pipeline(source="parent_pipeline"),
        {**pipeline(), "project": None},
        job_event("running"),
        job_event(ref="feature"),
        job_event(tag=True),
        job_event(build_allow_failure=True),
        deployment("running"),
        deployment(environment="review/7", environment_tier="development"),
        deployment(environment="review/7", environment_tier=None),
        merge_request(),
        {},
        {"object_kind": ["pipeline"]},
    ],
)
def test_what_is_no_news_of_the_default_branch_is_no_alert(payload: dict[str, Any]) -> None:
    assert read(WEBHOOK, payload) == ()


def test_a_failed_job_is_told_with_its_reason_and_ends_by_the_same_job() -> None:
    began, ended = only(job_event()), only(job_event("success", build_id=1978))
    assert began.title == "Job unit failed on main"
    assert began.message == "Failed jobs:\n- unit (test): script_failure"
    assert began.link == "https://gitlab.example.com/acme/shop/-/jobs/1977"
    assert began.labels["jobs"] == "unit"
    assert (ended.transition, ended.title) == (Transition.RESOLVED, "Job unit succeeded on main")
    assert began.group == ended.group != only(job_event(build_name="lint")).group


@pytest.mark.parametrize(
    ("tier", "severity"), [("production", Severity.HIGH), ("staging", Severity.MEDIUM)]
)
def test_a_failed_deployment_says_where_and_what(tier: str, severity: Severity) -> None:
    began, ended = only(deployment(environment_tier=tier)), only(deployment("success"))
    assert began.title == "Deployment to live failed"
    assert (began.environment, began.release, began.severity) == ("live", SHA, severity)
    assert began.occurred_at == datetime(2026, 11, 21, 11, 58, tzinfo=UTC)
    assert began.message == "Commit: Sell shoes"
    assert began.link.endswith("/-/jobs/796")
    assert ended.transition is Transition.RESOLVED
    assert began.group == ended.group


def test_what_older_versions_leave_out_is_not_needed() -> None:
    told = only(
        deployment(
            environment="production",
            environment_tier=None,
            deployment_id=None,
            deployable_url=None,
            status_changed_at="a while ago",
            commit_url=None,
            commit_title=None,
            project={**PROJECT, "web_url": None},
        )
    )
    assert (told.release, told.occurred_at, told.link, told.message) == (SHA[:8], None, "", "")
    bare = {
        "object_kind": "pipeline",
        "object_attributes": {"id": 31, "status": "failed", "ref": "main", "tag": None},
        "project": {"web_url": "https://gitlab.example.com/acme/shop", "default_branch": "main"},
        "builds": None,
    }
    told = only(bare)
    assert (told.title, told.message) == ("Pipeline failed on main", "")
    assert told.link == "https://gitlab.example.com/acme/shop/-/pipelines/31"


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"object_attributes\.ref"):
        read(WEBHOOK, pipeline(ref=7))
    with pytest.raises(InvalidInput, match="environment"):
        read(WEBHOOK, deployment(environment=None, environment_tier=[]))
