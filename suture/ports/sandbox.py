"""The only place where untrusted code runs."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from pydantic import Field

from suture.domain.value import Digest, Value


class SandboxLimits(Value):
    """Hard bounds of one run. Reaching one ends the run."""

    wall_seconds: float = Field(default=120.0, gt=0)
    cpu_seconds: int = Field(default=120, ge=1)
    memory_bytes: int = Field(default=2 << 30, gt=0)
    """Of all processes together."""
    processes: int = Field(default=128, ge=1)
    disk_bytes: int = Field(default=1 << 30, gt=0)
    """Of everything that the run writes, the copy of the tree included."""
    output_bytes: int = Field(default=256 << 10, gt=0)
    """Of stdout and of stderr each, the tail of which is kept; and of each collected file."""


class LimitHit(StrEnum):
    """Which bound ended a run."""

    TIME = "time"
    MEMORY = "memory"
    PROCESSES = "processes"
    DISK = "disk"


class SandboxJob(Value):
    """One run without network on a private copy of a tree."""

    tree: Path
    """Directory on this host that is copied into the sandbox's working directory."""
    files: dict[str, str] = Field(default_factory=dict)
    """Files laid over the copy: path relative to the tree -> content."""
    argv: tuple[str, ...] = Field(min_length=1)
    directory: str = ""
    """Working directory relative to the tree."""
    environment: Path | None = None
    """A prepared environment, mounted read-only at `/env`; `/env/bin` leads PATH."""
    variables: dict[str, str] = Field(default_factory=dict)
    """The only environment variables besides the sandbox's own few."""
    collect: tuple[str, ...] = ()
    """Files to bring back, relative to the tree; missing ones are left out."""
    limits: SandboxLimits = SandboxLimits()


class SandboxResult(Value):
    """What a run left behind."""

    exit_code: int | None
    """None when a limit ended it."""
    limit_hit: LimitHit | None = None
    stdout: str
    stderr: str
    files: dict[str, str] = Field(default_factory=dict)
    """The collected files as text, undecodable bytes replaced."""
    seconds: float = Field(ge=0)


class SetupJob(Value):
    """The phase that may reach package registries, without secrets; cached by its key."""

    tree: Path
    command: str | None
    """Shell command with `$VIRTUAL_ENV` set; None: install what Python's lock files ask for."""
    python: bool = True
    """Whether the environment is a Python one, with pytest; else an empty directory at first."""
    key: Digest
    """Digest of the command, the lock files and the toolchain."""
    directory: str = ""
    wall_seconds: float = Field(default=600.0, gt=0)


class Sandbox(Protocol):
    """Runs untrusted code so that it can harm nobody."""

    def probe(self) -> str:
        """Say what contains code here, such as `bubblewrap 0.11.0`.

        Raises:
            SandboxUnavailable: with the way to mend it.
        """
        ...

    def prepare(self, job: SetupJob, on_progress: Callable[[], None]) -> Path:
        """Return the environment of this key, building it once per host.

        Raises:
            PermanentError: the set-up command failed; the message ends with its output.
        """
        ...

    def run(self, job: SandboxJob, on_progress: Callable[[], None]) -> SandboxResult:
        """Run to the end or to a limit. `on_progress` is called at least once a second.

        Raising from `on_progress` ends the run and leaves no process behind.

        Raises:
            SandboxUnavailable: nothing was run.
        """
        ...
