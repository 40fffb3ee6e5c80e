import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.github.news import READERS, GitHubNews
from integrations.webhooks import NEWS
from suture.domain.news import DeploymentNews, News, PullRequestNews, TicketNews
from suture.domain.rollout import DeploymentStatus
from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from tests.vendors.deliveries import delivery
from tests.vendors.github_samples import PAGE, REPOSITORY, SENDER, SHA, about
from tests.vendors.test_every_webhook import JSON, paths_of, replaced

BRANCH = "suture/shop-0123456789abcdef-1"
FORK = {**REPOSITORY, "full_name": "mallory/shop"}
NOON = "2026-11-21T12:00:00Z"
PULL = {"number": 7, "head": {"ref": BRANCH, "sha": SHA, "repo": REPOSITORY}}
SUITE = {"id": 1, "head_branch": BRANCH, "head_sha": SHA, "conclusion": "failure"}
RUN = {**SUITE, "name": "tests", "head_repository": REPOSITORY}
DEPLOYMENT = {"id": 42, "sha": SHA, "environment": "production", "created_at": NOON}
STATUS = {"id": 43, "state": "success", "environment": "production", "created_at": NOON}

OURS: dict[str, dict[str, Any]] = {
    "pull_request": {"action": "synchronize", "pull_request": PULL},
    "pull_request_review": {"action": "submitted", "pull_request": PULL},
    "pull_request_review_comment": {"action": "created", "pull_request": PULL},
    "push": {"ref": f"refs/heads/{BRANCH}", "after": SHA},
    "check_run": {"check_run": {"name": "tests", "check_suite": SUITE}},
    "check_suite": {"check_suite": SUITE},
    "workflow_run": {"workflow_run": RUN},
    "status": {"sha": SHA, "context": "ci", "branches": [{"name": "main"}, {"name": BRANCH}]},
}
"""What happens to Suture's branch, by event."""
OTHERS: dict[str, dict[str, Any]] = {
    "issues": {"action": "closed", "issue": {"number": 7, "html_url": f"{PAGE}/issues/7"}},
    "deployment_status": {"deployment": DEPLOYMENT, "deployment_status": STATUS},
}


def news(event: str, told: dict[str, Any], **changed: object) -> tuple[News, ...]:
    payload = {"repository": REPOSITORY, "sender": SENDER, **told, **changed}
    body = json.dumps(payload).encode()
    return GitHubNews().read_news(parse_object(body), delivery(body, about(event)))


def test_it_is_registered_and_every_event_has_a_sample() -> None:
    assert isinstance(NEWS["github"], GitHubNews)
    assert READERS.keys() == OURS.keys() | OTHERS.keys()


@pytest.mark.parametrize("event", sorted(OURS))
def test_what_happens_to_sutures_branch_is_told(event: str) -> None:
    expected = PullRequestNews(repository="acme/shop", branch=BRANCH)
    assert news(event, OURS[event]) == (expected,)


@pytest.mark.parametrize("event", sorted(OURS))
def test_other_branches_are_nobodys_business(event: str) -> None:
    other = json.loads(json.dumps(OURS[event]).replace(BRANCH, "feature/x"))
    assert news(event, other) == ()


def test_a_forks_branch_is_not_sutures() -> None:
    for repo in (FORK, None):
        pull = {**PULL, "head": {"ref": BRANCH, "repo": repo}}
        assert news("pull_request", {"pull_request": pull}) == ()
    run = {**RUN, "head_repository": FORK}
    assert news("workflow_run", {"workflow_run": run}) == ()


def test_tags_and_sutures_own_checks_are_no_news() -> None:
    assert news("push", {"ref": f"refs/tags/{BRANCH}"}) == ()
    own = {"name": "suture-evidence", "check_suite": SUITE}
    assert news("check_run", {"check_run": own}) == ()
    assert news("status", OURS["status"], context="suture-suite") == ()


def test_a_branch_is_told_once() -> None:
    twice = [{"name": BRANCH}, {"name": BRANCH}]
    assert len(news("status", OURS["status"], branches=twice)) == 1


def test_a_comment_names_no_branch_so_it_is_looked_for() -> None:
    issue = {"number": 7, "pull_request": {"url": PAGE}}
    told = {"action": "created", "issue": issue, "comment": {"body": "/suture approve"}}
    assert news("issue_comment", told) == ()


def test_a_person_changes_a_ticket() -> None:
    told = OTHERS["issues"]
    for action in ("edited", "closed", "reopened"):
        assert news("issues", told, action=action) == (TicketNews(ticket_id="acme/shop#7"),)
    for action in ("opened", "labeled", "deleted", "transferred"):
        assert news("issues", told, action=action) == ()
    for sender in ({"login": "suture[bot]", "type": "Bot"}, None):
        assert news("issues", told, sender=sender) == ()


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("success", DeploymentStatus.SUCCEEDED),
        ("failure", DeploymentStatus.FAILED),
        ("error", DeploymentStatus.FAILED),
        ("in_progress", DeploymentStatus.STARTED),
    ],
)
def test_a_deployment_is_told_as_it_starts_and_ends(state: str, status: DeploymentStatus) -> None:
    changed = {**STATUS, "state": state, "updated_at": "2026-11-21T12:05:00Z"}
    told = news("deployment_status", OTHERS["deployment_status"], deployment_status=changed)
    assert told == (
        DeploymentNews(
            deployment_id="github/42",
            repository="acme/shop",
            environment="production",
            commit=SHA,
            status=status,
            at=datetime(2026, 11, 21, 12, 5, tzinfo=UTC),
        ),
    )


def test_a_deployment_that_waits_or_was_replaced_is_no_news() -> None:
    for state in ("queued", "pending", "waiting", "inactive", "new"):
        status = {**STATUS, "state": state}
        told = OTHERS["deployment_status"]
        assert news("deployment_status", told, deployment_status=status) == ()


def test_where_a_deployment_went_is_told_by_its_status_first() -> None:
    told = OTHERS["deployment_status"]
    for said, meant in (("blue", "blue"), (None, "production"), ("", "production")):
        status = {**STATUS, "environment": said}
        [found] = news("deployment_status", told, deployment_status=status)
        assert isinstance(found, DeploymentNews)
        assert found.environment == meant
        assert found.at == datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "wrong", "field"),
    [
        ("pull_request", {"pull_request": None}, "pull_request"),
        ("push", {"ref": 7}, "ref"),
        ("push", {"repository": {"full_name": "x" * 5_000}}, "repository.full_name"),
        ("status", {"branches": [{"name": BRANCH}] * 101}, "branches"),
        ("deployment_status", {"deployment": {**DEPLOYMENT, "sha": "main"}}, "commit"),
        ("deployment_status", {"deployment": {**DEPLOYMENT, "id": 2**64}}, "deployment.id"),
        ("issues", {"issue": {"number": "seven"}}, "issue.number"),
    ],
)
def test_what_cannot_be_understood_is_named(
    event: str, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput, match=field):
        news(event, {**OURS, **OTHERS}[event], **wrong)


def test_a_delivery_says_what_it_is_about() -> None:
    with pytest.raises(InvalidInput, match="X-GitHub-Event"):
        GitHubNews().read_news({}, delivery())


@settings(max_examples=60)
@given(data=st.data())
def test_anything_wrong_is_refused_or_read(data: st.DataObject) -> None:
    event = data.draw(st.sampled_from(sorted(READERS)))
    payload = {"repository": REPOSITORY, "sender": SENDER, **{**OURS, **OTHERS}[event]}
    way = data.draw(st.sampled_from(paths_of(payload)[1:]))
    changed = replaced(payload, way, data.draw(JSON))
    body = json.dumps(changed).encode()
    with contextlib.suppress(InvalidInput):
        GitHubNews().read_news(parse_object(body), delivery(body, about(event)))
