"""Keeps a bare mirror of a remote on this host, safe with several processes.

A mirror holds the remote's branches and tags and what its HEAD means; nothing of the remote
ever runs here. Source: https://git-scm.com/docs/git-fetch.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from integrations.git.command import GitOutcome, GitRun, attempt_git, run_git
from integrations.git.remote import Remote
from suture.errors import NotAuthorised, NotFound, SutureError, Unreachable

log = structlog.get_logger()

HEAD_REF = "refs/suture/HEAD"
"""What the remote had checked out, or its default branch."""
REFSPECS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
FETCH_SECONDS = 600.0
MAX_PACKS = 50
READY = "suture-ready"

ABSENT = (
    "does not appear to be a git repository",
    "not found",
    "does not exist",
    "couldn't find remote ref",
)
FORBIDDEN = (
    "Authentication failed",
    "could not read Username",
    "could not read Password",
    "Permission denied",
    "dubious ownership",
    "error: 403",
    "error: 401",
)


def ensure_mirror(root: Path, remote: Remote) -> Path:
    """Return the mirror's git directory, making and filling it on first use.

    Raises:
        NotFound, NotAuthorised, Unreachable: the remote cannot be read.
    """
    mirror = root / f"{remote.name}.git"
    if (mirror / READY).exists():
        return mirror
    with _locked(mirror):
        if not (mirror / READY).exists():
            mirror.mkdir(parents=True, exist_ok=True)
            run_git(mirror, "init", "--quiet", "--bare", "--template=", ".")
            _fetch(mirror, remote)
            (mirror / READY).touch()
            log.info("mirror.made", remote=remote.address)
    return mirror


def refresh_mirror(mirror: Path, remote: Remote) -> None:
    """Fetch what is new and drop the branches and tags that are gone.

    Raises:
        NotFound, NotAuthorised, Unreachable: the remote cannot be read.
    """
    with _locked(mirror):
        _clear_leftovers(mirror)
        _fetch(mirror, remote)
        packs = sum(1 for _ in (mirror / "objects" / "pack").glob("*.pack"))
        if packs > MAX_PACKS:
            run_git(mirror, "repack", "-q", "-a", "-d", "-k", run=GitRun(timeout_seconds=600))


def fetch_into(mirror: Path, remote: Remote, *refspecs: str) -> None:
    """Fetch what is neither branch nor tag; it stays until somebody removes the mirror.

    Raises:
        NotFound: the remote has no such ref.
        NotAuthorised, Unreachable: the remote cannot be read.
    """
    with _locked(mirror):
        _clear_leftovers(mirror)
        outcome = _attempt_fetch(mirror, remote, *refspecs, prune=False)
    if outcome.code != 0:
        raise explain(outcome.stderr, remote)


@contextmanager
def _locked(mirror: Path) -> Iterator[None]:
    """Hold this mirror's lock, which dies with its process."""
    mirror.parent.mkdir(parents=True, exist_ok=True)
    with mirror.with_suffix(".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _clear_leftovers(mirror: Path) -> None:
    """Remove what a fetch that was killed has left: under our lock, no other one is running."""
    stale = [*mirror.glob("*.lock"), *(mirror / "refs").rglob("*.lock")]
    stale += (mirror / "objects" / "pack").glob("tmp_*")
    for path in stale:
        path.unlink(missing_ok=True)
        log.warning("mirror.leftover_removed", path=path.name)


def _fetch(mirror: Path, remote: Remote) -> None:
    outcome = _attempt_fetch(mirror, remote, *REFSPECS, f"+HEAD:{HEAD_REF}")
    if outcome.code != 0 and "couldn't find remote ref HEAD" in outcome.stderr:
        # An empty repository, or one whose default branch is gone.
        outcome = _attempt_fetch(mirror, remote, *REFSPECS)
    if outcome.code != 0:
        raise explain(outcome.stderr, remote)


def _attempt_fetch(mirror: Path, remote: Remote, *refspecs: str, prune: bool = True) -> GitOutcome:
    return attempt_git(
        mirror,
        "fetch",
        "--quiet",
        "--prune" if prune else "--no-prune",
        "--no-tags",
        "--force",
        "--update-shallow",
        "--no-write-fetch-head",
        "--no-recurse-submodules",
        "--no-auto-maintenance",
        "--end-of-options",
        remote.address,
        *refspecs,
        run=GitRun(environment=remote.environment, timeout_seconds=FETCH_SECONDS),
    )


def explain(complaint: str, remote: Remote) -> SutureError:
    """Return what git's complaint about a remote means."""
    said = f"{remote.address} cannot be fetched: {complaint[:1_000]}"
    if any(sign in complaint for sign in FORBIDDEN):
        return NotAuthorised(said)
    if any(sign in complaint for sign in ABSENT):
        return NotFound(said)
    return Unreachable(said)
