"""Builds real git repositories whose commits have the same SHAs on every run."""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIRST_COMMIT_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
STEP = timedelta(hours=1)

HERMETIC = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Builder",
    "GIT_AUTHOR_EMAIL": "builder@example.invalid",
    "GIT_COMMITTER_NAME": "Builder",
    "GIT_COMMITTER_EMAIL": "builder@example.invalid",
}


class RepositoryBuilder:
    """A repository with a working tree. Commits are an hour apart unless told otherwise."""

    def __init__(self, path: Path, branch: str = "main") -> None:
        self.path = path
        self._now = FIRST_COMMIT_AT - STEP
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", f"--initial-branch={branch}")

    def commit(
        self,
        files: Mapping[str, str | bytes | None],
        message: str,
        *,
        at: datetime | None = None,
        author: str = "Ada <ada@example.invalid>",
    ) -> str:
        """Write the files (None removes one), commit them and return the SHA."""
        self._now = at or self._now + STEP
        for name, content in files.items():
            self._write(self.path / name, content)
        self.git("add", "--all")
        self.git(
            "commit",
            "--quiet",
            "--allow-empty",
            "--no-gpg-sign",
            f"--author={author}",
            f"--date={self._now.isoformat()}",
            "--message",
            message,
            at=self._now,
        )
        return self.head()

    def head(self) -> str:
        """Return the SHA of what is checked out."""
        return self.git("rev-parse", "HEAD").strip()

    def tag(self, name: str, *, annotated: bool = False) -> None:
        """Tag what is checked out."""
        extra = ("--annotate", "--message", name) if annotated else ()
        self.git("tag", *extra, name, at=self._now)

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Make a branch and switch to it."""
        self.git("switch", "--quiet", "--create", name, start)

    def switch(self, name: str) -> None:
        """Switch to a branch that exists."""
        self.git("switch", "--quiet", name)

    def git(self, *arguments: str, at: datetime | None = None) -> str:
        """Run git in the working tree and return its output."""
        dates = {"GIT_COMMITTER_DATE": at.isoformat()} if at else {}
        finished = subprocess.run(
            ["git", "-c", "core.hooksPath=/dev/null", *arguments],
            cwd=self.path,
            env={**HERMETIC, **dates},
            capture_output=True,
            text=True,
            check=True,
        )
        return finished.stdout

    def _write(self, path: Path, content: str | bytes | None) -> None:
        if content is None:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
