import json
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.gitlab.news import READERS, GitLabNews
from integrations.webhooks import NEWS
from suture.domain.news import DeploymentNews, News, PullRequestNews, TicketNews
from suture.domain.rollout import DeploymentStatus
from suture.hostile_json import parse_object
from tests.vendors.deliveries import delivery
from tests.vendors.gitlab_samples import (
    BRANCH,
    REQUEST,
    SHA,
    deployment,
    issue,
    job,
    job_event,
    merge_request,
    note,
    pipeline,
    push,
)

BOT = {"id": 2, "username": "project_15_bot_0a1b"}
OURS = {
    "merge_request": merge_request(),
    "note": note(),
    "pipeline": pipeline("failed", ref=BRANCH),
    "pipeline of a merge request": {
        **pipeline("success", ref="refs/merge-requests/1/head"),
        "merge_request": REQUEST,
    },
    "push": push(),
}


def news(payload: dict[str, Any]) -> tuple[News, ...]:
    body = json.dumps(payload).encode()
    return GitLabNews().read_news(parse_object(body), delivery(body))


def test_it_is_registered_and_every_kind_is_tried_here() -> None:
    assert isinstance(NEWS["gitlab"], GitLabNews)
    tried = {str(told["object_kind"]) for told in OURS.values()}
    assert READERS.keys() == tried | {"issue", "work_item", "deployment"}


@pytest.mark.parametrize("kind", sorted(OURS))
def test_what_happens_to_sutures_branch_is_told_and_to_others_is_not(kind: str) -> None:
    assert news(OURS[kind]) == (PullRequestNews(repository="acme/shop", branch=BRANCH),)
    assert news(json.loads(json.dumps(OURS[kind]).replace(BRANCH, "feature/x"))) == ()


def test_forks_tags_bots_and_sutures_own_checks_are_no_news() -> None:
    assert news(merge_request(source_project_id=16)) == ()
    assert news(push(f"refs/tags/{BRANCH}")) == ()
    assert news(note(user=BOT)) == ()
    assert news(note(merge_request=None)) == ()
    assert news(pipeline("success", job("suture-suite", "success"), ref=BRANCH)) == ()
    assert news(job_event()) == ()
    assert news({**merge_request(), "project": None}) == ()


def test_a_person_changes_a_ticket() -> None:
    for action in ("update", "close", "reopen"):
        for kind in ("issue", "work_item"):
            told = issue(action, object_kind=kind)
            assert news(told) == (TicketNews(ticket_id="acme/shop#23"),)
    assert news(issue("open")) == ()
    assert news(issue(user=BOT)) == ()


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("running", DeploymentStatus.STARTED),
        ("success", DeploymentStatus.SUCCEEDED),
        ("failed", DeploymentStatus.FAILED),
    ],
)
def test_a_deployment_is_told(status: str, meaning: DeploymentStatus) -> None:
    expected = DeploymentNews(
        deployment_id="gitlab/https://gitlab.example.com/acme/shop/15",
        repository="acme/shop",
        environment="live",
        commit=SHA,
        status=meaning,
        at=datetime(2026, 11, 21, 11, 58, tzinfo=UTC),
    )
    assert news(deployment(status)) == (expected,)


def test_a_deployment_that_changed_nothing_or_names_no_commit_is_no_news() -> None:
    assert news(deployment("canceled")) == ()
    assert news(deployment("success", commit_url="")) == ()
    assert news(deployment("success", deployment_id=None, deployable_id=None)) == ()
    (undated,) = news(deployment("success", status_changed_at=None))
    assert isinstance(undated, DeploymentNews)
    assert undated.at == delivery(b"").received_at
