"""What GitHub's webhooks tell besides alerts: of Suture's branches, of tickets, of deployments.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
A comment on a pull request does not name its branch, so `issue_comment` tells nothing here:
whoever waits for one looks for itself from time to time.
"""

from collections.abc import Callable, Iterable, Mapping

from pydantic import AwareDatetime, Field, JsonValue

from integrations.builds import Number, Text
from integrations.github.webhook import EVENT, Repository
from integrations.inbound import Delivery, Wire
from suture.domain.news import DeploymentNews, News, PullRequestNews, TicketNews
from suture.domain.rollout import DeploymentStatus
from suture.errors import InvalidInput
from suture.traces import bounds

OWN_BRANCHES = "suture/"
OWN_CHECKS = "suture-"
HEADS = "refs/heads/"
PERSON = "User"
TICKET_CHANGES = frozenset({"edited", "closed", "reopened"})
STATUSES = {
    "success": DeploymentStatus.SUCCEEDED,
    "failure": DeploymentStatus.FAILED,
    "error": DeploymentStatus.FAILED,
    "in_progress": DeploymentStatus.STARTED,
}
"""Other states are no news: a deployment that waits, or one that a later one replaced."""
GONE = Repository(full_name="")
"""Stands for a fork that was deleted."""
MAX_BRANCHES = 100
MAX_ENVIRONMENT_CHARACTERS = 200


class _Head(Wire):
    ref: Text
    repo: Repository | None = None
    """None where the fork is gone."""


class _Pull(Wire):
    head: _Head


class _PullDelivery(Wire):
    """A `pull_request`, a `pull_request_review` or a `pull_request_review_comment`."""

    repository: Repository
    pull: _Pull = Field(alias="pull_request")


class _PushDelivery(Wire):
    repository: Repository
    ref: Text


class _Checked(Wire):
    name: Text = ""
    head_branch: Text = ""
    head_repository: Repository | None = None


class _CheckRun(Wire):
    name: Text = ""
    suite: _Checked = Field(default=_Checked(), alias="check_suite")


class _CheckRunDelivery(Wire):
    repository: Repository
    run: _CheckRun = Field(alias="check_run")


class _SuiteDelivery(Wire):
    repository: Repository
    checked: _Checked = Field(alias="check_suite")


class _RunDelivery(Wire):
    repository: Repository
    checked: _Checked = Field(alias="workflow_run")


class _Branch(Wire):
    name: Text = ""


class _StatusDelivery(Wire):
    repository: Repository
    context: Text = ""
    branches: tuple[_Branch, ...] = Field(default=(), max_length=MAX_BRANCHES)


class _Sender(Wire):
    type: Text = ""


class _Issue(Wire):
    number: Number


class _IssueDelivery(Wire):
    action: Text = ""
    repository: Repository
    issue: _Issue
    sender: _Sender | None = None


class _Deployment(Wire):
    id: Number
    sha: Text
    environment: Text = ""


class _DeploymentStatus(Wire):
    state: Text
    environment: Text = ""
    created_at: AwareDatetime
    updated_at: AwareDatetime | None = None


class _DeploymentDelivery(Wire):
    repository: Repository
    deployment: _Deployment
    status: _DeploymentStatus = Field(alias="deployment_status")


class GitHubNews:
    """Implements `integrations.inbound.NewsReader`."""

    def read_news(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[News, ...]:
        """Return what an event tells of Suture's pull requests, of issues, or of a deployment.

        Raises:
            InvalidInput: a field is missing or has the wrong type; the message names it.
        """
        event = delivery.headers.get(EVENT.lower())
        if not event:
            raise InvalidInput(f"The request needs the header {EVENT}.")
        reader = READERS.get(event)
        if reader is None:
            return ()
        with bounds.refusing_misfits():
            return tuple(dict.fromkeys(reader(payload)))


def _of_pull(payload: Mapping[str, JsonValue]) -> Iterable[News]:
    told = _PullDelivery.model_validate(payload)
    head = told.pull.head
    return _of_branch(told.repository, head.ref, head.repo or GONE)


def _of_push(payload: Mapping[str, JsonValue]) -> Iterable[News]:
    told = _PushDelivery.model_validate(payload)
    ref = told.ref
    return _of_branch(told.repository, ref.removeprefix(HEADS)) if ref.startswith(HEADS) else ()


def _of_check_run(payload: Mapping[str, JsonValue]) -> Iterable[News]:
    told = _CheckRunDelivery.model_validate(payload)
    if told.run.name.startswith(OWN_CHECKS):
        return ()
    return _of_branch(told.repository, told.run.suite.head_branch)


def _of_suite(payload: Mapping[str, JsonValue]) -> Iterable[News]:
    told = _SuiteDelivery.model_validate(payload)
    return _of_branch(told.repository, told.checked.head_branch)


def _of_run(payload: Mapping[str, JsonValue]) -> Iterable[News]:
    told = _RunDelivery.model_validate(payload)
    return _of_branch(told.repository, told.checked.head_branch, told.checked.head_repository)


def _of_status(payload: Mapping[str, JsonValue]) -> Iterable[News]:
    told = _StatusDelivery.model_validate(payload)
    if told.context.startswith(OWN_CHECKS):
        return ()
    return [news for branch in told.branches for news in _of_branch(told.repository, branch.name)]


def _of_branch(repository: Repository, branch: str, of: Repository | None = None) -> Iterable[News]:
    """Tell of a branch of Suture's; forks may have branches of the same name."""
    foreign = of is not None and of.full_name != repository.full_name
    if foreign or not repository.full_name or not branch.startswith(OWN_BRANCHES):
        return ()
    return (PullRequestNews(repository=repository.full_name, branch=branch),)


def _of_issue(payload: Mapping[str, JsonValue]) -> Iterable[News]:
    told = _IssueDelivery.model_validate(payload)
    by_person = told.sender is not None and told.sender.type == PERSON
    if told.action not in TICKET_CHANGES or not by_person or not told.repository.full_name:
        return ()
    return (TicketNews(ticket_id=f"{told.repository.full_name}#{told.issue.number}"),)


def _of_deployment(payload: Mapping[str, JsonValue]) -> Iterable[News]:
    told = _DeploymentDelivery.model_validate(payload)
    deployment, said = told.deployment, told.status
    status = STATUSES.get(said.state)
    environment = said.environment or deployment.environment
    if status is None or not environment or not told.repository.full_name:
        return ()
    return (
        DeploymentNews(
            deployment_id=f"github/{deployment.id}",
            repository=told.repository.full_name,
            environment=bounds.bounded_line(environment, MAX_ENVIRONMENT_CHARACTERS),
            commit=deployment.sha,
            status=status,
            at=said.updated_at or said.created_at,
        ),
    )


READERS: Mapping[str, Callable[[Mapping[str, JsonValue]], Iterable[News]]] = {
    "pull_request": _of_pull,
    "pull_request_review": _of_pull,
    "pull_request_review_comment": _of_pull,
    "push": _of_push,
    "check_run": _of_check_run,
    "check_suite": _of_suite,
    "workflow_run": _of_run,
    "status": _of_status,
    "issues": _of_issue,
    "deployment_status": _of_deployment,
}
"""By event."""
