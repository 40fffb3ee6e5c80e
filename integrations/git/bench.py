"""Works on somebody's repository without obeying it: only its objects and refs are touched.

Objects are read and written through an empty repository of our own whose object directory is
theirs, so that their configuration (merge drivers, filters, promisor remotes, attributes) is
never read for it. Their own git directory is used for refs alone. Working tree, index, HEAD,
configuration and hooks stay as they are.

Source: https://git-scm.com/docs/gitrepository-layout and https://git-scm.com/docs/git-update-ref.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integrations.git.command import GitOutcome, GitRun, attempt_git, run_git
from suture.domain.value import CommitSha
from suture.errors import Conflict, InvalidInput, NotFound, PermanentError

HEADS = "refs/heads/"
TRUSTED = {
    # Ownership does not matter here, because nothing in the repository is obeyed.
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}
CONFIGURATION = """[core]
\trepositoryformatversion = 1
\tbare = true
[extensions]
\tobjectformat = {object_format}
"""
HOPELESS = ("cannot create", "Permission denied", "Read-only file system", "not a valid")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who makes commits."""

    name: str = "Suture"
    email: str = "suture@localhost"


SUTURE = Identity()


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A repository, opened for one piece of work."""

    directory: Path
    """Our empty repository over the same objects: for everything but refs."""
    repository: Path
    shallow: Path | None
    identity: Identity = SUTURE

    def git(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run git on the objects.

        Raises:
            PermanentError: git refused.
        """
        return run_git(self.directory, *arguments, run=self.run(stdin))

    def attempt(self, *arguments: str, stdin: bytes = b"") -> GitOutcome:
        """Run git on the objects and say how it ended."""
        return attempt_git(self.directory, *arguments, run=self.run(stdin))

    def run(self, stdin: bytes = b"", extra: dict[str, str] | None = None) -> GitRun:
        """Return what a run on the objects gets."""
        environment = {} if self.shallow is None else {"GIT_SHALLOW_FILE": str(self.shallow)}
        return GitRun(stdin=stdin, environment={**environment, **(extra or {})})

    def head_of(self, branch: str) -> CommitSha | None:
        """Return the commit that a branch points at."""
        outcome = self._refs("rev-parse", "--verify", "--quiet", self._ref(branch))
        return outcome.stdout.decode().strip() if outcome.code == 0 else None

    def move(self, branch: str, new: CommitSha | None, old: CommitSha | None) -> None:
        """Make, move or (None) delete a branch, if it is still where the caller saw it.

        Raises:
            Conflict: it is elsewhere by now, or somebody holds its lock.
            PermanentError: it can never be written.
        """
        ref, expected = self._ref(branch), old or "0" * len(new or "")
        moved = ("--no-deref", "-d", ref, expected) if new is None else (ref, new, expected)
        outcome = self._refs("update-ref", *moved)
        if outcome.code == 0:
            return
        said = f"The branch {branch} cannot be written: {outcome.stderr[:500]}"
        if any(sign in outcome.stderr for sign in HOPELESS):
            raise PermanentError(said)
        raise Conflict(said)

    def is_checked_out(self, branch: str) -> bool:
        """Whether somebody's working tree stands on this branch."""
        listing = self._refs("worktree", "list", "--porcelain").stdout.decode(errors="replace")
        return f"branch {self._ref(branch)}" in listing.splitlines()

    def _ref(self, branch: str) -> str:
        ref = HEADS + branch
        good = "\0" not in branch and branch.isprintable()
        if not good or self.attempt("check-ref-format", ref).code != 0:
            raise InvalidInput(f"{branch[:100]!r} is no name for a branch.")
        return ref

    def _refs(self, *arguments: str) -> GitOutcome:
        return attempt_git(self.repository, *arguments, run=GitRun(environment=TRUSTED))


@contextmanager
def open_bench(repository: str, identity: Identity = SUTURE) -> Iterator[Bench]:
    """Open a repository, bare or with a working tree, to commit as somebody.

    Raises:
        NotFound: there is none at this path.
    """
    path = Path(repository)
    if not path.is_dir():
        raise NotFound(f"There is no directory {repository}.")
    asked = ("rev-parse", "--git-common-dir", "--show-object-format")
    outcome = attempt_git(path, *asked, run=GitRun(environment=TRUSTED))
    if outcome.code != 0:
        raise NotFound(f"{repository} is no git repository: {outcome.stderr[:500]}")
    # The directory's name may hold a line feed; the format's cannot.
    common, _, object_format = os.fsdecode(outcome.stdout).rstrip("\n").rpartition("\n")
    git_directory = (path / common).resolve()
    shallow = git_directory / "shallow"
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as name:
        directory = Path(name).resolve()
        (directory / "HEAD").write_text("ref: refs/heads/none\n", encoding="utf-8")
        (directory / "refs").mkdir()
        (directory / "objects").symlink_to(git_directory / "objects")
        configuration = CONFIGURATION.format(object_format=object_format)
        (directory / "config").write_text(configuration, encoding="utf-8")
        yield Bench(
            directory=directory,
            repository=path,
            shallow=shallow if shallow.is_file() else None,
            identity=identity,
        )
