"""What GitLab's webhooks tell besides alerts: merge requests, issues and deployments.

Only Suture's branches count, and what bots do to issues is no news. Source:
https://docs.gitlab.com/user/project/integrations/webhook_events/.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from integrations.builds import Number, Text, moment_of
from integrations.gitlab.payloads import MAX_JOBS, DeploymentEvent, Event, Job, Project
from integrations.inbound import Delivery, Wire
from suture.domain.news import DeploymentNews, News, PullRequestNews, TicketNews
from suture.domain.rollout import DeploymentStatus
from suture.traces import bounds

OWN = "suture/"
"""How Suture's branches begin."""
OWN_CHECKS = "suture-"
HEADS = "refs/heads/"
TICKET_CHANGES = frozenset({"update", "close", "reopen"})
MAX_ENVIRONMENT_CHARACTERS = 200
BOT = re.compile(r"(?:project|group)_\d+_bot", re.ASCII)
SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.ASCII)
STATUSES = {
    "created": DeploymentStatus.STARTED,
    "running": DeploymentStatus.STARTED,
    "success": DeploymentStatus.SUCCEEDED,
    "failed": DeploymentStatus.FAILED,
}
"""A canceled, skipped or blocked deployment changed nothing."""


def _or_none_of(value: JsonValue) -> JsonValue:
    return [] if value is None else value


def _or_nothing(value: JsonValue) -> JsonValue:
    return {} if value is None else value


class _Person(Wire):
    username: Text = ""


class _Request(Wire):
    source_branch: Text = ""
    source_project_id: Number = 0
    target_project_id: Number = 0


class _RequestEvent(Event):
    """`object_kind` is `merge_request`; `object_attributes` are its own."""

    request: _Request = Field(alias="object_attributes")


class _AttachedEvent(Event):
    """`object_kind` is `note` or `pipeline`; `merge_request` is what it belongs to, if it does."""

    user: Annotated[_Person, BeforeValidator(_or_nothing)] = _Person()
    request: Annotated[_Request, BeforeValidator(_or_nothing)] = Field(
        default=_Request(), alias="merge_request"
    )


class _Run(Wire):
    ref: Text = ""


class _PipelineEvent(_AttachedEvent):
    run: _Run = Field(alias="object_attributes")
    jobs: Annotated[tuple[Job, ...], BeforeValidator(_or_none_of)] = Field(
        default=(), alias="builds", max_length=MAX_JOBS
    )


class _PushEvent(Event):
    ref: Text = ""


class _Issue(Wire):
    iid: Number
    action: Text = ""


class _IssueEvent(Event):
    """`object_kind` is `issue` or `work_item`."""

    issue: _Issue = Field(alias="object_attributes")
    user: Annotated[_Person, BeforeValidator(_or_nothing)] = _Person()


class GitLabNews:
    """Implements `integrations.inbound.NewsReader`."""

    def read_news(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[News, ...]:
        """Return what an event tells of Suture's merge requests, of issues, or of a deployment."""
        reader = READERS.get(str(payload.get("object_kind")))
        if reader is None:
            return ()
        with bounds.refusing_misfits():
            told = reader(payload, delivery)
        return (told,) if told else ()


def _request(payload: Mapping[str, JsonValue], delivery: Delivery) -> News | None:
    del delivery
    event = _RequestEvent.model_validate(payload)
    return _of_request(event.project, event.request)


def _note(payload: Mapping[str, JsonValue], delivery: Delivery) -> News | None:
    del delivery
    event = _AttachedEvent.model_validate(payload)
    return None if BOT.match(event.user.username) else _of_request(event.project, event.request)


def _pipeline(payload: Mapping[str, JsonValue], delivery: Delivery) -> News | None:
    del delivery
    event = _PipelineEvent.model_validate(payload)
    if event.jobs and all(job.name.startswith(OWN_CHECKS) for job in event.jobs):
        return None
    if event.request.source_branch:
        return _of_request(event.project, event.request)
    return _of_branch(event.project, event.run.ref)


def _push(payload: Mapping[str, JsonValue], delivery: Delivery) -> News | None:
    del delivery
    event = _PushEvent.model_validate(payload)
    if not event.ref.startswith(HEADS):
        return None
    return _of_branch(event.project, event.ref.removeprefix(HEADS))


def _issue(payload: Mapping[str, JsonValue], delivery: Delivery) -> News | None:
    del delivery
    event = _IssueEvent.model_validate(payload)
    place = event.project.path_with_namespace
    changed = event.issue.action in TICKET_CHANGES
    if not place or not changed or BOT.match(event.user.username):
        return None
    return TicketNews(ticket_id=f"{place}#{event.issue.iid}")


def _deployment(payload: Mapping[str, JsonValue], delivery: Delivery) -> News | None:
    event = DeploymentEvent.model_validate(payload)
    status = STATUSES.get(event.status)
    commit = event.commit_url.rpartition("/")[2]
    place = event.project.path_with_namespace
    number = event.deployment_id or event.deployable_id
    known = bool(number and place and event.environment)
    if status is None or not known or not SHA.fullmatch(commit):
        return None
    return DeploymentNews(
        deployment_id=f"gitlab/{event.project.web_url or place}/{number}",
        repository=place,
        environment=bounds.bounded_line(event.environment, MAX_ENVIRONMENT_CHARACTERS),
        commit=commit,
        status=status,
        at=moment_of(event.status_changed_at) or delivery.received_at,
    )


def _of_request(project: Project, request: _Request) -> News | None:
    of_a_fork = request.source_project_id != request.target_project_id
    return None if of_a_fork else _of_branch(project, request.source_branch)


def _of_branch(project: Project, branch: str) -> News | None:
    place = project.path_with_namespace
    if not place or not branch.startswith(OWN):
        return None
    return PullRequestNews(repository=place, branch=branch)


Reader = Callable[[Mapping[str, JsonValue], Delivery], News | None]
READERS: Mapping[str, Reader] = {
    "merge_request": _request,
    "note": _note,
    "pipeline": _pipeline,
    "push": _push,
    "issue": _issue,
    "work_item": _issue,
    "deployment": _deployment,
}
"""By `object_kind`."""
