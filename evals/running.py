"""Runs a suite: what is missing in its run directory, a few at a time."""

import asyncio
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import structlog

from evals.case import Case
from evals.code_digest import code_digest
from evals.incident import run_case
from evals.lab import AS_THE_POLICY_SAYS, Lab, Tiers, open_lab
from evals.outcome import CaseResult, Ending, ItemResult
from evals.stopping import in_thread
from evals.store import INCIDENTS, MEASURED, Result, RunDirectory, RunSettings, locked, open_run
from evals.suite import IncidentSuite, Item, Suite
from suture.canonical import canonical_json, sha256
from suture.errors import NotFound, SutureError
from suture.settings import Settings, load_policy

MAX_PROBLEM = 2_000

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class EvalOrder:
    """What is to be run, and how."""

    suite: Suite
    path: Path | None = None
    tiers: Tiers = AS_THE_POLICY_SAYS
    seconds: float | None = None
    """For each case, in place of its own."""
    jobs: int = 1
    names: tuple[str, ...] = ()
    """Only these; empty: all."""
    limit: int | None = None
    """Only so many, the first ones."""
    directory: Path | None = None
    """Where results are kept; None: by its settings, under `runs`."""
    runs: Path
    cache: Path
    """Where environments are kept between runs."""
    fresh: bool = False


class Watcher(Protocol):
    """Whoever wants to see how it goes."""

    def begin(self, total: int, known: int, directory: Path) -> None:
        """See how many there are, and how many of them were run before."""
        ...

    def started(self, name: str) -> None:
        """See one start."""
        ...

    def ended(self, result: Result) -> None:
        """See what came of one."""
        ...


async def run_suite(settings: Settings, order: EvalOrder, watcher: Watcher) -> RunDirectory:
    """Run what has no result yet, and keep each result as it comes.

    Raises:
        NotFound: no case has a name that was asked for.
        Conflict: the directory holds a run of other settings, or another process runs there.
        SandboxUnavailable, SettingsError, Unreachable: the environment is not ready.
    """
    made = settings_of(settings, order)
    names = chosen(order)
    run = open_run(order.directory or order.runs / made.folder, made, fresh=order.fresh)
    with locked(run):
        known = {name for name, result in run.results().items() if _is_final(result)}
        watcher.begin(len(names), len(known & set(names)), run.path)
        todo = [name for name in names if name not in known]
        if todo:
            await _run_all(settings, order, todo, _Keeper(run, watcher))
    return run


def settings_of(settings: Settings, order: EvalOrder) -> RunSettings:
    """Return what names the run."""
    path = str(order.path) if order.path else ""
    if not isinstance(order.suite, IncidentSuite):
        return RunSettings(suite=order.suite.name, kind=MEASURED, path=path)
    tiers = _tiers(order)
    policy = tiers.applied(load_policy(settings))
    return RunSettings(
        suite=order.suite.name,
        kind=INCIDENTS,
        path=path,
        patterns=policy.strategies.patterns,
        models=policy.strategies.models,
        diagnosis_only=tiers.diagnosis_only,
        seconds=order.seconds,
        policy=sha256(canonical_json(policy)),
    )


def _tiers(order: EvalOrder) -> Tiers:
    only = isinstance(order.suite, IncidentSuite) and order.suite.diagnosis_only
    return Tiers(
        patterns=order.tiers.patterns,
        models=order.tiers.models,
        diagnosis_only=order.tiers.diagnosis_only or only,
    )


def members(suite: Suite) -> Sequence[Case] | Sequence[Item]:
    """Return the cases or the items."""
    return suite.cases if isinstance(suite, IncidentSuite) else suite.items


def chosen(order: EvalOrder) -> list[str]:
    """Return the names of what is to be run, in the suite's order.

    Raises:
        NotFound: no case has a name that was asked for.
    """
    names = [member.name for member in members(order.suite)]
    unknown = [name for name in order.names if name not in names]
    if unknown:
        raise NotFound(f"{order.suite.name} has no case {', '.join(unknown)}.")
    return [name for name in names if not order.names or name in order.names][: order.limit]


def _is_final(result: Result) -> bool:
    """Whether a result stands; what could not be run is tried again."""
    if isinstance(result, CaseResult):
        return result.ending is not Ending.NOT_RUN
    return not result.problem


@dataclass(frozen=True)
class _Keeper:
    run: RunDirectory
    watcher: Watcher

    async def each(
        self, names: Sequence[str], jobs: int, work: Callable[[str], Awaitable[Result]]
    ) -> None:
        """Work on a few at a time; each result is on disk before the next one starts."""
        left = iter(names)

        async def take_turns() -> None:
            for name in left:
                self.watcher.started(name)
                result = await work(name)
                self.run.keep(result)
                self.watcher.ended(result)

        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, jobs)):
                group.create_task(take_turns())


async def _run_all(
    settings: Settings, order: EvalOrder, names: Sequence[str], keeper: _Keeper
) -> None:
    suite = order.suite
    try:
        if isinstance(suite, IncidentSuite):
            cases = {case.name: _timed(case, order.seconds) for case in suite.cases}
            async with open_lab(settings, _tiers(order), order.cache) as lab:
                await keeper.each(names, order.jobs, lambda name: _case(lab, cases[name]))
            return
        items = {item.name: item for item in suite.items}
        stopped = threading.Event()
        await keeper.each(names, order.jobs, lambda name: _item(stopped, items[name]))
    except* SutureError as group:
        # Cases tell of their own failures: what comes this far is one error about all of them.
        raise _first(group) from None


def _timed(case: Case, seconds: float | None) -> Case:
    return case if seconds is None else replace(case, seconds=seconds)


def _first(group: BaseExceptionGroup[SutureError]) -> SutureError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, SutureError) else SutureError(str(error))


async def _case(lab: Lab, case: Case) -> CaseResult:
    with tempfile.TemporaryDirectory(prefix="suture-eval-", ignore_cleanup_errors=True) as name:
        return await run_case(lab, case, Path(name))


async def _item(stopped: threading.Event, item: Item) -> ItemResult:
    began = time.monotonic()
    told = ItemResult(name=item.name, group=item.group, code=code_digest())
    try:
        found = await in_thread(stopped, item.measure)
    except SutureError as error:
        told = told.model_copy(update={"problem": str(error)[:MAX_PROBLEM]})
    except Exception as error:
        # One broken item must not end a run of hours.
        log.exception("item.broken", item=item.name)
        problem = f"{type(error).__name__}: {error}"[:MAX_PROBLEM]
        told = told.model_copy(update={"problem": problem})
    else:
        told = told.model_copy(update=found.model_dump())
    return told.model_copy(update={"seconds": time.monotonic() - began})
