"""A bench: one service's code at one commit, and the sandbox that may run it."""

import posixpath
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from activities.beating import beat
from suture.domain.service import Service
from suture.domain.value import CommitSha, Digest
from suture.domain.verification import SuiteReport
from suture.policy.model import SandboxBounds
from suture.ports.sandbox import Sandbox, SandboxJob, SandboxLimits, SandboxResult, SetupJob
from suture.ports.source import SourceRepository
from suture.reproduction.layout import ProjectLayout
from suture.reproduction.named_tests import CALLABLE
from suture.reproduction.planning import PROBE_PATH, PROBE_SECONDS
from suture.toolchain.detection import detect
from suture.toolchain.lock_files import environment_key, setup_files
from suture.toolchain.model import (
    MANIFESTS,
    REPORT_BYTES,
    REPORT_PATH,
    Invocation,
    Project,
    Toolchain,
)
from suture.verdict.observation import Observation, parse
from suture.verdict.suite import SuiteRun

MAX_SOURCES = 4_000
MAX_SOURCE_BYTES = 1 << 20
MEGABYTE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Runs the project's code on private copies of a tree; nothing it does outlasts a run."""

    sandbox: Sandbox
    repository: SourceRepository
    service: Service
    bounds: SandboxBounds

    def toolchain(self, sha: CommitSha) -> Toolchain:
        """Return what tests this commit."""
        above = posixpath.join(self.service.root, "")
        inside = [path for path in self.repository.list_files(sha) if path.startswith(above)]
        files = tuple(path.removeprefix(above) for path in inside)
        read = {name: self.repository.read_file(sha, above + name) for name in MANIFESTS}
        project = Project(
            files=files,
            manifests={name: text for name, text in read.items() if text is not None},
            test_command=self.service.test_command,
        )
        return detect(project, self.service.toolchain)

    def environment_key(self, sha: CommitSha) -> Digest:
        """Name the environment that this commit needs."""
        paths = setup_files(self.repository.list_files(sha), self.service.root)
        contents = {path: self.repository.read_file(sha, path) or "" for path in paths}
        toolchain = self.toolchain(sha)
        set_up, probe = toolchain.set_up(), self.sandbox.probe()
        return environment_key(
            set_up.command if self.service.setup_command is None else self.service.setup_command,
            contents,
            probe if set_up.python else f"{probe}; {toolchain.name}",
        )

    def prepare(self, sha: CommitSha, tree: Path) -> Path:
        """Return the environment of a commit, building it if this host has none yet."""
        own, set_up = self.service.setup_command, self.toolchain(sha).set_up()
        job = SetupJob(
            tree=tree,
            command=set_up.command if own is None else own,
            python=set_up.python,
            key=self.environment_key(sha),
            directory=self.service.root,
            wall_seconds=self.bounds.setup_seconds,
        )
        return self.sandbox.prepare(job, beat)

    @contextmanager
    def at(self, sha: CommitSha, environment_of: CommitSha | None = None) -> "Iterator[Stand]":
        """Give a stand with the tree of a commit and its environment, or another commit's."""
        with self.repository.checkout(sha) as tree:
            if environment_of is None or environment_of == sha:
                environment = self.prepare(sha, tree)
            else:
                with self.repository.checkout(environment_of) as other:
                    environment = self.prepare(environment_of, other)
            toolchain = self.toolchain(sha)
            yield Stand(bench=self, tree=tree, environment=environment, toolchain=toolchain)

    def layout(self, tree: Path) -> ProjectLayout:
        """Read the Python sources of a tree, as text and within bounds."""
        files: list[str] = []
        sources: dict[str, str] = {}
        for path in sorted(tree.rglob("*")):
            if path.is_symlink() or not path.is_file():
                continue
            name = path.relative_to(tree).as_posix()
            files.append(name)
            if name.endswith(".py") and len(sources) < MAX_SOURCES:
                text = _read(path)
                if text is not None:
                    sources[name] = text
        return ProjectLayout(files=tuple(files), sources=sources, root=self.service.root)


@dataclass(frozen=True, kw_only=True)
class Stand:
    """One tree with its environment, ready to run things."""

    bench: Bench
    tree: Path
    environment: Path
    toolchain: Toolchain

    def observe(self, probe: str, files: Mapping[str, str]) -> Observation | None:
        """Run a probe with files laid over the tree; None if it did not get that far."""
        nonce = secrets.token_hex(16)
        seconds = min(PROBE_SECONDS, self.bench.bounds.wall_seconds)
        result = self._run(
            ("python", PROBE_PATH, nonce), {**files, self.inside(PROBE_PATH): probe}, seconds
        )
        return parse(result.stdout, nonce)

    def run_script(
        self, name: str, text: str, words: tuple[str, ...], files: Mapping[str, str], seconds: float
    ) -> str:
        """Run a Python script in the service's root with files laid over the tree; return stdout.

        It is cut short by the policy's bounds, like every other run. Nothing is run, and nothing
        printed, where the project is not written in Python.
        """
        if self.toolchain.name not in CALLABLE:
            return ""
        kept = {**files, self.inside(name): text}
        seconds = min(seconds, self.bench.bounds.wall_seconds)
        return self._run(("python", name, *words), kept, seconds).stdout

    def run_shell(self, text: str, files: Mapping[str, str], seconds: float) -> str:
        """Run a shell script in the service's root with files laid over the tree; return stdout."""
        seconds = min(seconds, self.bench.bounds.wall_seconds)
        return self._run(("sh", "-c", text), files, seconds).stdout

    def run_suite(self, files: Mapping[str, str]) -> SuiteReport:
        """Run the service's whole test command."""
        return self._report(self.toolchain.whole(), files)

    def run_tests(self, node_ids: tuple[str, ...], files: Mapping[str, str]) -> SuiteReport:
        """Run these tests only. Node ids are relative to the service's root."""
        return self._report(self.toolchain.selected(node_ids), files)

    def _report(self, invocation: Invocation, files: Mapping[str, str]) -> SuiteReport:
        place = self.inside(REPORT_PATH)
        own = {self.inside(name): text for name, text in invocation.files.items()}
        seconds = self.bench.bounds.wall_seconds
        result = self._run(invocation.argv, {**files, **own}, seconds, collect=(place,))
        run = SuiteRun(
            exit_code=result.exit_code,
            report=result.files.get(place),
            output=result.stdout + result.stderr,
            limit=result.limit_hit,
            seconds=result.seconds,
        )
        return self.toolchain.read(run, invocation)

    def _run(
        self,
        argv: tuple[str, ...],
        files: Mapping[str, str],
        seconds: float,
        collect: tuple[str, ...] = (),
    ) -> SandboxResult:
        bounds = self.bench.bounds
        limits = SandboxLimits(
            wall_seconds=seconds,
            cpu_seconds=max(1, round(seconds)),
            memory_bytes=bounds.memory_mb * MEGABYTE,
            processes=bounds.processes,
            disk_bytes=bounds.disk_mb * MEGABYTE,
            output_bytes=REPORT_BYTES if collect else MEGABYTE,
        )
        job = SandboxJob(
            tree=self.tree,
            files=dict(files),
            argv=argv,
            directory=self.bench.service.root,
            environment=self.environment,
            collect=collect,
            limits=limits,
        )
        return self.bench.sandbox.run(job, beat)

    def inside(self, name: str) -> str:
        """Return where a file of the service's root is in the tree."""
        return posixpath.join(self.bench.service.root, name)


def _read(path: Path) -> str | None:
    if path.stat().st_size > MAX_SOURCE_BYTES:
        return None
    try:
        # Line ends as they are: what is read here may be compared and written back.
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        return None
