"""Which toolchain tests a service: by its settings, its command, and the files that are there."""

import re
from collections import Counter
from collections.abc import Mapping

from suture.domain.service import ToolchainName
from suture.toolchain.golang import GO, GoToolchain
from suture.toolchain.javascript import package_of, script_of, starts
from suture.toolchain.jvm import GRADLE, MAVEN, GradleToolchain, MavenToolchain
from suture.toolchain.model import Project, Toolchain
from suture.toolchain.node_runners import RUNNERS, NodeToolchain
from suture.toolchain.python import PytestToolchain, UnittestToolchain, runs_unittest

PYTHON_PROGRAMS = frozenset({"pytest", "py.test", "python", "python3", "tox", "nox"})
PACKAGE_PROGRAMS = frozenset({"npm", "npx", "yarn", "pnpm", "bun"})
PYTHON_MANIFESTS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt"})
FAMILIES: Mapping[str, tuple[frozenset[str], re.Pattern[str]]] = {
    "python": (PYTHON_MANIFESTS, re.compile(r"\.py$")),
    "javascript": (frozenset({"package.json"}), re.compile(r"\.[cm]?[jt]sx?$")),
    "go": (frozenset({"go.mod"}), re.compile(r"\.go$")),
    "maven": (frozenset({"pom.xml"}), re.compile(r"\.(?:java|kt)$")),
    "gradle": (frozenset({"build.gradle", "build.gradle.kts"}), re.compile(r"\.(?:java|kt)$")),
}
"""Languages by the manifests of their projects and the files that they are written in."""


def detect(project: Project, wanted: ToolchainName | None = None) -> Toolchain:
    """Return the toolchain that is wanted, else the one that the command or the files speak for.

    Where nothing speaks for another one it is pytest.
    """
    name = wanted or _by_command(project) or _by_files(project)
    if name in RUNNERS:
        return NodeToolchain(runner=RUNNERS[name], project=project)
    if name is ToolchainName.UNITTEST:
        return UnittestToolchain(project=project)
    if name is ToolchainName.GO:
        return GoToolchain(project=project)
    if name is ToolchainName.MAVEN:
        return MavenToolchain(project=project)
    if name is ToolchainName.GRADLE:
        return GradleToolchain(project=project)
    return PytestToolchain(project=project)


def _by_command(project: Project) -> ToolchainName | None:
    command = project.test_command
    if runs_unittest(command):
        return ToolchainName.UNITTEST
    if starts(command, PYTHON_PROGRAMS):
        return ToolchainName.PYTEST
    for programs, name in (
        (GO, ToolchainName.GO),
        (MAVEN, ToolchainName.MAVEN),
        (GRADLE, ToolchainName.GRADLE),
    ):
        if starts(command, programs):
            return name
    for runner in RUNNERS.values():
        if runner.name is not ToolchainName.NODE and starts(command, runner.programs):
            return runner.name
    node = starts(command, PACKAGE_PROGRAMS | RUNNERS[ToolchainName.NODE].programs)
    return _runner_of(project) if node else None


def _by_files(project: Project) -> ToolchainName:
    files = frozenset(project.files)
    fitting = {
        family: pattern for family, (manifests, pattern) in FAMILIES.items() if files & manifests
    }
    counts = Counter(
        family
        for path in project.files
        for family, ending in fitting.items()
        if ending.search(path)
    )
    family = max(fitting, key=lambda name: counts[name], default="python")
    if family == "javascript":
        return _runner_of(project)
    return {
        "go": ToolchainName.GO,
        "maven": ToolchainName.MAVEN,
        "gradle": ToolchainName.GRADLE,
    }.get(family, ToolchainName.PYTEST)


def _runner_of(project: Project) -> ToolchainName:
    """Return the runner of a package: the one that its script starts, or that it depends on."""
    script = script_of(project)
    for runner in RUNNERS.values():
        if runner.name is not ToolchainName.NODE and starts(script, runner.programs):
            return runner.name
    if "--test" in script:
        return ToolchainName.NODE
    package = package_of(project)
    for name in (ToolchainName.VITEST, ToolchainName.JEST, ToolchainName.MOCHA):
        if name.value in package.dependencies:
            return name
    return ToolchainName.JEST if package.jest else ToolchainName.NODE
