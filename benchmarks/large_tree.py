"""A repository of at least a million lines, made from what is installed here, with a history.

The interpreter's library and this environment's packages are its source; nothing is fetched.
The history is seeded: the same installation gives the same commits.
"""

import random
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINES = 1_000_000
MAX_FILE_BYTES = 1_000_000
COMMITS = 400
FILES_A_COMMIT = 4
SEED = 20_261_121
START = 1_760_000_000
STEP_SECONDS = 3_600
CART = "shop/cart.py"
PRICES = "shop/prices.py"
APP = {
    "shop/__init__.py": b"",
    CART: (
        b"from shop.prices import price_of\n\n\n"
        b"def total(items):\n    return sum(price_of(item) for item in items)\n"
    ),
    PRICES: (b'PRICES = {"tea": 3, "cake": 4}\n\n\ndef price_of(item):\n    return PRICES[item]\n'),
    "shop/desk.py": (
        b"from shop.cart import total\n\n\ndef check_out(items):\n    return total(items)\n"
    ),
    "tests/test_desk.py": (
        b"from shop.desk import check_out\n\n\n"
        b'def test_check_out():\n    assert check_out(["tea"]) == 3\n'
    ),
}
BROKEN = APP[PRICES].replace(b"return PRICES[item]", b"return PRICES.get(item)")
BREAKS_AT = COMMITS // 2
"""The commit that breaks the shop, in the middle of the history."""


@dataclass(frozen=True, kw_only=True)
class LargeTree:
    """The repository."""

    repository: Path
    files: int
    lines: int
    commits: int
    culprit: str
    """The commit that broke the shop."""


def make_large_tree(folder: Path, lines: int = LINES, commits: int = COMMITS) -> LargeTree:
    """Make the repository.

    Raises:
        RuntimeError: not that many lines are installed here.
    """
    files = dict(APP)
    counted = 0
    for name, content in _installed():
        files[name] = content
        counted += content.count(b"\n")
        if counted >= lines:
            break
    if counted < lines:
        raise RuntimeError(f"Only {counted} lines of Python are installed here.")
    repository = folder / "large"
    _git(folder, "init", "-q", "-b", "main", str(repository))
    stream = b"".join(_history(files, commits))
    _git(repository, "fast-import", "--quiet", stdin=stream)
    _git(repository, "reset", "-q", "--hard")
    log = _git(repository, "log", "--format=%H", "-1", "--grep=^Ask")
    return LargeTree(
        repository=repository,
        files=len(files),
        lines=counted,
        commits=commits,
        culprit=log.decode().strip(),
    )


def _installed() -> Iterator[tuple[str, bytes]]:
    for root in (Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))):
        for path in sorted(root.rglob("*.py")):
            inner = path.relative_to(root)
            if "site-packages" in inner.parts or path.stat().st_size > MAX_FILE_BYTES:
                continue
            yield f"{root.name}/{inner.as_posix()}", path.read_bytes()


def _history(files: dict[str, bytes], commits: int) -> Iterator[bytes]:
    chance = random.Random(SEED)  # noqa: S311 -- the same history every time
    yield _commit(1, "Begin", files)
    names = [name for name in files if name not in APP]
    for number in range(2, commits + 1):
        if number == max(commits // 2, 2):
            yield _commit(number, "Ask for prices once", {PRICES: BROKEN})
            continue
        changed = {}
        for name in chance.sample(names, min(FILES_A_COMMIT, len(names))):
            rows = files[name].split(b"\n")
            rows.insert(chance.randrange(len(rows)), b"# Note %d." % number)
            changed[name] = files[name] = b"\n".join(rows)
        yield _commit(number, f"Write note {number}", changed)


def _commit(number: int, message: str, files: dict[str, bytes]) -> bytes:
    at = START + number * STEP_SECONDS
    who = f"committer Dev{number % 7} <dev{number % 7}@example.invalid> {at} +0000\n"
    head = f"commit refs/heads/main\nmark :{number}\n{who}".encode()
    parts = [head, _data(message.encode())]
    if number > 1:
        parts.append(b"from :%d\n" % (number - 1))
    for name, content in files.items():
        parts.append(b'M 100644 inline "' + name.encode() + b'"\n' + _data(content))
    return b"".join(parts)


def _data(content: bytes) -> bytes:
    return b"data %d\n" % len(content) + content + b"\n"


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=True
    )
    return done.stdout
