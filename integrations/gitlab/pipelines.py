"""Pipelines of a head, and Suture's evidence beside them as commit statuses.

GitLab puts a commit status into a pipeline, or makes an `external` one for it, so Suture's own
are told by their names. Sources: https://docs.gitlab.com/api/commits/#commit-status,
https://docs.gitlab.com/api/merge_requests/#list-merge-request-pipelines and
https://docs.gitlab.com/api/jobs/.
"""

import re
from collections.abc import Sequence

from integrations.gitlab.client import GitLabClient, RefusedError, once, project_path
from integrations.gitlab.shapes import GitCommit, Pipeline, Status
from suture.domain.pull_request import (
    Check,
    CheckConclusion,
    CiFailure,
    CiReport,
    CiState,
    PullRequestRef,
)
from suture.domain.value import CommitSha
from suture.errors import SutureError
from suture.traces.bounds import bounded, bounded_line, bounded_log

OWN = "suture-"
EXTERNAL = "external"
ENDED = {
    "success": CiState.PASSED,
    "failed": CiState.FAILED,
    "skipped": CiState.NONE,
    "canceled": CiState.NONE,
}
"""Any other status is on its way, or waits for somebody; what was canceled says nothing."""
SAME_AGAIN = "cannot transition"
MAX_FAILURES = 20
MAX_LOG = 8_000
MAX_DESCRIPTION = 255
SECTION = re.compile(r"section_(?:start|end):\d+:[^\r\n]*\r", re.ASCII)
"""Where a log folds."""


class Pipelines:
    """What CI says of merge requests."""

    def __init__(self, client: GitLabClient) -> None:
        self._client = client

    def read(self, ref: PullRequestRef, head: CommitSha) -> CiReport:
        """Return what the project's own CI says of this head."""
        pipeline = self._of_head(ref, head)
        if pipeline is None:
            return CiReport(state=CiState.NONE)
        statuses = self._statuses(ref.repository, pipeline)
        state = _state(pipeline, statuses)
        if state is not CiState.FAILED:
            return CiReport(state=state)
        return CiReport(state=state, failures=self._failures(ref.repository, pipeline, statuses))

    def ensure_status(self, ref: PullRequestRef, head: CommitSha, check: Check) -> None:
        """Publish one status per name and head; GitLab shows the newest of a name."""
        # Statuses know no neutral end; what is neutral holds nothing up.
        state = "failed" if check.conclusion is CheckConclusion.FAILURE else "success"
        name = check.name if check.name.startswith(OWN) else f"{OWN}{check.name}"
        said = (state, check.summary[:MAX_DESCRIPTION])

        def find() -> Status | None:
            newest = self._newest(ref.repository, head, name)
            same = newest is not None and (newest.status, newest.description) == said
            return newest if same else None

        try:
            once(find, lambda: self._publish(ref, head, name, said))
        except RefusedError as error:
            newest = self._newest(ref.repository, head, name)
            known = newest is not None and newest.status == state
            if not known or SAME_AGAIN not in str(error).lower():
                raise

    def _newest(self, repository: str, head: CommitSha, name: str) -> Status | None:
        path = f"{project_path(repository)}/repository/commits/{head}/statuses"
        rows = self._client.list(path, Status, {"name": name})
        return max((row for row in rows if row.name == name), key=_by_id, default=None)

    def _publish(
        self, ref: PullRequestRef, head: CommitSha, name: str, said: tuple[str, str]
    ) -> Status:
        pipeline = self._of_head(ref, head)
        # A pipeline of a merge request has a ref of its own, and both given must fit.
        place: dict[str, object] = {"ref": ref.branch}
        if pipeline is not None and pipeline.sha == head:
            place = {"pipeline_id": pipeline.id}
        body = {"state": said[0], "name": name, "description": said[1], **place}
        path = f"{project_path(ref.repository)}/statuses/{head}"
        return self._client.send("POST", path, Status, body)

    def _of_head(self, ref: PullRequestRef, head: CommitSha) -> Pipeline | None:
        """Return the newest pipeline of this commit; one that only holds reports comes last."""
        project = project_path(ref.repository)
        path = f"{project}/merge_requests/{ref.number}/pipelines"
        requested = sorted(self._client.list(path, Pipeline), key=_by_id, reverse=True)
        newest = next((one for one in requested if one.source != EXTERNAL), None)
        if newest is not None and self._is_of(ref.repository, newest, head):
            return newest
        # Also of a commit that the merge request starts from.
        listed = self._client.list(f"{project}/pipelines", Pipeline, {"sha": head})
        of_head = sorted((one for one in listed if one.sha == head), key=_by_id, reverse=True)
        own = (one for one in of_head if one.source != EXTERNAL)
        return next(own, next(iter(of_head), None))

    def _is_of(self, repository: str, pipeline: Pipeline, head: CommitSha) -> bool:
        """Whether a pipeline is of a head, or of what merging the head would result in."""
        if pipeline.sha == head:
            return True
        path = f"{project_path(repository)}/repository/commits/{pipeline.sha}"
        commit = self._client.find(path, GitCommit)
        # The first parent is the target's: what fails there is the head's failure, not that one's.
        return commit is not None and commit.parent_ids[1:] == (head,)

    def _statuses(self, repository: str, pipeline: Pipeline) -> list[Status]:
        """Return the pipeline's jobs and reports, none of Suture's."""
        path = f"{project_path(repository)}/repository/commits/{pipeline.sha}/statuses"
        rows = self._client.list(path, Status, {"pipeline_id": str(pipeline.id)})
        return [
            row
            for row in rows
            if not row.name.startswith(OWN) and row.pipeline_id in (None, pipeline.id)
        ]

    def _failures(
        self, repository: str, pipeline: Pipeline, statuses: Sequence[Status]
    ) -> tuple[CiFailure, ...]:
        failed = [row for row in statuses if _counts(row)][:MAX_FAILURES]
        if not failed:
            return (CiFailure(name="pipeline", url=pipeline.web_url),)
        return tuple(
            CiFailure(
                name=bounded_line(row.name),
                url=row.target_url,
                log=self._log(repository, pipeline, row),
            )
            for row in failed
        )

    def _log(self, repository: str, pipeline: Pipeline, status: Status) -> str:
        """Return the end of a job's log; without one, what was reported."""
        if pipeline.source == EXTERNAL:
            return bounded(status.description, MAX_LOG)
        log = read_log(self._client, repository, status.id, MAX_LOG)
        return log or bounded(status.description, MAX_LOG)


def read_log(client: GitLabClient, repository: str, job_id: int, characters: int) -> str:
    """Return the end of a job's log; empty where there is none, as for a trigger.

    Raises:
        TransientError: GitLab does not answer now.
    """
    path = f"{project_path(repository)}/jobs/{job_id}/trace"
    try:
        found = client.tail(path, 2 * characters)
    except SutureError as error:
        if error.retryable:
            raise
        return ""
    return bounded_log(SECTION.sub("", found)).strip()[-characters:]


def _state(pipeline: Pipeline, statuses: Sequence[Status]) -> CiState:
    if pipeline.source != EXTERNAL:
        ended = ENDED.get(pipeline.status, CiState.RUNNING)
        # Suture's own failed check fails the pipeline that it was put into.
        ours_alone = bool(statuses) and not any(_counts(row) for row in statuses)
        return CiState.PASSED if ended is CiState.FAILED and ours_alone else ended
    if not statuses:
        return CiState.NONE
    if any(_counts(row) for row in statuses):
        return CiState.FAILED
    ended_all = all(row.status in ENDED for row in statuses)
    return CiState.PASSED if ended_all else CiState.RUNNING


def _counts(status: Status) -> bool:
    return status.status == "failed" and not status.allow_failure


def _by_id(one: Pipeline | Status) -> int:
    return one.id
