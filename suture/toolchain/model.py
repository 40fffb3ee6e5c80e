"""What every toolchain can tell, without running anything.

Where the report of a run lies is relative to the service's root, like all paths here.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import Field

from suture.domain.service import ToolchainName
from suture.domain.value import Value
from suture.domain.verification import SuiteReport
from suture.verdict.suite import SuiteRun

REPORT_PATH = ".suture-report.txt"
"""Where runners are told to write their report; whatever its format is."""
REPORT_BYTES = 8 << 20
TEMPORARY = "${TMPDIR:-/tmp}"
"""A directory that a run may write to, in shell."""


class Project(Value):
    """What is known of a service's code before anything of it is run."""

    files: tuple[str, ...] = ()
    """Paths relative to the service's root."""
    manifests: Mapping[str, str] = Field(default_factory=dict)
    """Text of the files in `MANIFESTS` by path, as far as they exist."""
    test_command: str = ""
    """What the service's settings say; empty: as the project itself has it."""


MANIFESTS = (
    *("package.json", "go.mod", "pom.xml", "build.gradle", "build.gradle.kts"),
    *("pyproject.toml", "setup.cfg", "tox.ini"),
)


class Invocation(Value):
    """One run of tests."""

    argv: tuple[str, ...]
    files: Mapping[str, str] = Field(default_factory=dict)
    """Laid over the tree for this run only."""
    chosen: tuple[str, ...] = ()
    """The tests that were asked for; empty means all."""


class SetUp(Value):
    """How an environment is made."""

    command: str | None
    """Shell command with network, run in the service's root; what it leaves in `/env` stays.

    None: what Python's lock files ask for. Empty: nothing is needed.
    """
    python: bool
    """Whether the environment is a Python one, with pytest."""


class Toolchain(Protocol):
    """One way of testing a project."""

    @property
    def name(self) -> ToolchainName:
        """Which one it is."""
        ...

    @property
    def project(self) -> Project:
        """What it tests."""
        ...

    def set_up(self) -> SetUp:
        """Say how what the tests need is installed."""
        ...

    def whole(self) -> Invocation:
        """Return the run of all tests."""
        ...

    def selected(self, node_ids: Sequence[str]) -> Invocation:
        """Return the run of these tests; more may run, but no others are reported."""
        ...

    def read(self, run: SuiteRun, invocation: Invocation) -> SuiteReport:
        """Return what a run says; never fails, a run that cannot be read did not run."""
        ...
