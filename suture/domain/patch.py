"""A change to the code, and what sort of change it is."""

from enum import StrEnum

from pydantic import Field

from suture.domain.value import CommitSha, Digest, Line, Prose, Slug, Value


class PatchNature(StrEnum):
    """What a patch does about the fault, best first."""

    REPAIR = "repair"
    """Puts a wrong expression, name, bound or call right."""
    RESTORE = "restore"
    """Brings back behaviour that a suspect commit took away."""
    GUARD = "guard"
    """Handles a case that the code forgot, the way its neighbours do."""
    HIDES_ERROR = "hides_error"
    """Swallows the error or answers with a made-up value. Never counts as a fix."""


class FileChange(Value):
    """The new content of one file."""

    path: str
    content: str | None
    """None removes the file."""


class ChangedFile(Value):
    """How much of one file a patch touches."""

    path: str
    added: int = Field(ge=0)
    removed: int = Field(ge=0)


class Patch(Value):
    """A patch on a base commit. The diff itself is an artifact."""

    base_sha: CommitSha
    digest: Digest
    """SHA-256 of the unified diff: what consent is bound to."""
    files: tuple[ChangedFile, ...]
    nature: PatchNature
    title: Line
    """Imperative, for the commit's first line."""
    rationale: Prose = ""
    origin: str
    """The pattern's or the model's name."""

    @property
    def lines(self) -> int:
        """Added and removed lines together."""
        return sum(changed.added + changed.removed for changed in self.files)


class Candidate(Value):
    """A patch that nobody has tested yet."""

    candidate_id: Slug
    patch: Patch
    score: float = Field(ge=0, le=1)
    """How promising it looks; only orders the queue."""


class CandidateBatch(Value):
    """Candidates in the order in which to try them. The list is an artifact."""

    digest: Digest
    """A `CandidateList` as canonical JSON."""
    count: int = Field(ge=0)


class Sketch(Value):
    """A candidate that changes one file: thousands of them fit into one artifact.

    Its diff becomes an artifact of its own only once it is of use.
    """

    digest: Digest
    """Of the unified diff."""
    path: str
    before: int = Field(ge=0)
    """How many characters stay at the beginning of the file."""
    after: int = Field(ge=0)
    """How many stay at its end."""
    middle: str
    """What stands between them."""

    def content(self, base: str) -> str:
        """Return the file's new text."""
        return base[: self.before] + self.middle + base[len(base) - self.after :]


class CandidateList(Value):
    """The artifact behind a `CandidateBatch`."""

    candidates: tuple[Candidate, ...]
    sketches: tuple[Sketch, ...] = ()
    """Of candidates whose diffs are no artifacts yet."""
