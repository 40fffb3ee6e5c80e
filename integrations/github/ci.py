"""What a project's own CI says of a commit: check runs and commit statuses together.

A run that succeeded, was skipped or is neutral passes, as GitHub's own rules have it. One that was
cancelled, is stale or wants somebody to act says nothing of the code. Sources:
https://docs.github.com/en/rest/checks/runs and https://docs.github.com/en/rest/commits/statuses
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from pydantic import AwareDatetime

from integrations.github.client import Answer, GitHubClient, Grants, repository_path
from integrations.github.runs import ACTIONS, FAILURES, GitHubRuns
from suture.domain.pull_request import CiFailure, CiReport, CiState
from suture.domain.value import CommitSha
from suture.errors import NotAuthorised, NotFound, PermanentError, Unreachable
from suture.traces.bounds import bounded, bounded_line

CHECKS: Grants = {"checks": "read", "metadata": "read"}
STATUSES: Grants = {"statuses": "read", "metadata": "read"}
OWN = "suture-"
"""Suture's own checks, which are no part of the project's CI."""
ACTIONS_APP = "github-actions"
COMPLETED = "completed"
PASSES = frozenset({"success", "neutral", "skipped"})
STATES = {
    "success": CiState.PASSED,
    "pending": CiState.RUNNING,
    "failure": CiState.FAILED,
    "error": CiState.FAILED,
}
MAX_RUNS = 30
MAX_FAILURES = 50
MAX_LOGS = 8
MAX_TEXT = 6_000
MAX_URL = 1_000


class _App(Answer):
    slug: str | None = None


class _Output(Answer):
    title: str | None = None
    summary: str | None = None
    text: str | None = None


class _Result(Answer):
    """A check run, or a job of GitHub Actions, whose check run has the same id."""

    id: int
    name: str
    status: str
    conclusion: str | None = None
    html_url: str | None = None
    started_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    app: _App | None = None
    output: _Output | None = None

    @property
    def state(self) -> CiState:
        """What it says of the commit."""
        if self.status != COMPLETED:
            return CiState.RUNNING
        if self.conclusion in FAILURES:
            return CiState.FAILED
        return CiState.PASSED if self.conclusion in PASSES else CiState.NONE

    @property
    def slug(self) -> str | None:
        """Which App made it."""
        return self.app.slug if self.app is not None else None


class _Status(Answer):
    context: str
    state: str
    description: str | None = None
    target_url: str | None = None


class _Run(Answer):
    id: int
    name: str | None = None
    status: str
    html_url: str | None = None


class GitHubCi:
    """Reads CI; an App by the permissions `checks` and `statuses`, a token by `actions`, too."""

    def __init__(self, client: GitHubClient, runs: GitHubRuns) -> None:
        self._client = client
        self._runs = runs

    def read(self, repository: str, head_sha: CommitSha) -> CiReport:
        """Return what CI says of this commit; while anything runs, it runs.

        Raises:
            NotFound: there is no such commit.
            NotAuthorised: a permission is missing; logs alone are done without.
        """
        results = [one for one in self._results(repository, head_sha) if _counts(one.name)]
        results = _current(results)
        statuses = [one for one in self._statuses(repository, head_sha) if _counts(one.context)]
        states = {one.state for one in results} | {STATES.get(one.state) for one in statuses}
        order = (CiState.RUNNING, CiState.FAILED, CiState.PASSED)
        state = next((one for one in order if one in states), CiState.NONE)
        failed = [one for one in results if one.state is CiState.FAILED]
        logs = MAX_LOGS if state is CiState.FAILED else 0
        failures = [
            *(self._failure(repository, one, log=at < logs) for at, one in enumerate(failed)),
            *(_declared(one) for one in statuses if STATES.get(one.state) is CiState.FAILED),
        ]
        return CiReport(state=state, failures=tuple(failures[:MAX_FAILURES]))

    def _results(self, repository: str, head: CommitSha) -> Iterable[_Result]:
        path = f"{repository_path(repository)}/commits/{head}/check-runs"
        try:
            return self._client.list(
                path, _Result, CHECKS, {"filter": "latest"}, inside="check_runs"
            )
        except NotAuthorised:
            # No fine-grained token can be given the permission to read checks.
            if self._client.is_app:
                raise
            return list(self._jobs(repository, head))

    def _jobs(self, repository: str, head: CommitSha) -> Iterator[_Result]:
        path = f"{repository_path(repository)}/actions/runs"
        runs = self._client.list(path, _Run, ACTIONS, {"head_sha": head}, inside="workflow_runs")
        actions = _App(slug=ACTIONS_APP)
        for run in runs[:MAX_RUNS]:
            jobs = self._client.list(f"{path}/{run.id}/jobs", _Result, ACTIONS, inside="jobs")
            yield from (job.model_copy(update={"app": actions}) for job in jobs)
            if run.status != COMPLETED and not jobs:
                yield _Result(id=run.id, name=run.name or "workflow", status=run.status)

    def _statuses(self, repository: str, head: CommitSha) -> Iterable[_Status]:
        path = f"{repository_path(repository)}/commits/{head}/status"
        try:
            return self._client.list(path, _Status, STATUSES, inside="statuses")
        except NotFound:
            return ()

    def _failure(self, repository: str, result: _Result, *, log: bool) -> CiFailure:
        text = self._log(repository, result) if log and result.slug == ACTIONS_APP else ""
        return CiFailure(
            name=bounded_line(result.name),
            url=_web_address(result.html_url),
            log=text or _summary(result.output),
        )

    def _log(self, repository: str, result: _Result) -> str:
        """Return the end of its log; nothing where it is gone or may not be read."""
        try:
            return self._runs.job_log_tail(repository, result.id)
        except (PermanentError, Unreachable):
            return ""


def _counts(name: str) -> bool:
    return not name.startswith(OWN)


def _current(results: list[_Result]) -> list[_Result]:
    """Leave out those that ended before the same check began anew, as in a later run.

    Two that run at the same time, for a push and for its pull request, both count.
    """
    last: dict[tuple[str, str | None], datetime] = {}
    for one in results:
        if one.started_at is not None:
            key = (one.name, one.slug)
            last[key] = max(one.started_at, last.get(key, one.started_at))
    return [
        one
        for one in results
        if one.completed_at is None
        or last.get((one.name, one.slug), one.completed_at) <= one.completed_at
    ]


def _declared(status: _Status) -> CiFailure:
    return CiFailure(
        name=bounded_line(status.context),
        url=_web_address(status.target_url),
        log=bounded(status.description or "", MAX_TEXT),
    )


def _summary(output: _Output | None) -> str:
    if output is None:
        return ""
    parts = (output.title, output.summary, output.text)
    return bounded("\n\n".join(part for part in parts if part), MAX_TEXT)


def _web_address(url: str | None) -> str:
    """Return a link that a browser may be given: anybody's status can name one."""
    safe = url is not None and url.startswith(("https://", "http://")) and len(url) <= MAX_URL
    return str(url) if safe and str(url).isprintable() else ""
