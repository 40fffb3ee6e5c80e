"""A repository with a pull request of Suture's, for tests of code hosts."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from integrations.local.code_host import LocalCodeHost
from suture.domain.patch import FileChange
from suture.domain.pull_request import PullRequestRef
from suture.domain.value import CommitSha
from suture.ports.code_host import BranchRequest, PullRequestRequest
from tests.builders.repository import HERMETIC, RepositoryBuilder

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BRANCH = "suture/case-1"
MESSAGE = "Ask before dividing\n\nNobody had bought anything.\n\nSuture-Incident: case-1\n"
FIX = (
    FileChange(
        path="shop/cart.py", content="def mean(a):\n    return sum(a) / len(a) if a else 0\n"
    ),
    FileChange(path="tests/test_cart.py", content="def test_mean():\n    assert True\n"),
)


class Workshop:
    """A bare repository, a person's clone of it, and the code host over it."""

    def __init__(self, directory: Path, engine: Engine) -> None:
        self.engine = engine
        self.clone = RepositoryBuilder(directory / "clone")
        self.base = self.clone.commit(
            {"shop/cart.py": "def mean(a):\n    return sum(a) / len(a)\n", "run.sh": "true\n"},
            "Sell things",
        )
        self.path = directory / "shop.git"
        self.repository = str(self.path)
        self.clone.git("clone", "--quiet", "--bare", ".", self.repository)
        self.clone.git("remote", "add", "origin", self.repository)
        self.host = LocalCodeHost(engine, "http://console.invalid/")

    def branch_request(self, **changed: object) -> BranchRequest:
        facts = {
            "repository": self.repository,
            "branch": BRANCH,
            "base_sha": self.base,
            "changes": FIX,
            "message": MESSAGE,
            "authored_at": NOON,
        }
        return BranchRequest.model_validate({**facts, **changed})

    def open(self, **changed: object) -> PullRequestRef:
        """Push Suture's branch and open its pull request."""
        request = self.branch_request(**changed)
        self.host.ensure_branch(request)
        return self.host.ensure_pull_request(
            PullRequestRequest(
                repository=request.repository,
                branch=request.branch,
                base_branch="main",
                title="Ask before dividing",
                body="Why",
            )
        )

    def merge(self, ref: PullRequestRef) -> CommitSha:
        """Merge it as it is now."""
        seen = self.host.read_pull_request(ref)
        return self.host.merge(ref, seen.head_sha, seen.patch_digest)

    def push(self, branch: str, files: dict[str, str | bytes | None], author: str) -> CommitSha:
        """Commit on top of a branch as a person and push it."""
        self.clone.git("fetch", "--quiet", "origin")
        self.clone.git("checkout", "--quiet", "-B", branch, f"origin/{branch}")
        sha = self.clone.commit(files, "By hand", author=f"{author} <{author}@example.invalid>")
        self.clone.git("push", "--quiet", "origin", branch)
        return sha

    def git(self, *arguments: str) -> str:
        """Run git in the bare repository."""
        finished = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=HERMETIC,
            check=True,
            capture_output=True,
            text=True,
        )
        return finished.stdout.strip()
