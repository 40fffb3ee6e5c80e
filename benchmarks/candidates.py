"""Sorting out candidates many at a time, against one sandbox run for each."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from activities.bench import Bench, Stand
from activities.reproducing import is_green
from activities.screening import Screening
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.service import Service
from suture.policy.model import SandboxBounds

CANDIDATES = 48
ROUNDS = 3
SECONDS = 300.0
BASE = "def half(x):\n    return x / 0\n"
TEST = "from shop import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
NODE = "test_shop.py::test_half"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Medians for a whole batch, in seconds."""

    alone: float
    together: float
    candidates: int

    @property
    def ratio(self) -> float:
        """How many times longer runs of their own take."""
        return self.alone / self.together


def measure(candidates: int = CANDIDATES, rounds: int = ROUNDS) -> Measurement:
    """Try the same candidates both ways by turns, so that both see the same machine.

    Raises:
        RuntimeError: the two do not agree on which one stands.
    """
    tried = [
        {"shop.py": f"def half(x):\n    return x / {number}\n"} for number in range(candidates)
    ]
    with tempfile.TemporaryDirectory() as folder:
        bench = _bench(Path(folder))
        sha = bench.repository.resolve("main")
        if sha is None:
            raise RuntimeError("The project was not made.")
        alone, together = [], []
        with bench.at(sha) as stand:
            screening = Screening(stand=stand, probe="", node_ids=(NODE,), test_files={})
            for _ in range(rounds):
                seconds, one_by_one = _timed(lambda: _one_by_one(stand, tried))
                alone.append(seconds)
                seconds, at_once = _timed(lambda: screening.run(tried, SECONDS))
                together.append(seconds)
                if one_by_one != at_once or sum(at_once) != 1:
                    raise RuntimeError("Both ways must find the one candidate that stands.")
    return Measurement(
        alone=statistics.median(alone),
        together=statistics.median(together),
        candidates=candidates,
    )


def main() -> None:
    """Print the table."""
    structlog.configure(processors=[_silence])
    found = measure()
    print(f"{'candidates (median)':<26}{'alone':>10}{'together':>12}{'ratio':>9}")
    alone, together = f"{found.alone:.1f} s", f"{found.together:.1f} s"
    print(f"{found.candidates:<26}{alone:>10}{together:>12}{found.ratio:>8.1f}x")


def _one_by_one(stand: Stand, tried: list[dict[str, str]]) -> tuple[bool, ...]:
    return tuple(is_green(stand.run_tests((NODE,), files)) for files in tried)


def _bench(folder: Path) -> Bench:
    repository = folder / "repository"
    repository.mkdir()
    (repository / "shop.py").write_text(BASE)
    (repository / "test_shop.py").write_text(TEST)
    who = ("-c", "user.name=Suture", "-c", "user.email=suture@example.invalid")
    for arguments in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-qm", "Halve")):
        subprocess.run(["git", *arguments], cwd=repository, check=True)
    return Bench(
        sandbox=BubblewrapSandbox(folder / "sandbox"),
        repository=GitSources(folder / "sources").open(str(repository)),
        service=Service(name="shop", repository=str(repository)),
        bounds=SandboxBounds(),
    )


def _timed(work: Callable[[], tuple[bool, ...]]) -> tuple[float, tuple[bool, ...]]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def _silence(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
