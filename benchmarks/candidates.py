"""Sorting out candidates many at a time, against one pytest process for each.

The project takes a while to import, as real ones do. The one candidate that stands comes last, so
that all are tried.
"""

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
from activities.screening import Look, Screening
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.service import Service
from suture.policy.model import SandboxBounds

CANDIDATES = 400
ALONE = 16
"""Of these, how many are tried by a process each: the rate is what is compared."""
ROUNDS = 3
SECONDS = 300.0
IMPORTED = (
    *("asyncio", "concurrent.futures", "decimal", "email.message", "http.client", "json"),
    *("logging.config", "sqlite3", "unittest.mock", "urllib.request", "xml.dom.minidom"),
)
BASE = "".join(f"import {name}\n" for name in IMPORTED) + "\n\ndef half(x):\n    return x / 0\n"
TEST = "from shop import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
TEST += "".join(f"\n\ndef test_zero_{n}():\n    assert half.__name__ == 'half'\n" for n in range(9))
NODE = "test_shop.py::test_half"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Medians, in candidates for each second."""

    alone: float
    together: float
    candidates: int

    @property
    def ratio(self) -> float:
        """How many times the candidates of runs of their own."""
        return self.together / self.alone


def measure(candidates: int = CANDIDATES, alone: int = ALONE, rounds: int = ROUNDS) -> Measurement:
    """Try candidates both ways by turns, so that both see the same machine; `alone` the last ones.

    Raises:
        RuntimeError: the two do not agree on which one stands.
    """
    tried = [
        {"shop.py": BASE.replace("x / 0", f"x / {number}")}
        for number in range(candidates + 1, 1, -1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        bench = _bench(Path(folder))
        sha = bench.repository.resolve("main")
        if sha is None:
            raise RuntimeError("The project was not made.")
        slow, fast = [], []
        with bench.at(sha) as stand:
            screening = Screening(stand=stand, probe="", node_ids=(NODE,), test_files={})
            for _ in range(rounds):
                seconds, one_by_one = _timed(lambda: _one_by_one(stand, tried[-alone:]))
                slow.append(alone / seconds)
                seconds, at_once = _timed(lambda: _at_once(screening, tried))
                fast.append(candidates / seconds)
                if one_by_one != at_once[-alone:] or sum(at_once) != 1:
                    raise RuntimeError("Both ways must find the one candidate that stands.")
    return Measurement(
        alone=statistics.median(slow),
        together=statistics.median(fast),
        candidates=candidates,
    )


def main() -> None:
    """Print the table."""
    structlog.configure(processors=[_silence])
    found = measure()
    print(f"{'candidates (median)':<26}{'alone':>12}{'together':>12}{'ratio':>9}")
    alone, together = f"{found.alone:.1f}/s", f"{found.together:.1f}/s"
    print(f"{found.candidates:<26}{alone:>12}{together:>12}{found.ratio:>8.1f}x")


def _at_once(screening: Screening, tried: list[dict[str, str]]) -> tuple[bool, ...]:
    return tuple(look is Look.GREEN for look in screening.run(tried, SECONDS))


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
