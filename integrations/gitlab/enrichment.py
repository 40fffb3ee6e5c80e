"""Logs of the jobs that GitLab's alerts are about."""

import re
from collections.abc import Sequence

from integrations.gitlab.client import GitLabClient, project_path
from integrations.gitlab.pipelines import read_log
from integrations.gitlab.shapes import Status
from suture.domain.alert import Alert
from suture.gitlab_settings import GitLabSettings

MAX_LOG = 60_000
MAX_JOBS = 5
PAGE = re.compile(r"/-/(jobs|pipelines)/([1-9][0-9]{0,18})$", re.ASCII)


class GitLabEnrichment:
    """Implements `suture.ports.enrichment.Enrichment`; needs the scope `read_api`."""

    def __init__(self, settings: GitLabSettings) -> None:
        self._client = GitLabClient(settings)

    def log_of(self, alert: Alert) -> str:
        """Return the ends of the failed jobs' logs, at most five."""
        named, project = PAGE.search(alert.link), alert.tags.get("repository", "")
        if named is None or not project:
            return ""
        number = int(named[2])
        jobs = [number] if named[1] == "jobs" else self._failed(project, number)
        each = MAX_LOG // max(len(jobs), 1)
        return "\n\n".join(read_log(self._client, project, job, each) for job in jobs)

    def _failed(self, project: str, pipeline: int) -> Sequence[int]:
        path = f"{project_path(project)}/pipelines/{pipeline}/jobs"
        rows = self._client.list(path, Status, {"scope": "failed"})
        return [row.id for row in rows if not row.allow_failure][:MAX_JOBS]
