"""What was seen: each claim cites a place that the harness checked to exist."""

from enum import StrEnum

from pydantic import Field

from suture.domain.alert import ExceptionInfo
from suture.domain.suspicion import Suspicion
from suture.domain.value import CommitSha, Digest, Instant, Line, Prose, Value


class CitationKind(StrEnum):
    """What a citation points at."""

    CODE = "code"
    COMMIT = "commit"
    EVENT = "event"


class Citation(Value):
    """A pointer that anybody can follow and check."""

    kind: CitationKind
    path: str | None = None
    line: int | None = Field(default=None, ge=1)
    commit: CommitSha | None = None
    quote: Line = ""
    """The cited text, as it stands there; for an event, the field's value."""


class Statement(Value):
    """One claim with what supports it."""

    text: Prose
    citations: tuple[Citation, ...] = ()


class Location(Value):
    """A place in the repository."""

    path: str
    line: int = Field(ge=1)
    function: str | None = None
    """Qualified name inside the file, such as `Cart.total`."""


class Ecosystem(StrEnum):
    """Whose packages they are."""

    PYPI = "pypi"
    NPM = "npm"
    GO = "go"
    MAVEN = "maven"


class PackageRole(StrEnum):
    """What a package has to do with a failure, most telling first."""

    RAISED = "raised"
    """The exception was raised inside it."""
    USED = "used"
    """The failing line uses it."""
    NAMED = "named"
    """The error names it."""
    PASSED = "passed"
    """The failing path runs through it."""


class DependencyMove(Value):
    """A package of another version than before."""

    ecosystem: Ecosystem
    name: Line
    """As its ecosystem compares names; `group:artifact` for Maven's."""
    old: Line
    """Empty: it was not there."""
    new: Line
    """Empty: it is there no more."""
    direct: bool
    """The project itself asks for it."""
    path: str
    """The manifest or lock file that says so."""
    line: int = Field(ge=1)
    """In the file as it is after the move."""
    role: PackageRole | None = None
    """None: nothing in the failure leads to it."""

    def __str__(self) -> str:
        if not self.old:
            return f"{self.name} {self.new} was added"
        if not self.new:
            return f"{self.name} {self.old} was taken away"
        return f"{self.name} moved from {self.old} to {self.new}"


class Suspect(Value):
    """A commit that may have caused the incident."""

    commit: CommitSha
    author: str
    committed_at: Instant
    summary: Line
    score: float = Field(ge=0, le=1)
    reasons: tuple[Line, ...]
    move: DependencyMove | None = None
    """The package that it moved, if it is suspected for that."""
    by_suture: bool = False
    """The commit carries Suture's own trailer: the loop guard wants to know."""


class Evidence(Value):
    """What the harness collected before anybody concluded anything. An artifact."""

    base_sha: CommitSha
    """Head of the base branch: what a fix must be built on."""
    deployed_sha: CommitSha | None = None
    """The commit that the failing release was built from, where it is known."""
    last_good_sha: CommitSha | None = None
    """The newest known commit without the fault: the previous release, or the suspect's parent."""
    crash: Location | None = None
    """Where the exception was raised in the service's own code."""
    exception: int | None = None
    """Which exception of the alert's chain decides: the first that is more than a new name."""
    path: tuple[Location, ...] = ()
    """In-app frames found in the repository, oldest call first."""
    suspects: tuple[Suspect, ...] = ()
    """Most suspicious first."""
    moves: tuple[DependencyMove, ...] = ()
    """Packages that moved between the last good commit and the failing release, direct first."""
    originals: tuple[ExceptionInfo, ...] = ()
    """The alert's exceptions where they were written, if source maps told of any place."""
    notes: tuple[Statement, ...] = ()


class EvidenceRef(Value):
    """What histories hold of the evidence."""

    digest: Digest
    base_sha: CommitSha
    suspects: int = Field(ge=0)
    suspicions: tuple[Suspicion, ...] = ()
    """What in the event and around it looks like an attempt to direct its reader."""
