"""What the pattern tier looks at, and what becomes of its drafts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from suture.canonical import sha256
from suture.domain.alert import Alert
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence
from suture.domain.patch import Candidate, ChangedFile, FileChange, Patch, Sketch
from suture.domain.value import CommitSha, Digest
from suture.localisation.imports import imported_files
from suture.localisation.snapshot import Snapshot
from suture.patterns.draft import Draft, FixScene
from suture.patterns.sketch import shared_ends, unified_diff
from suture.ports.artifacts import ArtifactStore
from suture.ports.source import SourceRepository

MAX_FILES = 60
MAX_SUSPECTS = 5


def gather_scene(
    alert: Alert, evidence: Evidence, diagnosis: Diagnosis, repository: SourceRepository
) -> FixScene:
    """Read the files that may hold the fault, as they are and as they last worked."""
    paths = _relevant(evidence, diagnosis, repository)
    sources = _read(repository, evidence.base_sha, paths)
    good = evidence.last_good_sha
    return FixScene(
        alert=alert,
        evidence=evidence,
        diagnosis=diagnosis,
        sources=sources,
        last_good=_read(repository, good, paths) if good else {},
    )


class Drafting:
    """Makes candidates of drafts on one commit."""

    def __init__(
        self, base_sha: CommitSha, repository: SourceRepository, artifacts: ArtifactStore
    ) -> None:
        self._base_sha = base_sha
        self._repository = repository
        self._artifacts = artifacts
        self._originals: dict[str, str] = {}

    def candidate(self, draft: Draft) -> tuple[Candidate, Sketch | None]:
        """Name the candidate after its diff; without a sketch, the diff is stored."""
        base = self._original(draft.path)
        said, sketch = unified_diff(draft.path, base, draft.content), None
        if said is None:
            change = FileChange(path=draft.path, content=draft.content)
            said = self._repository.make_diff(self._base_sha, (change,))
            digest = self._artifacts.put(said.encode("utf-8", "surrogateescape"))
        else:
            digest = sha256(said.encode("utf-8", "surrogateescape"))
            before, after = shared_ends(base, draft.content)
            middle = draft.content[before : len(draft.content) - after]
            sketch = Sketch(
                digest=digest, path=draft.path, before=before, after=after, middle=middle
            )
        patch = Patch(
            base_sha=self._base_sha,
            digest=digest,
            files=(_count_changes(draft.path, said),),
            nature=draft.nature,
            title=draft.title,
            rationale=draft.rationale,
            origin=draft.pattern,
        )
        return Candidate(candidate_id=f"c-{digest[:16]}", patch=patch, score=draft.score), sketch

    def _original(self, path: str) -> str:
        if path not in self._originals:
            self._originals[path] = self._repository.read_file(self._base_sha, path) or ""
        return self._originals[path]


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """Candidates of one commit that are sketches, by the digests of their diffs."""

    base_sha: CommitSha
    repository: SourceRepository
    sketches: Mapping[Digest, Sketch]
    originals: dict[str, str] = field(default_factory=dict)
    """Files that were read."""

    def change(self, digest: Digest) -> FileChange | None:
        """Return the file as a sketch leaves it; None for what is no sketch."""
        sketch = self.sketches.get(digest)
        if sketch is None:
            return None
        return FileChange(path=sketch.path, content=sketch.content(self._original(sketch.path)))

    def store(self, digest: Digest, artifacts: ArtifactStore) -> None:
        """Make an artifact of a sketch's diff."""
        change = self.change(digest)
        if change is not None and change.content is not None:
            base = self._original(change.path)
            diff = unified_diff(change.path, base, change.content) or ""
            artifacts.put(diff.encode("utf-8", "surrogateescape"))

    def _original(self, path: str) -> str:
        if path not in self.originals:
            self.originals[path] = self.repository.read_file(self.base_sha, path) or ""
        return self.originals[path]


def _count_changes(path: str, diff: str) -> ChangedFile:
    lines = diff.split("\n@@", 1)[-1].splitlines()[1:]
    return ChangedFile(
        path=path,
        added=sum(line.startswith("+") for line in lines),
        removed=sum(line.startswith("-") for line in lines),
    )


def _relevant(
    evidence: Evidence, diagnosis: Diagnosis, repository: SourceRepository
) -> tuple[str, ...]:
    """Return Python files: suspicious ones, the path, what they import, what suspects changed."""
    snapshot = Snapshot(repository, evidence.base_sha)
    places = [*evidence.path, *([evidence.crash] if evidence.crash else [])]
    direct = [place.path for place in (*diagnosis.places, *reversed(places))]
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
