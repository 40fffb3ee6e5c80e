"""GitHub's webhooks: what fails in continuous integration on the default branch.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
The header `X-GitHub-Event` says what a delivery is about. No time is signed: a delivery that comes
again is known by its `alert_id` alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import AwareDatetime, Field, JsonValue

from integrations.builds import Number, Text, some_of
from integrations.inbound import Delivery, Wire, hmac_hex, require, require_match
from suture.domain.alert import AlertSource, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import InvalidInput
from suture.traces import bounds

SIGNATURE = "X-Hub-Signature-256"
EVENT = "X-GitHub-Event"
ENVIRONMENT = "ci"
COMPLETED = "completed"
MAX_STEPS = 2_000
SHORT_SHA_CHARACTERS = 7
ACTIONS_APP = "github-actions"
"""Its check suites tell less of what its workflow runs tell."""
FAILURES = {
    "failure": Severity.HIGH,
    "startup_failure": Severity.HIGH,
    "timed_out": Severity.MEDIUM,
}
"""Conclusions that raise an alert; a cancelled or skipped run says nothing of the code."""
SUCCESS = "success"


class Repository(Wire):
    """The repository that the hook belongs to, or that a run's commit comes from."""

    full_name: Text
    name: Text = ""
    html_url: Text = ""
    default_branch: Text = ""


class Commit(Wire):
    """The commit that was checked."""

    message: str | None = None


class Checked(Wire):
    """What runs, jobs and suites have in common."""

    id: Number
    run_attempt: Number = 1
    conclusion: Text = ""
    head_branch: Text = ""
    head_sha: Text = ""
    html_url: Text = ""


class Run(Checked):
    """One run of a workflow."""

    name: Text = ""
    path: Text = ""
    event: Text = ""
    display_title: Text = ""
    run_number: Number | None = None
    updated_at: AwareDatetime | None = None
    head_repository: Repository | None = None
    head_commit: Commit | None = None


class Workflow(Wire):
    """The file that a run is of."""

    name: Text = ""


class RunDelivery(Wire):
    """A `workflow_run`."""

    repository: Repository
    run: Run = Field(alias="workflow_run")
    workflow: Workflow | None = None


class Step(Wire):
    """One step of a job."""

    name: Text = ""
    conclusion: Text = ""


class Job(Checked):
    """One job of a run."""

    name: Text = ""
    workflow_name: Text = ""
    steps: tuple[Step, ...] = Field(default=(), max_length=MAX_STEPS)
    completed_at: AwareDatetime | None = None


class JobDelivery(Wire):
    """A `workflow_job`."""

    repository: Repository
    job: Job = Field(alias="workflow_job")


class App(Wire):
    """Who made the checks of a suite."""

    slug: Text = ""
    name: Text = ""


class Suite(Checked):
    """All checks that one app made of one commit."""

    app: App | None = None
    updated_at: AwareDatetime | None = None
    head_commit: Commit | None = None


class SuiteDelivery(Wire):
    """A `check_suite`."""

    repository: Repository
    suite: Suite = Field(alias="check_suite")


class GitHubWebhook:
    """Implements `integrations.inbound.Webhook`."""

    source = AlertSource.GITHUB

    def authenticate(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Accept the body's HMAC with a hook's secret."""
        expected = [f"sha256={hmac_hex(secret, delivery.body)}" for secret in secrets]
        require_match((require(delivery, SIGNATURE),), expected, "signature")

    def read(self, payload: Mapping[str, JsonValue], delivery: Delivery) -> tuple[VendorAlert, ...]:
        """Return how a check of the default branch ended; nothing of any other event."""
        event = delivery.headers.get(EVENT.lower())
        if not event:
            raise InvalidInput(f"The request needs the header {EVENT}.")
        reader = READERS.get(event)
        if reader is None or payload.get("action") != COMPLETED:
            return ()
        with bounds.refusing_misfits():
            ended = reader(payload)
        found = _alert(ended) if ended else None
        return () if found is None else (found,)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A check that has come to its end."""

    repository: Repository
    checked: Checked
    workflow: str
    """What is checked; it stays the same from run to run."""
    news: str
    """Which sort of end this is; with id and attempt it is this end's own name."""
    part: str = ""
    """The part of the workflow, if it is only a part."""
    at: datetime | None
    told: Sequence[str] = ()
    """Lines for people."""
    link: str
    labels: Mapping[str, str] = field(default_factory=dict)


def _alert(ended: Ended) -> VendorAlert | None:
    checked, repository = ended.checked, ended.repository
    branch = checked.head_branch
    conclusion = checked.conclusion
    succeeded = conclusion == SUCCESS
    if not branch or branch != repository.default_branch:
        return None
    if not succeeded and conclusion not in FAILURES:
        return None
    if succeeded and ended.part:
        # Other parts of the workflow may still fail: the run tells when all is well.
        return None
    labels = {
        "repository": repository.full_name,
        "branch": branch,
        "workflow": ended.workflow,
        "conclusion": conclusion,
        **ended.labels,
    }
    subject = f"{ended.workflow} / {ended.part}" if ended.part else ended.workflow
    said = conclusion.replace("_", " ")
    return VendorAlert(
        alert_id=f"{ended.news}/{checked.id}/{checked.run_attempt}",
        source=AlertSource.GITHUB,
        group=f"{repository.full_name} {ended.workflow} {branch}",
        transition=Transition.RESOLVED if succeeded else Transition.RAISED,
        title=f"{subject}: {said} on {branch} of {repository.full_name}",
        severity=FAILURES.get(conclusion, Severity.MEDIUM),
        occurred_at=ended.at,
        service=repository.name or None,
        environment=ENVIRONMENT,
        release=checked.head_sha or None,
        message="\n".join(line for line in ended.told if line),
        link=ended.link,
        labels={name: value for name, value in labels.items() if value},
    )


def _of_run(payload: Mapping[str, JsonValue]) -> Ended | None:
    told = RunDelivery.model_validate(payload)
    run, repository = told.run, told.repository
    if _is_foreign(run, repository):
        return None
    named = told.workflow.name if told.workflow else ""
    number = f"run {run.run_number}, " if run.run_number else ""
    return Ended(
        repository=repository,
        checked=run,
        workflow=named or run.name or run.path or "workflow",
        news="run",
        at=run.updated_at,
        told=(
            f"{number}attempt {run.run_attempt}{_at(run)}{_because(run.event)}",
            run.display_title,
            _subject(run.head_commit),
        ),
        link=run.html_url,
        labels={"event": run.event, "path": run.path},
    )


def _is_foreign(run: Run, repository: Repository) -> bool:
    """Say whether a run is of a fork's branch, which anybody can name and make fail as they like.

    A fork that was deleted meanwhile is missing.
    """
    if run.head_repository is None:
        return run.event.startswith("pull_request")
    return run.head_repository.full_name != repository.full_name


def _of_job(payload: Mapping[str, JsonValue]) -> Ended | None:
    # GitHub does not say here whose branch it is: a fork's cannot be told from the repository's.
    told = JobDelivery.model_validate(payload)
    job = told.job
    failed = [step.name for step in job.steps if step.conclusion in FAILURES]
    return Ended(
        repository=told.repository,
        checked=job,
        workflow=job.workflow_name or "workflow",
        news="job",
        part=job.name or "job",
        at=job.completed_at,
        told=(
            f"attempt {job.run_attempt}{_at(job)}",
            f"Failed steps:\n{some_of(failed)}" if failed else "",
        ),
        link=job.html_url,
        labels={"job": job.name},
    )


def _of_suite(payload: Mapping[str, JsonValue]) -> Ended | None:
    told = SuiteDelivery.model_validate(payload)
    suite, app = told.suite, told.suite.app or App()
    if app.slug == ACTIONS_APP:
        return None
    page = f"{told.repository.html_url}/commit/{suite.head_sha}/checks?check_suite_id={suite.id}"
    return Ended(
        repository=told.repository,
        checked=suite,
        workflow=f"checks by {app.slug or app.name or 'an app'}",
        # A suite that is asked for again keeps its id and has no attempts.
        news=f"suite/{suite.updated_at}",
        at=suite.updated_at,
        told=(f"checks{_at(suite)}", _subject(suite.head_commit)),
        link=page if told.repository.html_url and suite.head_sha else "",
        labels={"app": app.slug},
    )


def _at(checked: Checked) -> str:
    return f" at commit {checked.head_sha[:SHORT_SHA_CHARACTERS]}" if checked.head_sha else ""


def _because(event: str) -> str:
    return f", because of {event}" if event else ""


def _subject(commit: Commit | None) -> str:
    """Return the first line of a commit's message."""
    return bounds.bounded_line((commit.message if commit else None) or "")


READERS: Mapping[str, Callable[[Mapping[str, JsonValue]], Ended | None]] = {
    "workflow_run": _of_run,
    "workflow_job": _of_job,
    "check_suite": _of_suite,
}
"""By event."""
