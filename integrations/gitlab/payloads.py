"""GitLab's webhook bodies as far as they are read.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from integrations.builds import Number, Text
from integrations.inbound import Wire

MAX_JOBS = 5_000


def _or_no(value: JsonValue) -> JsonValue:
    return False if value is None else value


def _or_none_of(value: JsonValue) -> JsonValue:
    return [] if value is None else value


def _or_nothing(value: JsonValue) -> JsonValue:
    return {} if value is None else value


Flag = Annotated[bool, BeforeValidator(_or_no)]


class Project(Wire):
    """Whose event it is."""

    web_url: Text = ""
    path_with_namespace: Text = ""
    default_branch: Text = ""


class Job(Wire):
    """One job of a pipeline."""

    name: Text = ""
    stage: Text = ""
    status: Text = ""
    failure_reason: Text = ""
    allow_failure: Flag = False


class Pipeline(Wire):
    """`object_attributes` of a pipeline event."""

    id: Number
    status: Text
    ref: Text = ""
    tag: Flag = False
    sha: Text = ""
    source: Text = ""
    """What started it: `push`, `schedule`, `merge_request_event`, `parent_pipeline` ..."""
    finished_at: Text = ""
    url: Text = ""


class Event(Wire):
    """What all have in common."""

    project: Annotated[Project, BeforeValidator(_or_nothing)] = Project()


class PipelineEvent(Event):
    """`object_kind` is `pipeline`."""

    pipeline: Pipeline = Field(alias="object_attributes")
    jobs: Annotated[tuple[Job, ...], BeforeValidator(_or_none_of)] = Field(
        default=(), alias="builds", max_length=MAX_JOBS
    )


class JobEvent(Event):
    """`object_kind` is `build`."""

    id: Number = Field(alias="build_id")
    name: Text = Field(alias="build_name")
    status: Text = Field(alias="build_status")
    stage: Text = Field(default="", alias="build_stage")
    failure_reason: Text = Field(default="", alias="build_failure_reason")
    allow_failure: Flag = Field(default=False, alias="build_allow_failure")
    finished_at: Text = Field(default="", alias="build_finished_at")
    ref: Text = ""
    tag: Flag = False
    sha: Text = ""


class DeploymentEvent(Event):
    """`object_kind` is `deployment`."""

    status: Text
    environment: Text
    environment_tier: Text = ""
    deployment_id: Number | None = None
    deployable_id: Number | None = None
    deployable_url: Text = ""
    status_changed_at: Text = ""
    short_sha: Text = ""
    commit_url: Text = ""
    commit_title: Text = ""
