"""A run's directory: one file for what the run is, one for each result, written whole or not."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from evals.outcome import CaseResult, ItemResult
from suture.canonical import canonical_json
from suture.domain.value import Value
from suture.errors import Conflict, InvalidInput, NotFound

RUN = "run.json"
RESULTS = "results"
LOCK = ".lock"
MAX_RESULT_BYTES = 8 << 20
MEASURED = "measurement"
INCIDENTS = "incidents"

Result: TypeAlias = CaseResult | ItemResult


class RunSettings(Value):
    """What makes two runs the same: a run goes on only where all of this is equal."""

    suite: str
    kind: str
    """`incidents` or `measurement`."""
    path: str = ""
    patterns: bool = True
    models: tuple[str, ...] = ()
    diagnosis_only: bool = False
    seconds: float | None = None
    """For each case, in place of its own."""
    policy: str = ""
    """Digest of the policy, the tiers applied."""

    @property
    def label(self) -> str:
        """Name the run in a few words."""
        tiers = ["patterns"] if self.patterns else []
        words = "diagnosis" if self.diagnosis_only else " + ".join([*tiers, *self.models])
        return self.suite if self.kind == MEASURED else f"{self.suite}, {words or 'nothing'}"

    @property
    def folder(self) -> str:
        """Name of the run's directory where nobody chose one."""
        return f"{self.suite}-{hashlib.sha256(canonical_json(self)).hexdigest()[:10]}"


class RunDirectory:
    """Keeps results as they come."""

    def __init__(self, path: Path, settings: RunSettings) -> None:
        self.path = path
        self.settings = settings

    @property
    def _type(self) -> type[CaseResult] | type[ItemResult]:
        return ItemResult if self.settings.kind == MEASURED else CaseResult

    def keep(self, result: Result) -> None:
        """Write a result so that it is there whole, or not at all."""
        _write(self.path / RESULTS / f"{result.name}.json", result.model_dump_json(indent=1))

    def results(self) -> dict[str, Result]:
        """Return what is there, by name.

        Raises:
            InvalidInput: a file is none of ours, or of another version.
        """
        found: dict[str, Result] = {}
        for file in sorted((self.path / RESULTS).glob("*.json")):
            try:
                result = self._type.model_validate_json(_read(file))
            except ValidationError as error:
                raise InvalidInput(f"{file} is of another version: add --fresh.") from error
            found[result.name] = result
        return found


def open_run(path: Path, settings: RunSettings, *, fresh: bool) -> RunDirectory:
    """Open a run's directory to go on with it, or make it.

    Raises:
        Conflict: it holds a run of other settings.
        InvalidInput: it holds something else.
    """
    if (path / RUN).exists():
        if fresh:
            shutil.rmtree(path / RESULTS, ignore_errors=True)
        elif read_run(path).settings != settings:
            raise Conflict(f"{path} holds a run of other settings. Name another, or add --fresh.")
    elif path.exists() and any(path.iterdir()):
        raise InvalidInput(f"{path} is not empty and holds no run.")
    (path / RESULTS).mkdir(parents=True, exist_ok=True)
    _write(path / RUN, settings.model_dump_json(indent=1))
    return RunDirectory(path, settings)


def read_run(path: Path) -> RunDirectory:
    """Open a run's directory to look into it.

    Raises:
        NotFound: there is no run.
        InvalidInput: it is of another version.
    """
    if not (path / RUN).is_file():
        raise NotFound(f"There is no run in {path}.")
    try:
        return RunDirectory(path, RunSettings.model_validate_json(_read(path / RUN)))
    except ValidationError as error:
        raise InvalidInput(f"{path / RUN} is of another version of Suture.") from error


@contextmanager
def locked(run: RunDirectory) -> Iterator[None]:
    """Hold the run's directory for oneself.

    Raises:
        Conflict: another process runs there.
    """
    with (run.path / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"Another process runs in {run.path}.") from error
        yield


def _read(file: Path) -> bytes:
    if file.stat().st_size > MAX_RESULT_BYTES:
        raise InvalidInput(f"{file} is larger than {MAX_RESULT_BYTES >> 20} MiB.")
    return file.read_bytes()


def _write(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.part")
    with part.open("w", encoding="utf-8", errors="replace") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
