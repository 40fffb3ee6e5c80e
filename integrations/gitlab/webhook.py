"""GitLab's webhooks: pipelines, jobs and deployments that fail, and that succeed again.

Only the default branch counts. Pipelines of merge requests concern their authors, and child
pipelines are news of their parent.
"""

from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from integrations.builds import moment_of, some_of
from integrations.gitlab import signature
from integrations.gitlab.payloads import DeploymentEvent, Job, JobEvent, PipelineEvent, Project
from integrations.inbound import Delivery
from suture.canonical import digest_of
from suture.domain.alert import AlertSource, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.traces import bounds
from suture.traces.ci import ENVIRONMENT

TRANSITIONS = {"failed": Transition.RAISED, "success": Transition.RESOLVED}
"""Statuses that are news; a canceled or skipped pipeline says nothing about the code."""
OF_OTHERS = frozenset({"merge_request_event", "external_pull_request_event", "parent_pipeline"})
"""Sources of pipelines whose failure is told elsewhere."""
ON_ITS_OWN = frozenset({"schedule"})
"""Sources of pipelines that run other jobs than a push does, so a push does not mend them."""
TIERS = {"production": Severity.HIGH, "staging": Severity.MEDIUM}
REVIEW = "review/"
"""How environments of merge requests are called where GitLab tells no tier."""
NAMED_IN_TITLE = 3


class GitlabWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.GITLAB

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept a signature by a signing token (`whsec_...`), or the secret token."""
        signature.authenticate(delivery, secrets)

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return what a pipeline, a job or a deployment tells; other events tell nothing."""
        del delivery
        reader = READERS.get(str(payload.get("object_kind")))
        if reader is None:
            return ()
        with bounds.refusing_misfits():
            told = reader(payload)
        return (told,) if told else ()


def _pipeline(payload: Mapping[str, JsonValue]) -> VendorAlert | None:
    event = PipelineEvent.model_validate(payload)
    pipeline, project = event.pipeline, event.project
    transition = TRANSITIONS.get(pipeline.status)
    foreign = pipeline.tag or pipeline.source in OF_OTHERS
    if transition is None or foreign or not _is_default(pipeline.ref, project):
        return None
    failed = [job for job in event.jobs if job.status == "failed" and not job.allow_failure]
    own = pipeline.source if pipeline.source in ON_ITS_OWN else ""
    place = _place(project)
    return VendorAlert(
        alert_id=digest_of([place, "pipeline", pipeline.id, pipeline.status, pipeline.finished_at]),
        source=AlertSource.GITLAB,
        group=" ".join(part for part in (place, own, "pipeline", pipeline.ref) if part),
        transition=transition,
        title=_pipeline_title(pipeline.ref, transition, [job.name for job in failed]),
        occurred_at=moment_of(pipeline.finished_at),
        environment=ENVIRONMENT,
        release=pipeline.sha or None,
        message=_failures(failed),
        link=pipeline.url or _below(project, f"/-/pipelines/{pipeline.id}"),
        labels=_labels(
            project,
            {
                "event": "pipeline",
                "branch": pipeline.ref,
                "commit": pipeline.sha,
                "pipeline_source": pipeline.source,
                **_named(failed),
            },
        ),
    )


def _job(payload: Mapping[str, JsonValue]) -> VendorAlert | None:
    event = JobEvent.model_validate(payload)
    transition = TRANSITIONS.get(event.status)
    if transition is None or event.tag or not _is_default(event.ref, event.project):
        return None
    if event.allow_failure and transition is Transition.RAISED:
        return None
    place = _place(event.project)
    happened = "failed" if transition is Transition.RAISED else "succeeded"
    job = Job(name=event.name, stage=event.stage, failure_reason=event.failure_reason)
    failed = [job] if transition is Transition.RAISED else []
    return VendorAlert(
        alert_id=digest_of([place, "job", event.id, event.status]),
        source=AlertSource.GITLAB,
        group=f"{place} job {event.ref} {event.name}",
        transition=transition,
        title=f"Job {event.name} {happened} on {event.ref}",
        occurred_at=moment_of(event.finished_at),
        environment=ENVIRONMENT,
        release=event.sha or None,
        message=_failures(failed),
        link=_below(event.project, f"/-/jobs/{event.id}"),
        labels=_labels(
            event.project,
            {"event": "job", "branch": event.ref, "commit": event.sha, **_named([job])},
        ),
    )


def _deployment(payload: Mapping[str, JsonValue]) -> VendorAlert | None:
    event = DeploymentEvent.model_validate(payload)
    transition = TRANSITIONS.get(event.status)
    tier = event.environment_tier
    watched = tier in TIERS or (not tier and not event.environment.startswith(REVIEW))
    if transition is None or not watched:
        return None
    place = _place(event.project)
    happened = "failed" if transition is Transition.RAISED else "succeeded"
    deployment = event.deployment_id or event.deployable_id
    commit = event.commit_url.rpartition("/")[2] or event.short_sha
    return VendorAlert(
        alert_id=digest_of(
            [place, "deployment", deployment, commit, event.status, event.status_changed_at]
        ),
        source=AlertSource.GITLAB,
        group=f"{place} deployment {event.environment}",
        transition=transition,
        title=f"Deployment to {event.environment} {happened}",
        severity=TIERS.get(tier, Severity.HIGH),
        occurred_at=moment_of(event.status_changed_at),
        environment=event.environment or None,
        release=commit or None,
        message=f"Commit: {event.commit_title}" if event.commit_title else "",
        link=event.deployable_url or _below(event.project, "/-/environments"),
        labels=_labels(
            event.project,
            {"event": "deployment", "environment_tier": tier, "commit": commit},
        ),
    )


READERS: Mapping[str, Callable[[Mapping[str, JsonValue]], VendorAlert | None]] = {
    "pipeline": _pipeline,
    "build": _job,
    "deployment": _deployment,
}
"""By `object_kind`."""


def _is_default(ref: str, project: Project) -> bool:
    return bool(ref) and ref == project.default_branch


def _place(project: Project) -> str:
    """Return what tells projects apart, those of several GitLabs too."""
    return project.web_url or project.path_with_namespace


def _below(project: Project, path: str) -> str:
    return f"{project.web_url}{path}" if project.web_url else ""


def _pipeline_title(ref: str, transition: Transition, failed: Sequence[str]) -> str:
    if transition is Transition.RESOLVED:
        return f"Pipeline succeeded on {ref}"
    names = ", ".join(failed[:NAMED_IN_TITLE])
    more = ", ..." if len(failed) > NAMED_IN_TITLE else ""
    return f"Pipeline failed on {ref}: {names}{more}" if names else f"Pipeline failed on {ref}"


def _failures(failed: Sequence[Job]) -> str:
    if not failed:
        return ""
    told = [f"{job.name} ({job.stage}): {job.failure_reason or 'failed'}" for job in failed]
    return f"Failed jobs:\n{some_of(told)}"


def _named(jobs: Sequence[Job]) -> dict[str, str]:
    reasons = sorted({job.failure_reason for job in jobs} - {""})
    return {
        "jobs": ", ".join(job.name for job in jobs),
        "stages": ", ".join(sorted({job.stage for job in jobs} - {""})),
        "failure_reasons": ", ".join(reasons),
    }


def _labels(project: Project, more: Mapping[str, str]) -> dict[str, str]:
    """Return labels with the project's path and its last part, which often is the service."""
    path = project.path_with_namespace
    own = {"repository": path, "project": path.rpartition("/")[2]}
    return {key: value for key, value in {**own, **more}.items() if value}
