"""Sorting out with the project imported: the same answers as from a process for each candidate."""

from collections.abc import Iterator

import pytest

from activities.bench import Bench, Stand
from activities.screening import Look, Screening
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.service import Service
from suture.policy.model import SandboxBounds
from tests.builders.repository import RepositoryBuilder

STOCK = """\
import functools
from contextlib import contextmanager


def scale(x):
    return x


ROWS = [scale(number) for number in range(3)]
OFFSET = 0


def counted(function):
    def inner(*arguments):
        return function(*arguments)

    return inner


class Shelf:
    class Box:
        def __secret(self):
            return 1

        def size(self):
            return self.__secret()

    @property
    def items(self):
        return 10

    @functools.lru_cache(maxsize=4)
    def price(self):
        return 10

    @contextmanager
    def opened(self):
        yield 10


@counted
def wrapped():
    return 10


def defaulted(value=0):
    return value


def answer():
    shelf = Shelf()
    with shelf.opened() as found:
        total = shelf.items + shelf.price() + found + wrapped() + Shelf.Box().size()
    return total + ROWS[0] + OFFSET + defaulted()


def kept():
    return 1
"""
TESTS = """\
import subprocess
import sys

from shop.stock import answer, kept


def test_answer():
    assert answer() == 42


def test_kept():
    assert kept() == 1
"""
SPAWNING = """\
import subprocess
import sys

import shop.stock


def test_answer():
    said = subprocess.run([sys.executable, "-c", "import shop.stock as s; print(s.answer())"],
                          capture_output=True, text=True)
    assert said.stdout == "42\\n"
"""
WITH_THREAD = """\
import threading

from shop.stock import answer

threading.Thread(target=threading.Event().wait, daemon=True).start()


def test_answer():
    assert answer() == 42
"""
HOG = "    kept = []\n    while True:\n        kept.append(bytes(1 << 20))\n"
SHELF = "    shelf = Shelf()\n"
AFRESH = {
    "as it is": ("def kept", "def kept", Look.RED),
    "a decorated function": ("wrapped():\n    return 10", "wrapped():\n    return 9", Look.RED),
    "a new method": ("class Shelf:\n", "class Shelf:\n    more = 1\n\n", Look.RED),
    "no Python": (SHELF, "    shelf = = Shelf()\n", Look.RED),
    "what ran at import": ("return x", "return x + 1", Look.GREEN),
    "a constant": ("OFFSET = 0", "OFFSET = 1", Look.GREEN),
    "a default": ("value=0", "value=1", Look.GREEN),
    "a closure": ("return function(*arguments)", "return function(*arguments) + 1", Look.GREEN),
}
"""What only a fresh import shows."""
SECONDS, PATIENCE = 1_000.0, 10.0
"""For candidates that are no slower than the base: they wait for their turn on a busy machine."""
CHANGES = {
    **AFRESH,
    "an early end": (SHELF, f"{SHELF}    import os\n    os._exit(0)\n", Look.RED),
    "no end": (SHELF, "    while True:\n        pass\n", Look.SLOW),
    "no memory": (SHELF, HOG, Look.RED),
    "what an unknown decorator wraps": (
        "wrapped():\n    return 10",
        "wrapped():\n    return 11",
        Look.GREEN,
    ),
    "a property": ("return 10", "return 11", Look.GREEN),
    "a cached method": (
        "price(self):\n        return 10",
        "price(self):\n        return 11",
        Look.GREEN,
    ),
    "a context": ("yield 10", "yield 11", Look.GREEN),
    "a mangled name": ("return self.__secret()", "return self.__secret() + 1", Look.GREEN),
    "what breaks another": (
        "    return total + ROWS[0]",
        "    kept.__code__ = (lambda: 2).__code__\n    return 1 + total + ROWS[0]",
        Look.BREAKS,
    ),
}
"""By name: what is replaced by what, and what is to be seen."""


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    directory = tmp_path_factory.mktemp("server")
    builder = RepositoryBuilder(directory / "repo")
    files = {"shop/__init__.py": "", "shop/stock.py": STOCK, "tests/test_stock.py": TESTS}
    files |= {"tests/test_spawning.py": SPAWNING, "tests/test_thread.py": WITH_THREAD}
    sha = builder.commit(files, "Take stock")
    bench = Bench(
        sandbox=BubblewrapSandbox(directory / "sandbox"),
        repository=GitSources(directory / "sources").open(str(builder.path)),
        service=Service(
            name="shop", repository=str(builder.path), test_command="python -m pytest -q tests"
        ),
        bounds=SandboxBounds(),
    )
    with bench.at(sha) as opened:
        yield opened


def tried(before: str, after: str) -> dict[str, str]:
    assert before in STOCK
    return {"shop/stock.py": STOCK.replace(before, after, 1)}


def screening(stand: Stand, node: str) -> Screening:
    return Screening(stand=stand, probe="", node_ids=(node,), test_files={})


def test_every_kind_of_change_is_seen_as_alone(stand: Stand) -> None:
    candidates = [tried(before, after) for before, after, _ in CHANGES.values()]
    server = screening(stand, "tests/test_stock.py::test_answer")
    found = server.run(candidates, SECONDS, PATIENCE)
    said = dict(zip(CHANGES, found, strict=True))
    assert said == {name: look for name, (_, _, look) in CHANGES.items()}


def test_a_fresh_import_is_spared_what_ranks_below_the_first_that_stands(stand: Stand) -> None:
    candidates = [tried("return 10", "return 11"), tried("value=0", "value=1")]
    server = screening(stand, "tests/test_stock.py::test_answer")
    assert server.run(candidates, SECONDS, PATIENCE) == (Look.GREEN, Look.UNTRIED)


@pytest.mark.parametrize("name", ["spawning", "thread"])
def test_what_the_server_cannot_imitate_is_tried_afresh(stand: Stand, name: str) -> None:
    candidates = [tried("return 10", f"return {number}") for number in (9, 11, 12)]
    found = screening(stand, f"tests/test_{name}.py::test_answer").run(candidates, SECONDS)
    assert found == (Look.RED, Look.GREEN, Look.RED)


def test_patience_lets_slow_candidates_end(stand: Stand) -> None:
    waits = "    import time\n    end = time.process_time() + 3\n"
    waits += "    while time.process_time() < end:\n        pass\n    shelf = Shelf()\n"
    slow = tried(SHELF, waits)["shop/stock.py"].replace("return total", "return 1 + total", 1)
    candidates = [{"shop/stock.py": slow}, tried("return 10", "return 9")]
    server = screening(stand, "tests/test_stock.py::test_answer")
    assert server.run(candidates, SECONDS, 3.0) == (Look.SLOW, Look.RED)
    assert server.run(candidates, SECONDS, 200.0) == (Look.GREEN, Look.RED)
