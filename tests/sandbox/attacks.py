"""Runs hostile code in the real sandbox."""

import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from integrations.bubblewrap.sandbox import BubblewrapSandbox
from suture.ports.sandbox import SandboxJob, SandboxLimits, SandboxResult

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
PATIENCE_SECONDS = 100.0
"""For a run that is to reach another limit, or its end: a busy machine makes it late."""
SMALL = SandboxLimits(wall_seconds=PATIENCE_SECONDS, memory_bytes=512 << 20, disk_bytes=64 << 20)


def nothing() -> None:
    """Make no use of progress."""


@dataclass(frozen=True, kw_only=True)
class Arena:
    """A sandbox with a tree to attack from."""

    sandbox: BubblewrapSandbox
    tree: Path
    limits: SandboxLimits = field(default=SMALL)

    def attack(
        self,
        source: str,
        *,
        limits: SandboxLimits | None = None,
        collect: tuple[str, ...] = (),
        variables: dict[str, str] | None = None,
    ) -> SandboxResult:
        """Run Python source inside."""
        job = SandboxJob(
            tree=self.tree,
            files={"attack.py": textwrap.dedent(source)},
            argv=(PYTHON, "attack.py"),
            collect=collect,
            variables=variables or {},
            limits=limits or self.limits,
        )
        return self.sandbox.run(job, nothing)

    def shell(self, script: str, limits: SandboxLimits | None = None) -> SandboxResult:
        """Run a shell script inside."""
        argv = ("/bin/sh", "-c", script)
        return self.sandbox.run(
            SandboxJob(tree=self.tree, argv=argv, limits=limits or self.limits), nothing
        )
