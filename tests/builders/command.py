"""Commands of Suture in processes of their own, which load nothing anew.

Run as a program it loads all that commands load, reads orders from standard input, one JSON
object in a line, and forks a process for each. It answers with the process's exit code.
"""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from suture.domain.value import Value

ROOT = Path(__file__).parents[2]
SECONDS = 400.0


class Order(Value):
    """One command to run."""

    arguments: tuple[str, ...]
    directory: Path
    environment: dict[str, str]
    said: Path
    """Files that take standard output and standard error."""
    complained: Path
    seconds: float


class Commands:
    """Runs commands as `subprocess.run` does."""

    def __init__(self, loaded: "subprocess.Popen[str]") -> None:
        self._loaded = loaded

    def run(
        self,
        *arguments: str,
        directory: Path,
        environment: Mapping[str, str],
        seconds: float = SECONDS,
    ) -> "subprocess.CompletedProcess[str]":
        """Run one to its end; it is killed after so many seconds."""
        assert self._loaded.stdin is not None
        assert self._loaded.stdout is not None
        with tempfile.TemporaryDirectory() as name:
            said, complained = Path(name) / "out", Path(name) / "err"
            order = Order(
                arguments=arguments,
                directory=directory,
                environment=dict(environment),
                said=said,
                complained=complained,
                seconds=seconds,
            )
            print(order.model_dump_json(), file=self._loaded.stdin, flush=True)
            code = int(self._loaded.stdout.readline())
            texts = said.read_text(encoding="utf-8"), complained.read_text(encoding="utf-8")
        return subprocess.CompletedProcess(["suture", *arguments], code, *texts)


@contextlib.contextmanager
def running_commands() -> Iterator[Commands]:
    """Keep the program ready while the context is open."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.builders.command"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as loaded:
        yield Commands(loaded)


def serve() -> None:
    """Run what is ordered, until nobody orders any more."""
    # Here, because whoever imports this module to order needs none of it.
    from apps.cli import fixing, main  # noqa: F401, PLC0415

    gc.collect()
    gc.freeze()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    for line in sys.stdin:
        order = Order.model_validate_json(line)
        child = os.fork()
        if child == 0:
            _become(order)
        print(_code_of(child, order.seconds), file=answers, flush=True)


def _code_of(child: int, seconds: float) -> int:
    def kill(number: int, frame: FrameType | None) -> None:
        del number, frame
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status = os.waitpid(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return os.waitstatus_to_exitcode(status)


def _become(order: Order) -> NoReturn:
    """Turn this process into the command."""
    try:
        os.setsid()
        os.chdir(order.directory)
        os.environ.clear()
        os.environ.update(order.environment)
        for number, name in enumerate((os.devnull, str(order.said), str(order.complained))):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
            os.dup2(os.open(name, flags, 0o600), number)
        sys.argv[1:] = order.arguments
        from apps.cli.main import main  # noqa: PLC0415 -- as above

        main()
    except BaseException:  # noqa: BLE001 -- the process's edge: nothing may return to the loop
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(70)


if __name__ == "__main__":
    serve()
