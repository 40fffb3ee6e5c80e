"""Builds environments, each once per host, inside the sandbox.

Each build has a cache of its own, which is thrown away: set-up code is as untrusted as the rest
of a repository, and a cache that one repository's set-up can write would let it put code into
another's environment. The price is a download per key; the most common environment, pytest and
nothing else, needs none, because Suture's own pytest is copied in.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import structlog

from integrations.bubblewrap.arguments import View
from integrations.bubblewrap.identity import Identity
from integrations.bubblewrap.installing import Plan, install, plan_installation
from integrations.bubblewrap.interpreter import own_interpreter
from integrations.bubblewrap.keeping import (
    BUILDING,
    building_place,
    held,
    lock_of,
    make_room,
    mark_used,
    remove,
)
from integrations.bubblewrap.packages import certificates, own_pytest, safe_settings
from integrations.bubblewrap.runtimes import own_runtimes
from suture.errors import InvalidInput, PermanentError
from suture.ports.sandbox import LimitHit, SandboxJob, SandboxLimits, SandboxResult, SetupJob

CACHE = "/env/.cache"
SCRATCH = "/env/.cache/scratch"
BOX_BYTES = 2 << 30
MEMORY_BYTES = 4 << 30
PROCESSES = 256
OUTPUT_BYTES = 16 << 10
SHOWN_CHARACTERS = 3_000
TREE = "/sandbox/tree"
SETTINGS = {
    "PIP_CACHE_DIR": f"{CACHE}/pip",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PYTHONDONTWRITEBYTECODE": "",
    "TMPDIR": SCRATCH,
    "UV_CACHE_DIR": f"{CACHE}/uv",
    "UV_COMPILE_BYTECODE": "1",
    "UV_NO_PROGRESS": "1",
    "UV_PROJECT_ENVIRONMENT": "/env",
    "UV_PYTHON_DOWNLOADS": "never",
    "npm_config_cache": f"{CACHE}/npm",
    "VIRTUAL_ENV": "/env",
}
log = structlog.get_logger()


class StepFailed(PermanentError):
    """A command of a set-up ended badly, as opposed to whatever else may end a set-up."""


class Execute(Protocol):
    """Runs a job with a view of the host."""

    def __call__(
        self, view: View, job: SandboxJob, on_progress: Callable[[], None]
    ) -> SandboxResult:
        """Run it."""
        ...


class Environments:
    """The environments of this host, by key."""

    def __init__(
        self,
        root: Path,
        *,
        execute: Execute,
        identify: Callable[[], Identity],
        uv: Path | None,
        settings: Mapping[str, str],
    ) -> None:
        self._root = root
        self._execute = execute
        self._identify = identify
        self._uv = uv
        self._settings = safe_settings(settings)

    def prepare(self, job: SetupJob, on_progress: Callable[[], None]) -> Path:
        """Return the environment of this key. Whoever comes second waits for the first."""
        place = self._root / "environments" / job.key
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with held(lock_of(place), on_progress):
            if mark_used(place):
                return place
            for left_behind in place.parent.glob(f"{BUILDING}{job.key}-*"):
                remove(left_behind)
            building = building_place(place)
            try:
                building.mkdir()
                view = building_view(job, building, self._identify())
                build = _Build(job, view, self._execute, on_progress)
                build.go(self._uv, self._settings, self._root)
                building.chmod(0o755)
                building.rename(place)
                mark_used(place)
            finally:
                remove(building)
        log.info("environment.built", key=job.key)
        make_room(place.parent, on_progress)
        return place


class _Build:
    """One build: a few steps, each in a sandbox of its own."""

    def __init__(
        self, job: SetupJob, view: View, execute: Execute, on_progress: Callable[[], None]
    ) -> None:
        self._job = job
        self._view = view
        self._execute = execute
        self._on_progress = on_progress
        self._deadline = time.monotonic() + job.wall_seconds

    def go(self, uv: Path | None, settings: Mapping[str, str], root: Path) -> None:
        """Build it.

        Raises:
            PermanentError: a step failed; the message ends with what it printed.
        """
        tree = self._job.tree.resolve()
        directory = (tree / self._job.directory).resolve()
        if not directory.is_relative_to(tree):
            raise InvalidInput(f"{self._job.directory} leads out of the tree")
        plan = Plan(command=("/bin/sh", "-ec", self._job.command or ""), only_pytest=False)
        if not self._job.python:
            return self._make_other(plan, settings)
        if self._job.command is None:
            plan = plan_installation(directory, uv=uv is not None)
        source = [] if plan.installed else source_paths(directory, self._job.directory)
        if not plan.command:
            return self._make_bare(root, source)
        tools = (*self._view.tools, *((uv,) if uv else ()))
        online = replace(self._view, network=True, tools=tools, certificates=certificates(settings))
        with_pip = "pip" if uv is None or self._job.command is not None else ""
        self._step("creating the environment", self._view, making(with_pip, "", source))
        try:
            self._install(plan, online, settings, uv=uv is not None)
        except StepFailed:
            if not plan.only_pytest:
                raise
            log.warning("environment.registry_unreachable", key=self._job.key)
            self._make_bare(root, source_paths(directory, self._job.directory))
        self._clean()
        return None

    def _make_other(self, plan: Plan, settings: Mapping[str, str]) -> None:
        """Make an environment for another language: what its command leaves behind."""
        if not self._job.command:
            return
        view = replace(self._view, network=True, certificates=certificates(settings))
        self._step("creating the environment", self._view, ("/bin/mkdir", "-p", SCRATCH))
        self._step("installing", view, plan.command, {**SETTINGS, **settings})
        self._clean()

    def _make_bare(self, root: Path, source: list[str]) -> None:
        packages = own_pytest(root)
        view = replace(self._view, tools=(*self._view.tools, packages))
        arguments = making("", f"/tools/{packages.name}", source)
        self._step("creating the environment", view, arguments)

    def _install(self, plan: Plan, view: View, settings: Mapping[str, str], *, uv: bool) -> None:
        self._step("installing", view, ("/bin/mkdir", "-p", SCRATCH))
        variables = {**SETTINGS, **settings}
        self._step("installing", view, plan.command, variables, dict(plan.files))
        has_pytest = ("/env/bin/python", "-c", "import pytest")
        if self._run(replace(view, network=False), has_pytest, SETTINGS).exit_code != 0:
            self._step("installing pytest", view, install("pytest", uv=uv), variables)

    def _clean(self) -> None:
        self._step("removing the cache", self._view, ("/bin/rm", "-rf", CACHE))

    def _step(
        self,
        name: str,
        view: View,
        argv: tuple[str, ...],
        variables: Mapping[str, str] = SETTINGS,
        files: Mapping[str, str] | None = None,
    ) -> None:
        result = self._run(view, argv, variables, files or {})
        if result.exit_code == 0:
            return
        output = f"{result.stdout}\n{result.stderr}".strip()[-SHOWN_CHARACTERS:]
        raise StepFailed(f"Set-up failed while {name}: {reason(result)}\n{output}")

    def _run(
        self,
        view: View,
        argv: tuple[str, ...],
        variables: Mapping[str, str],
        files: Mapping[str, str] | None = None,
    ) -> SandboxResult:
        left = max(1.0, self._deadline - time.monotonic())
        limits = SandboxLimits(
            wall_seconds=left,
            cpu_seconds=int(left * 4) + 1,
            memory_bytes=MEMORY_BYTES,
            processes=PROCESSES,
            disk_bytes=BOX_BYTES,
            output_bytes=OUTPUT_BYTES,
        )
        below = self._job.directory
        laid = {f"{below}/{name}" if below else name: text for name, text in (files or {}).items()}
        job = SandboxJob(
            tree=self._job.tree,
            files=laid,
            argv=argv,
            directory=below,
            variables=dict(variables),
            limits=limits,
        )
        return self._execute(view, job, self._on_progress)


def building_view(job: SetupJob, building: Path, identity: Identity) -> View:
    """Return what the steps of a set-up see, and let their user write to the new environment."""
    if identity.uid is not None:
        os.chown(building, identity.uid, identity.uid)
    return View(
        identity=identity,
        interpreter=own_interpreter(),
        tree=job.tree.absolute(),
        environment=building,
        building=True,
        disk_bytes=BOX_BYTES,
        tools=(Path(__file__).with_name("making.py"),),
        runtimes=own_runtimes(),
    )


def making(with_pip: str, packages: str, source: list[str]) -> tuple[str, ...]:
    """Return the command that makes an environment."""
    python = str(own_interpreter().executable)
    return (python, "-I", "/tools/making.py", "/env", with_pip, packages, *source)


def source_paths(directory: Path, below: str) -> list[str]:
    """Return the directories of source that a project without installation needs on its path."""
    root = f"{TREE}/{below}".rstrip("/")
    return [f"{root}/src", root] if (directory / "src").is_dir() else []


def reason(result: SandboxResult) -> str:
    """Say in words why a step ended."""
    if result.limit_hit is None:
        return f"exit code {result.exit_code}."
    words = {
        LimitHit.TIME: "it took too long.",
        LimitHit.MEMORY: "it needed too much memory.",
        LimitHit.PROCESSES: "it started too many processes.",
        LimitHit.DISK: "it needed too much disk space.",
    }
    return words[result.limit_hit]
