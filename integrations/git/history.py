"""Commits, branches, tags and what a release name means.

Sources: https://git-scm.com/docs/git-log#_pretty_formats,
https://git-scm.com/docs/git-for-each-ref and, for names of releases,
https://docs.sentry.io/product/releases/naming-releases/.
"""

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from integrations.git.command import attempt_git, run_git
from integrations.git.diff import literal_paths
from integrations.git.mirror import HEAD_REF
from integrations.git.trees import has_commit
from suture.domain.value import CommitSha
from suture.ports.source import Commit

MAX_REVISION_CHARACTERS = 250
MAX_BODY = 8_000
MAX_SUMMARY = 500
MAX_AUTHOR = 200
MAX_PATHS = 2_000
FULL_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
SHORT_SHA = re.compile(r"[0-9a-f]{7,64}")
COMMIT_FIELDS = ("%H", "%P", "%an", "%ae", "%ct", "%s", "%b")
REF_FORMAT = "%(refname)%00%(objectname)%00%(*objectname)"


def resolve(mirror: Path, revision: str) -> CommitSha | None:
    """Return the commit that a branch, tag, release name or SHA prefix means."""
    if not revision or len(revision) > MAX_REVISION_CHARACTERS:
        return None
    refs = _refs(mirror)
    for name in release_candidates(revision):
        found = _resolve_name(mirror, refs, name)
        if found is not None:
            return found
    return None


def release_candidates(release: str) -> tuple[str, ...]:
    """Return the revisions that a release name may stand for, the most literal first.

    `shop@1.4.0+77` may be a tag of that name, `1.4.0+77`, `v1.4.0+77`, `shop-1.4.0+77`,
    `shop/v1.4.0+77`, or the same without the build number.
    """
    name, at, version = release.rpartition("@")
    versions = [version]
    if "+" in version:
        plain, _, build = version.partition("+")
        versions += [plain, build]
    found = [release]
    for each in versions:
        found += [each, f"v{each}"]
        if at:
            found += [f"{name}@{each}", f"{name}-{each}", f"{name}/{each}", f"{name}/v{each}"]
    return tuple(dict.fromkeys(candidate for candidate in found if candidate))


def read_log(mirror: Path, *arguments: str, paths: tuple[str, ...] = ()) -> tuple[Commit, ...]:
    """Return the commits that `git log` finds with these arguments, newest first."""
    # No commit can hold a marker that was drawn after it was written.
    marker = secrets.token_hex(16)
    layout = f"%x00{marker}%x00{'%x00'.join(COMMIT_FIELDS)}%x00"
    output = run_git(
        mirror,
        "log",
        "-z",
        "--name-only",
        "--full-diff",
        "--no-renames",
        "--no-show-signature",
        "--no-mailmap",
        "--encoding=UTF-8",
        f"--format=tformat:{layout}",
        *arguments,
        "--",
        *literal_paths(paths),
    )
    records = output.decode(errors="replace").split(f"\0{marker}\0")[1:]
    return tuple(_commit(record) for record in records)


def releases(mirror: Path, head: CommitSha, limit: int) -> tuple[tuple[str, CommitSha], ...]:
    """Return tags that `head` contains with their commits, newest first."""
    listing = run_git(
        mirror,
        "for-each-ref",
        f"--merged={head}",
        f"--count={limit}",
        "--sort=-version:refname",
        "--sort=-creatordate",
        f"--format={REF_FORMAT}",
        "refs/tags",
    )
    return tuple((name.removeprefix("refs/tags/"), sha) for name, sha in _parse_refs(listing))


def is_ancestor(mirror: Path, ancestor: CommitSha, descendant: CommitSha) -> bool:
    """Whether the second contains the first. Unknown commits are contained nowhere."""
    outcome = attempt_git(mirror, "merge-base", "--is-ancestor", ancestor, descendant)
    return outcome.code == 0


def _resolve_name(mirror: Path, refs: dict[str, str], name: str) -> CommitSha | None:
    places = [f"refs/heads/{name}", f"refs/tags/{name}"]
    if name == "HEAD":
        places.append(HEAD_REF)
    for place in places:
        sha = refs.get(place)
        if sha is not None and has_commit(mirror, sha):
            return sha
    lowered = name.lower()
    if FULL_SHA.fullmatch(lowered):
        return lowered if has_commit(mirror, lowered) else None
    if SHORT_SHA.fullmatch(lowered):
        return _expand(mirror, lowered)
    return None


def _expand(mirror: Path, prefix: str) -> CommitSha | None:
    outcome = attempt_git(mirror, "rev-parse", "--quiet", "--verify", f"{prefix}^{{commit}}")
    return outcome.stdout.decode().strip() if outcome.code == 0 else None


def _refs(mirror: Path) -> dict[str, str]:
    return dict(_parse_refs(run_git(mirror, "for-each-ref", f"--format={REF_FORMAT}")))


def _parse_refs(listing: bytes) -> Iterator[tuple[str, CommitSha]]:
    for row in listing.decode(errors="replace").splitlines():
        name, own, peeled = row.split("\0")
        yield name, peeled or own


def _commit(record: str) -> Commit:
    sha, parents, author, email, at, summary, body, *names = record.split("\0")
    paths = (name.removeprefix("\n") for name in names)
    return Commit(
        sha=sha,
        parents=tuple(parents.split()),
        author=author[:MAX_AUTHOR],
        email=email[:MAX_AUTHOR],
        committed_at=_instant(at),
        summary=summary[:MAX_SUMMARY],
        body=body.strip()[:MAX_BODY],
        paths=tuple(path for path in paths if path)[:MAX_PATHS],
    )


def _instant(seconds: str) -> datetime:
    """Return the moment; a forged commit may name one that no calendar has."""
    try:
        return datetime.fromtimestamp(int(seconds), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, tz=UTC)
