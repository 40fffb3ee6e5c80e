from typing import Any

import pytest

from integrations.github.webhook import GitHubWebhook
from suture.domain.alert import AlertKind, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import InvalidInput, NotAuthorised
from tests.vendors.deliveries import delivery, read
from tests.vendors.github_samples import (
    DEPLOYMENT_STATUS,
    PAGE,
    PING,
    PUSH,
    REPOSITORY,
    SHA,
    about,
    check_suite,
    delivery_of,
    workflow_job,
    workflow_run,
)

WEBHOOK = GitHubWebhook()
# https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries publishes these.
PUBLISHED_SECRET = "It's a Secret to Everybody"
PUBLISHED_BODY = b"Hello, World!"
PUBLISHED = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def told_of(payload: dict[str, Any], event: str) -> VendorAlert:
    [told] = read(WEBHOOK, payload, about(event))
    return told


def test_the_signature_that_github_publishes_is_accepted() -> None:
    headers = {"X-Hub-Signature-256": f"sha256={PUBLISHED}"}
    WEBHOOK.authenticate(delivery(PUBLISHED_BODY, headers), ("another", PUBLISHED_SECRET))


@pytest.mark.parametrize(
    ("body", "secret", "header"),
    [
        (PUBLISHED_BODY, "another", f"sha256={PUBLISHED}"),
        (PUBLISHED_BODY + b"\n", PUBLISHED_SECRET, f"sha256={PUBLISHED}"),
        (PUBLISHED_BODY[:-1], PUBLISHED_SECRET, f"sha256={PUBLISHED}"),
        (PUBLISHED_BODY, PUBLISHED_SECRET, PUBLISHED),
        (PUBLISHED_BODY, PUBLISHED_SECRET, f"sha1={PUBLISHED}"),
    ],
    ids=["wrong secret", "re-encoded", "truncated", "no algorithm", "another algorithm"],
)
def test_any_other_signature_is_refused(body: bytes, secret: str, header: str) -> None:
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(body, {"X-Hub-Signature-256": header}), (secret,))


def test_a_failed_run_of_the_default_branch_is_raised() -> None:
    told = told_of(workflow_run(), "workflow_run")
    assert told.transition is Transition.RAISED
    assert told.kind is AlertKind.SIGNAL
    assert told.title == "tests: failure on main of acme/shop"
    assert told.severity is Severity.HIGH
    assert told.service == "shop"
    assert told.environment == "ci"
    assert told.release == SHA
    assert told.link == f"{PAGE}/actions/runs/289782451"
    assert told.alert_id == "run/289782451/1"
    assert told.labels["repository"] == "acme/shop"
    assert told.labels["path"] == ".github/workflows/tests.yml"
    assert "run 163, attempt 1 at commit 3484a3f, because of push" in told.message
    assert "Closes #7" not in told.message


@pytest.mark.parametrize(
    ("conclusion", "severity"),
    [("startup_failure", Severity.HIGH), ("timed_out", Severity.MEDIUM)],
)
def test_other_failures_are_raised_too(conclusion: str, severity: Severity) -> None:
    assert told_of(workflow_run(conclusion), "workflow_run").severity is severity


def test_the_same_workflow_that_succeeds_ends_what_failed() -> None:
    failed = told_of(workflow_run(), "workflow_run")
    again = told_of(workflow_run("success", run_attempt=2), "workflow_run")
    assert again.transition is Transition.RESOLVED
    assert again.group == failed.group
    assert again.alert_id != failed.alert_id


def test_other_workflows_and_repositories_are_other_problems() -> None:
    elsewhere = {**workflow_run(head_repository=None), "repository": {"full_name": "acme/till"}}
    elsewhere["repository"]["default_branch"] = "main"
    lint = {**workflow_run(name="lint"), "workflow": None}
    bare = {**workflow_run(name=None, path=None), "workflow": None}
    payloads = [workflow_run(), elsewhere, lint, bare]
    assert len({told_of(payload, "workflow_run").group for payload in payloads}) == 4


@pytest.mark.parametrize(
    "conclusion", ["cancelled", "skipped", "neutral", "action_required", "stale", None]
)
def test_what_neither_failed_nor_succeeded_is_no_news(conclusion: str | None) -> None:
    for payload, event in (
        (workflow_run(conclusion), "workflow_run"),
        (workflow_job(conclusion), "workflow_job"),
        (check_suite(conclusion), "check_suite"),
    ):
        assert read(WEBHOOK, payload, about(event)) == ()


@pytest.mark.parametrize("branch", ["fix-cart", "v1.4.2", "", None])
def test_only_the_default_branch_counts(branch: str | None) -> None:
    for payload, event in (
        (workflow_run(head_branch=branch), "workflow_run"),
        (workflow_job(head_branch=branch), "workflow_job"),
        (check_suite(head_branch=branch), "check_suite"),
    ):
        assert read(WEBHOOK, payload, about(event)) == ()


@pytest.mark.parametrize(
    "fork",
    [{"full_name": "mallory/shop"}, None],
    ids=["there", "deleted"],
)
def test_a_fork_whose_branch_is_called_like_the_default_branch_raises_nothing(
    fork: dict[str, Any] | None,
) -> None:
    payload = workflow_run(head_repository=fork, event="pull_request")
    assert read(WEBHOOK, payload, about("workflow_run")) == ()


def test_a_repository_that_does_not_say_its_default_branch_raises_nothing() -> None:
    payload = {**workflow_run(), "repository": {"full_name": "acme/shop"}}
    assert read(WEBHOOK, payload, about("workflow_run")) == ()


def test_a_failed_job_belongs_to_its_run_and_names_the_step() -> None:
    job = told_of(workflow_job(), "workflow_job")
    assert job.group == told_of(workflow_run(), "workflow_run").group
    assert job.title == "tests / unit (3.13): failure on main of acme/shop"
    assert job.message.endswith("Failed steps:\n- Run pytest")
    assert job.link.endswith("/job/12877621891")
    assert job.labels["job"] == "unit (3.13)"


def test_a_job_that_succeeds_ends_nothing() -> None:
    assert read(WEBHOOK, workflow_job("success"), about("workflow_job")) == ()


def test_a_job_without_names_and_steps_is_raised_all_the_same() -> None:
    told = told_of(
        workflow_job(name=None, workflow_name=None, steps=[], head_sha=""), "workflow_job"
    )
    assert told.title == "workflow / job: failure on main of acme/shop"
    assert told.message == "attempt 1"


def test_the_checks_of_another_app_are_raised_and_end() -> None:
    failed = told_of(check_suite(), "check_suite")
    ended = told_of(check_suite("success", updated_at="2026-11-21T11:59:00Z"), "check_suite")
    assert failed.title == "checks by octocoders-linter: failure on main of acme/shop"
    assert failed.link == f"{PAGE}/commit/{SHA}/checks?check_suite_id=118578147"
    assert failed.group == ended.group
    assert failed.alert_id != ended.alert_id
    assert told_of(check_suite(app=None), "check_suite").group != failed.group


def test_checks_of_actions_are_told_by_their_runs() -> None:
    payload = check_suite(app={"slug": "github-actions", "name": "GitHub Actions"})
    assert read(WEBHOOK, payload, about("check_suite")) == ()


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (PING, "ping"),
        (PUSH, "push"),
        (DEPLOYMENT_STATUS, "deployment_status"),
        ({**workflow_run(), "action": "requested"}, "workflow_run"),
        ({"action": "closed", "pull_request": {}, "repository": REPOSITORY}, "pull_request"),
    ],
)
def test_other_events_are_no_alerts(payload: dict[str, Any], event: str) -> None:
    assert read(WEBHOOK, payload, about(event)) == ()


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        (workflow_run(id="x"), "workflow_run.id"),
        (workflow_run(id=10**40), "workflow_run.id"),
        (delivery_of("workflow_run", {"id": 1}, repository=None), "repository"),
        ({"action": "completed"}, "repository"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(payload: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        read(WEBHOOK, payload, about("workflow_run"))


def test_a_delivery_must_say_what_it_is_about() -> None:
    with pytest.raises(InvalidInput, match="X-GitHub-Event"):
        read(WEBHOOK, workflow_run())
