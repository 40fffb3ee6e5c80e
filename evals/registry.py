"""The suites by name. A suite's module is imported only when the suite is asked for."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evals.suite import Suite
from suture.errors import InvalidInput, NotFound


@dataclass(frozen=True, kw_only=True)
class SuiteEntry:
    """Where a suite comes from."""

    module: str
    """Has `load(path: Path | None) -> Suite`; it raises `InvalidInput` for what is no checkout."""
    summary: str
    needs: str = ""
    """What PATH must be; empty: the suite is part of Suture and takes none."""


SUITES: dict[str, SuiteEntry] = {
    "incidents": SuiteEntry(
        module="evals.suites.incidents",
        summary="Realistic incidents with seeded histories, fixable by code or not.",
    ),
    "quixbugs": SuiteEntry(
        module="evals.suites.quixbugs",
        summary="QuixBugs, Python: 40 programs with one defective line each.",
        needs="a checkout of jkoppel/QuixBugs",
    ),
    "bugsinpy": SuiteEntry(
        module="evals.suites.bugsinpy",
        summary="BugsInPy: real bugs of real Python projects.",
        needs="a checkout of soarsmu/BugsInPy with the projects' repositories beside it",
    ),
    "ci-logs": SuiteEntry(
        module="evals.suites.ci_logs",
        summary="Finding the lines of a CI log that say why it failed.",
        needs="a checkout of CiDiff's labelled pairs",
    ),
    "grouping": SuiteEntry(
        module="evals.suites.grouping",
        summary="Grouping the tracebacks of seeded faults by their cause.",
    ),
}


def load_suite(name: str, path: Path | None) -> Suite:
    """Load a suite by its name.

    Raises:
        NotFound: no suite has this name.
        InvalidInput: the path is missing, not needed, or not what the suite reads.
    """
    entry = SUITES.get(name)
    if entry is None:
        raise NotFound(f"There is no suite {name!r}. Known: {', '.join(SUITES)}.")
    if entry.needs and path is None:
        raise InvalidInput(f"{name} needs a PATH: {entry.needs}.")
    if not entry.needs and path is not None:
        raise InvalidInput(f"{name} is part of Suture and takes no PATH.")
    if path is not None and not path.exists():
        raise InvalidInput(f"There is no {path}. {name} needs {entry.needs}.")
    load: Callable[[Path | None], Suite] = importlib.import_module(entry.module).load
    return load(path.resolve() if path is not None else None)
