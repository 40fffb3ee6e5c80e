"""Evidence on a head: check runs, which only Apps may make, or commit statuses.

https://docs.github.com/en/rest/checks/runs and https://docs.github.com/en/rest/commits/statuses
"""

from integrations.github.client import GitHubClient, Grants, once, repository_path
from integrations.github.shapes import Anything, CheckRun, Status
from suture.domain.pull_request import Check, CheckConclusion
from suture.domain.value import CommitSha

CHECKS: Grants = {"checks": "write", "metadata": "read"}
STATUSES: Grants = {"statuses": "write", "metadata": "read"}
MAX_DESCRIPTION = 140


def ensure_check_run(client: GitHubClient, repository: str, head: CommitSha, check: Check) -> None:
    """Publish one check run per name and head; a later conclusion replaces the earlier."""
    path = repository_path(repository)
    key = f"suture/{check.name}"
    said: dict[str, object] = {
        "status": "completed",
        "conclusion": check.conclusion.value,
        "output": {"title": check.name, "summary": check.summary},
    }

    def find() -> CheckRun | None:
        asked = {"check_name": check.name, "filter": "all"}
        rows = client.list(
            f"{path}/commits/{head}/check-runs", CheckRun, CHECKS, asked, inside="check_runs"
        )
        ours = (row for row in rows if row.name == check.name and row.external_id == key)
        return next(ours, None)

    def make() -> CheckRun:
        body = {**said, "name": check.name, "head_sha": head, "external_id": key}
        return client.send("POST", f"{path}/check-runs", CheckRun, CHECKS, body)

    found = once(find, make)
    if found.conclusion != check.conclusion:
        client.send("PATCH", f"{path}/check-runs/{found.id}", Anything, CHECKS, said)


def ensure_status(client: GitHubClient, repository: str, head: CommitSha, check: Check) -> None:
    """Publish one status per name and head; GitHub shows the newest of a name."""
    path = repository_path(repository)
    # Statuses know no neutral end; GitHub lets neutral checks pass.
    state = "failure" if check.conclusion is CheckConclusion.FAILURE else "success"
    description = check.summary[:MAX_DESCRIPTION]

    def find() -> Status | None:
        rows = client.list(f"{path}/commits/{head}/statuses", Status, STATUSES)
        newest = next((row for row in rows if row.context == check.name), None)
        same = newest is not None and (newest.state, newest.description) == (state, description)
        return newest if same else None

    def make() -> Status:
        body = {"state": state, "context": check.name, "description": description}
        return client.send("POST", f"{path}/statuses/{head}", Status, STATUSES, body)

    once(find, make)
