"""A sandbox that runs nothing: it answers from a script, and keeps what it was asked."""

from collections.abc import Callable, Iterable
from pathlib import Path

from suture.errors import InvalidInput
from suture.job_paths import inside, inside_file
from suture.ports.sandbox import SandboxJob, SandboxResult, SetupJob

Answer = Callable[[SandboxJob], SandboxResult]


def succeeded(job: SandboxJob) -> SandboxResult:
    """Answer that everything went well and nothing was printed."""
    del job
    return SandboxResult(exit_code=0, stdout="", stderr="", seconds=0.0)


class ScriptedSandbox:
    """Gives the scripted results in turn, then whatever `otherwise` answers."""

    def __init__(
        self,
        root: Path,
        results: Iterable[SandboxResult | Exception] = (),
        *,
        otherwise: Answer = succeeded,
        setup_error: Exception | None = None,
    ) -> None:
        self.jobs: list[SandboxJob] = []
        self.setups: list[SetupJob] = []
        self._root = root
        self._results = list(results)
        self._otherwise = otherwise
        self._setup_error = setup_error

    def probe(self) -> str:
        return "script"

    def prepare(self, job: SetupJob, on_progress: Callable[[], None]) -> Path:
        inside(job.directory)
        on_progress()
        place = self._root / job.key
        if place.is_dir():
            return place
        self.setups.append(job)
        if self._setup_error is not None:
            raise self._setup_error
        place.mkdir(parents=True)
        return place

    def run(self, job: SandboxJob, on_progress: Callable[[], None]) -> SandboxResult:
        inside(job.directory)
        for path in (*job.files, *job.collect):
            inside_file(path)
        if not job.tree.is_dir():
            raise InvalidInput(f"{job.tree} is no directory")
        self.jobs.append(job)
        on_progress()
        result = self._results.pop(0) if self._results else self._otherwise(job)
        if isinstance(result, Exception):
            raise result
        return result
