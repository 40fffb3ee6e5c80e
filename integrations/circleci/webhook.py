"""CircleCI's outbound webhooks: workflows that fail, and that succeed again.

https://circleci.com/docs/reference/outbound-webhooks-reference/
Jobs are told too if one asks for them; a workflow's end says what counts. The body does not say
which branch is the default one, so the branch is a label for routes to match.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from integrations.builds import Text, moment_of, repository_of
from integrations.inbound import Delivery, Wire, hmac_hex, require, require_match
from suture.domain.alert import AlertSource
from suture.domain.inbound import Transition, VendorAlert
from suture.traces import bounds
from suture.traces.ci import ENVIRONMENT

HEADER = "circleci-signature"
VERSION = "v1"
COMPLETED = "workflow-completed"
TRANSITIONS = {
    "failed": Transition.RAISED,
    "error": Transition.RAISED,
    "success": Transition.RESOLVED,
}
"""Statuses that are news; a canceled or unauthorized workflow says nothing about the code."""
HAPPENED = {"failed": "failed", "error": "could not run", "success": "succeeded"}
FORK = "pull/"
"""How the branches of forks' pull requests begin."""


def _or_nothing(value: JsonValue) -> JsonValue:
    return {} if value is None else value


class Commit(Wire):
    """What was built."""

    subject: Text = ""


class Vcs(Wire):
    """Where a pipeline of GitHub's or Bitbucket's got its code."""

    origin_repository_url: Text = ""
    target_repository_url: Text = ""
    revision: Text = ""
    branch: Text = ""
    tag: Text = ""
    commit: Annotated[Commit, BeforeValidator(_or_nothing)] = Commit()


class Git(Wire):
    """The same for all other providers."""

    checkout_url: Text = ""
    checkout_sha: Text = ""
    branch: Text = ""
    tag: Text = ""


class TriggerParameters(Wire):
    """What started the pipeline."""

    git: Annotated[Git, BeforeValidator(_or_nothing)] = Git()


class Trigger(Wire):
    """How it was started."""

    type: Text = ""


class Pipeline(Wire):
    """The run that the workflow belongs to."""

    vcs: Vcs | None = None
    trigger: Annotated[Trigger, BeforeValidator(_or_nothing)] = Trigger()
    trigger_parameters: Annotated[TriggerParameters, BeforeValidator(_or_nothing)] = (
        TriggerParameters()
    )

    def code(self) -> Vcs:
        """Return where the code came from, whoever the provider is."""
        git = self.trigger_parameters.git
        return self.vcs or Vcs(
            target_repository_url=git.checkout_url,
            revision=git.checkout_sha,
            branch=git.branch,
            tag=git.tag,
        )


class Workflow(Wire):
    """What ended."""

    id: Text = Field(min_length=1)
    name: Text
    status: Text = ""
    stopped_at: Text = ""
    url: Text = ""


class Project(Wire):
    """Whose it is."""

    slug: Text = ""
    name: Text = ""


class Organization(Wire):
    """Whose project it is."""

    name: Text = ""


class Body(Wire):
    """A `workflow-completed` event."""

    happened_at: Text = ""
    project: Annotated[Project, BeforeValidator(_or_nothing)] = Project()
    organization: Annotated[Organization, BeforeValidator(_or_nothing)] = Organization()
    workflow: Workflow
    pipeline: Annotated[Pipeline, BeforeValidator(_or_nothing)] = Pipeline()


class CircleciWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.CIRCLECI

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept HMAC-SHA256 of the body in `circleci-signature`, version 1."""
        parts = [part.strip().partition("=") for part in require(delivery, HEADER).split(",")]
        given = [value for version, _, value in parts if version == VERSION]
        expected = [hmac_hex(secret, delivery.body) for secret in secrets]
        require_match(given, expected, "signature")

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return what a workflow's end tells; jobs and test pings tell nothing."""
        del delivery
        if payload.get("type") != COMPLETED or payload.get("workflow") is None:
            return ()
        with bounds.refusing_misfits():
            told = _told(Body.model_validate(payload))
        return (told,) if told else ()


def _told(body: Body) -> VendorAlert | None:
    workflow, project, code = body.workflow, body.project, body.pipeline.code()
    transition = TRANSITIONS.get(workflow.status)
    if transition is None or _is_of_fork(code):
        return None
    happened = HAPPENED[workflow.status]
    where = code.branch or code.tag
    return VendorAlert(
        alert_id=f"{workflow.id} {workflow.status}",
        source=AlertSource.CIRCLECI,
        # Tags come once each: what was tagged next tells whether the failure is over.
        group=f"{project.slug} {workflow.name} {code.branch}",
        transition=transition,
        title=f"Workflow {workflow.name} {happened}{f' on {where}' if where else ''}",
        occurred_at=moment_of(workflow.stopped_at) or moment_of(body.happened_at),
        environment=ENVIRONMENT,
        release=code.revision or None,
        message=f"Commit: {code.commit.subject}" if code.commit.subject else "",
        link=workflow.url,
        labels=_labels(body, code),
    )


def _is_of_fork(code: Vcs) -> bool:
    origin, target = code.origin_repository_url, code.target_repository_url
    return code.branch.startswith(FORK) or bool(origin and target and origin != target)


def _labels(body: Body, code: Vcs) -> dict[str, str]:
    labels = {
        "repository": repository_of(code.target_repository_url),
        "project": body.project.name,
        "organization": body.organization.name,
        "branch": code.branch,
        "tag": code.tag,
        "workflow": body.workflow.name,
        "commit": code.revision,
        "trigger": body.pipeline.trigger.type,
    }
    return {key: value for key, value in labels.items() if value}
