"""What the pattern tier looks at, and what becomes of its drafts."""

import difflib

from suture.canonical import sha256
from suture.domain.alert import Alert
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence
from suture.domain.patch import Candidate, ChangedFile, FileChange, Patch
from suture.domain.value import CommitSha
from suture.localisation.imports import imported_files
from suture.localisation.snapshot import Snapshot
from suture.patterns.draft import Draft, FixScene
from suture.ports.artifacts import ArtifactStore
from suture.ports.source import SourceRepository

MAX_FILES = 60
MAX_SUSPECTS = 5


def gather_scene(
    alert: Alert, evidence: Evidence, diagnosis: Diagnosis, repository: SourceRepository
) -> FixScene:
    """Read the files that may hold the fault, as they are and as they last worked."""
    paths = _relevant(evidence, repository)
    sources = _read(repository, evidence.base_sha, paths)
    good = evidence.last_good_sha
    return FixScene(
        alert=alert,
        evidence=evidence,
        diagnosis=diagnosis,
        sources=sources,
        last_good=_read(repository, good, paths) if good else {},
    )


def make_candidate(
    draft: Draft, base_sha: CommitSha, repository: SourceRepository, artifacts: ArtifactStore
) -> Candidate:
    """Store a draft's diff and name the candidate after it."""
    change = FileChange(path=draft.path, content=draft.content)
    diff = repository.make_diff(base_sha, (change,)).encode("utf-8", "surrogateescape")
    patch = Patch(
        base_sha=base_sha,
        digest=artifacts.put(diff),
        files=(
            count_changes(
                draft.path, repository.read_file(base_sha, draft.path) or "", draft.content
            ),
        ),
        nature=draft.nature,
        title=draft.title,
        rationale=draft.rationale,
        origin=draft.pattern,
    )
    return Candidate(candidate_id=f"c-{sha256(diff)[:16]}", patch=patch, score=draft.score)


def count_changes(path: str, before: str, after: str) -> ChangedFile:
    """Return how many lines a change adds and removes."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return ChangedFile(
        path=path,
        added=sum(line.startswith("+ ") for line in lines),
        removed=sum(line.startswith("- ") for line in lines),
    )


def _relevant(evidence: Evidence, repository: SourceRepository) -> tuple[str, ...]:
    """Return Python files: on the path first, then what they import, then what suspects changed."""
    snapshot = Snapshot(repository, evidence.base_sha)
    places = [*evidence.path, *([evidence.crash] if evidence.crash else [])]
    direct = [place.path for place in reversed(places)]
    imported = [found for path in direct for found in imported_files(path, snapshot, depth=2)]
    changed = [
        path
        for suspect in evidence.suspects[:MAX_SUSPECTS]
        for commit in repository.log(suspect.commit, limit=1)
        for path in commit.paths
        if path in snapshot.paths
    ]
    ordered = dict.fromkeys([*direct, *imported, *changed])
    return tuple(path for path in ordered if path.endswith(".py"))[:MAX_FILES]


def _read(repository: SourceRepository, sha: CommitSha, paths: tuple[str, ...]) -> dict[str, str]:
    read = {path: repository.read_file(sha, path) for path in paths}
    return {path: text for path, text in read.items() if text is not None}
