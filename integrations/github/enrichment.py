"""Logs of the workflow runs and jobs that GitHub's alerts are about."""

import re

from integrations.github.runs import GitHubRuns
from suture.domain.alert import Alert
from suture.github_settings import GitHubSettings

MAX_LOG = 60_000
NAME = re.compile(r"(run|job)/([1-9][0-9]{0,18})/[0-9]{1,9}", re.ASCII)
"""`alert_id` of what `integrations.github.webhook` makes of them."""


class GitHubEnrichment:
    """Implements `suture.ports.enrichment.Enrichment`; needs `actions: read`."""

    def __init__(self, settings: GitHubSettings) -> None:
        self._runs = GitHubRuns(settings)

    def log_of(self, alert: Alert) -> str:
        """Return the ends of the failed jobs' logs; of suites by other apps there are none."""
        named = NAME.fullmatch(alert.alert_id)
        repository = alert.tags.get("repository", "")
        if named is None or not repository:
            return ""
        if named[1] == "job":
            return self._runs.job_log_tail(repository, int(named[2]), MAX_LOG)
        return self._runs.run_log_tail(repository, int(named[2]), MAX_LOG)
