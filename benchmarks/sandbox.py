"""What a sandboxed start costs, against a bare process on the same machine at the same time."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from integrations.bubblewrap.interpreter import own_interpreter
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from suture.ports.sandbox import SandboxJob

ROUNDS = 20


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Medians of one command, in milliseconds."""

    command: str
    bare_ms: float
    sandboxed_ms: float

    @property
    def ratio(self) -> float:
        """How many times longer the sandboxed start takes."""
        return self.sandboxed_ms / self.bare_ms


def measure(rounds: int = ROUNDS) -> list[Measurement]:
    """Start each command bare and in the sandbox by turns, so that both see the same machine."""
    python = str(own_interpreter().executable)
    commands = {"/bin/true": ("/bin/true",), "python -c pass": (python, "-I", "-c", "pass")}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        tree.mkdir()
        sandbox = BubblewrapSandbox(Path(folder, "root"))
        return [_compare(sandbox, tree, name, argv, rounds) for name, argv in commands.items()]


def main() -> None:
    """Print the table."""
    structlog.configure(processors=[_silence])
    print(f"{'sandbox start (median)':<26}{'bare':>10}{'sandbox':>12}{'ratio':>9}")
    for found in measure():
        bare, sandboxed = f"{found.bare_ms:.1f} ms", f"{found.sandboxed_ms:.1f} ms"
        print(f"{found.command:<26}{bare:>10}{sandboxed:>12}{found.ratio:>8.1f}x")


def _compare(
    sandbox: BubblewrapSandbox, tree: Path, name: str, argv: tuple[str, ...], rounds: int
) -> Measurement:
    job = SandboxJob(tree=tree, argv=argv)
    bare, sandboxed = [], []
    for _ in range(rounds):
        bare.append(_milliseconds(lambda: subprocess.run(argv, check=True)))
        sandboxed.append(_milliseconds(lambda: sandbox.run(job, lambda: None)))
    return Measurement(
        command=name, bare_ms=statistics.median(bare), sandboxed_ms=statistics.median(sandboxed)
    )


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


def _silence(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
