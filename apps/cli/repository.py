"""A person's own repository, as `suture fix` is pointed at it. Nothing in it is changed here."""

import re
from dataclasses import dataclass
from pathlib import Path

from integrations.git.bench import TRUSTED
from integrations.git.command import GitRun, attempt_git
from suture.errors import InvalidInput, NotFound

UNSAFE = re.compile(r"[^a-z0-9_.-]+")
MAX_NAME = 60
FALLBACK_NAME = "service"
OWN_BRANCHES = "refs/heads/suture/"


@dataclass(frozen=True, kw_only=True)
class OwnRepository:
    """Where it is and what is checked out."""

    top: Path
    root: str
    """The service's directory inside it; empty for the top."""
    branch: str

    @property
    def name(self) -> str:
        """The service's name, after its directory."""
        directory = Path(self.root).name or self.top.name.removesuffix(".git")
        return service_name(directory)


def open_repository(path: Path) -> OwnRepository:
    """Find the repository that a path lies in, and its current branch.

    Raises:
        NotFound: there is no repository.
        InvalidInput: no branch is checked out, or it has no commit.
    """
    directory = path.resolve()
    if not directory.is_dir():
        raise NotFound(f"There is no directory {path}.")
    above = (directory, *directory.parents)
    top = next((place for place in above if (place / ".git").exists()), directory)
    run = GitRun(environment=TRUSTED)
    if attempt_git(top, "rev-parse", "--git-dir", run=run).code != 0:
        raise NotFound(f"{path} is no git repository.")
    shown = attempt_git(top, "symbolic-ref", "--short", "HEAD", run=run)
    branch = shown.stdout.decode(errors="replace").strip()
    if shown.code != 0:
        raise InvalidInput(f"{path} has no branch checked out. Run there: git switch -c NAME")
    if attempt_git(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", run=run).code != 0:
        raise InvalidInput(f"The branch {branch} of {path} has no commit yet.")
    root = directory.relative_to(top).as_posix()
    return OwnRepository(top=top, root="" if root == "." else root, branch=branch)


def fixes_in(repository: OwnRepository) -> dict[str, str]:
    """Return what the branches of earlier runs hold: the id of the tree by the branch's name."""
    wanted = ("--format=%(refname:short) %(tree)", OWN_BRANCHES)
    found = attempt_git(repository.top, "for-each-ref", *wanted, run=GitRun(environment=TRUSTED))
    lines = found.stdout.decode(errors="replace").splitlines()
    return {branch: tree for branch, _, tree in (line.rpartition(" ") for line in lines)}


def service_name(text: str) -> str:
    """Return a name that fits paths, branches and workflow ids."""
    return UNSAFE.sub("-", text.lower()).strip("-_.")[:MAX_NAME] or FALLBACK_NAME
