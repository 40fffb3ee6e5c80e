"""Check runs, commit statuses, jobs and their logs on a small GitHub."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.github_git import Json, Refused

Query = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a route is called with."""

    query: Query
    body: Json
    names: tuple[str, ...]
    """What its pattern caught."""


@dataclass
class Checks:
    """What CI and Suture report of commits."""

    runs: list[Json] = field(default_factory=list)
    statuses: list[Json] = field(default_factory=list)
    workflow_runs: list[Json] = field(default_factory=list)
    jobs: list[Json] = field(default_factory=list)
    logs: dict[int, bytes] = field(default_factory=dict)
    """By job. They are downloaded from elsewhere, without a credential."""

    def report(self, sha: str, name: str, conclusion: str | None, **more: object) -> Json:
        """Report a check run of GitHub Actions; None: it still runs."""
        made = {
            "id": len(self.runs) + 1,
            "head_sha": sha,
            "name": name,
            "status": "completed" if conclusion else "in_progress",
            "conclusion": conclusion,
            "html_url": f"https://github.invalid/runs/{len(self.runs) + 1}",
            "started_at": "2026-03-02T12:00:00Z",
            "completed_at": "2026-03-02T12:05:00Z" if conclusion else None,
            "app": {"slug": "github-actions"},
            "output": {"title": None, "summary": None, "text": None},
            **more,
        }
        self.runs.append(made)
        return made

    def state(self, sha: str, context: str, state: str, **more: object) -> None:
        """Set a commit status."""
        said = {"sha": sha, "context": context, "state": state, "description": None, **more}
        self.statuses.append(said)

    def list_runs(self, call: Call) -> Json:
        rows = [row for row in self.runs if row["head_sha"] == call.names[0]]
        return {"total_count": len(rows), "check_runs": page_of(rows, call.query)}

    def make_run(self, call: Call) -> Json:
        made = {**call.body, "id": len(self.runs) + 1}
        self.runs.append(made)
        return made

    def edit_run(self, call: Call) -> Json:
        kept = self.runs[int(call.names[0]) - 1]
        kept.update(call.body)
        return kept

    def list_statuses(self, call: Call) -> list[Json]:
        rows = [row for row in reversed(self.statuses) if row["sha"] == call.names[0]]
        return page_of(rows, call.query)

    def make_status(self, call: Call) -> Json:
        made = {**call.body, "sha": call.names[0]}
        self.statuses.append(made)
        return made

    def combined(self, call: Call) -> Json:
        newest = {row["context"]: row for row in self.statuses if row["sha"] == call.names[0]}
        return {"state": "pending", "statuses": page_of(list(newest.values()), call.query)}

    def list_workflow_runs(self, call: Call) -> Json:
        rows = [row for row in self.workflow_runs if row["head_sha"] == call.query["head_sha"]]
        return {"total_count": len(rows), "workflow_runs": page_of(rows, call.query)}

    def list_jobs(self, call: Call) -> Json:
        rows = [row for row in self.jobs if row["run_id"] == int(call.names[0])]
        return {"total_count": len(rows), "jobs": page_of(rows, call.query)}

    def log_of(self, job: int) -> bytes:
        """Return a job's log."""
        if job not in self.logs:
            raise Refused(404, "Not Found")
        return self.logs[job]


def page_of(rows: list[Json], query: Query) -> list[Json]:
    """Return the page that is asked for."""
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return rows[(page - 1) * size : page * size]
