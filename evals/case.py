"""A case: one incident, what an honest answer to it looks like, and what judges a fix.

The engineer sees what `Prepared` calls its own: the repository, the event and how to run tests.
`Truth` and `Judge` are the harness's; no activity and no workflow is ever handed either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from suture.domain.alert import AlertSource
from suture.domain.diagnosis import Category
from suture.domain.resolution import ResolutionKind
from suture.domain.service import ToolchainName
from suture.domain.value import CommitSha, Slug, Value

CASE_SECONDS = 600.0
JUDGE_SECONDS = 300.0


class Language(StrEnum):
    """What the faulty code is written in."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    TYPESCRIPT = "typescript"
    GO = "go"
    JAVA = "java"
    KOTLIN = "kotlin"


class FunctionName(Value):
    """A function of the repository."""

    path: str
    name: str
    """Qualified name inside the file, such as `Cart.total`; empty for module level."""


class Truth(Value):
    """What is right. A tuple that is empty is not scored."""

    wanted: tuple[ResolutionKind, ...] = Field(min_length=1)
    """What a good answer is. `pull_request_ready` means a fix that the judge finds right; without
    it the case is not to be fixed by code, and any fix that is offered is wrong."""
    tolerated: tuple[ResolutionKind, ...] = ()
    """What an honest answer may be where a good one is beyond the means."""
    categories: tuple[Category, ...] = ()
    """Right categories of a diagnosis, where the kind of the ending alone says too little."""
    cause_files: tuple[str, ...] = ()
    """Any of these is a hit; paths from the repository's top."""
    cause_functions: tuple[FunctionName, ...] = ()
    """Any of these is a hit."""
    cause_commits: tuple[CommitSha, ...] = ()
    """Commits that brought the fault in; any of these is a hit."""

    @property
    def fixable(self) -> bool:
        """Whether code is to be changed."""
        return ResolutionKind.PULL_REQUEST_READY in self.wanted


class Judge(Value):
    """Hidden tests. They run in the sandbox on the proposed fix's tree; nobody else sees them.

    A fix is right if every test passes that passes with `reference`, or, without a reference,
    if all pass. A judge that is green on the unfixed base, or red with its own reference, judges
    nothing: it is reported as not runnable.
    """

    files: dict[str, str] = Field(default_factory=dict)
    """Path from the repository's top -> content, laid over the fix's tree."""
    node_ids: tuple[str, ...] = ()
    """Tests to run, relative to the service's root; empty: all that the command finds."""
    test_command: str | None = None
    """Command whose report is read, in place of the case's own."""
    script: str | None = None
    """Shell command run in the service's root in place of tests: 0 is right, 1 is wrong, anything
    else did not run. With it, `node_ids` and `test_command` must be empty."""
    reference: dict[str, str] | None = None
    """Files of a right fix, laid over the base, to know which tests may be expected to pass."""
    seconds: float = Field(default=JUDGE_SECONDS, gt=0, le=3_600)


class Release(Value):
    """A deployment that took place before the alert, in order of time."""

    name: str
    commit: CommitSha


class Prepared(Value):
    """A case as it stands on disk, ready to run."""

    repository: Path
    """A git repository, bare or with a work tree. The run pushes its branch here."""
    branch: str = "main"
    """The base branch; a work tree has it checked out."""
    event: str
    """As it would arrive: a Sentry event as JSON, a traceback or a CI log."""
    vendor: AlertSource | None = None
    """Whose webhook the event is the body of; None: found out from the text."""
    test_command: str = "python -m pytest -q"
    """Shell command, run in `root` without network."""
    toolchain: ToolchainName | None = None
    """What runs the tests; None: found out from the repository and the command."""
    setup_command: str | None = None
    """Shell command that installs into `$VIRTUAL_ENV`; None: found by lock files."""
    root: str = ""
    """Directory of the service inside its repository."""
    path_prefixes: tuple[str, ...] | None = None
    """Prefixes of deployed file names; None: the usual ones."""
    releases: tuple[Release, ...] = ()
    """What was deployed, oldest first; the last one is what failed."""
    labels: tuple[str, ...] = ()
    """Traits that show only when the case is built; they join the case's own."""
    truth: Truth
    judge: Judge | None = None
    """None: an offered fix cannot be judged, and counts as neither right nor wrong."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One incident of a suite."""

    name: Slug
    """Stable: runs are compared by it."""
    language: Language
    prepare: Callable[[Path], Prepared]
    """Builds the case in an empty directory, which lasts as long as the case runs.

    It may take a while and runs in a thread of its own, so it must share nothing that changes.
    It raises a `SutureError` if the case cannot be built: the case is then reported as not
    runnable, and scored nowhere.
    """
    group: str = ""
    """What else to break the score down by, such as the project."""
    labels: tuple[str, ...] = ()
    """Further traits that the score is broken down by, such as `crash` or `hostile`."""
    seconds: float = CASE_SECONDS
    """Wall time from the alert to the end of the incident, the environment being ready."""
