"""Commits that have nothing to do with an incident, as every real history is full of them.

Each is a pure change of a tree, so it can be made on every later tree as well: the story's own
commits go on as if it had always been there. The same seed gives the same commits.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

Tree = dict[str, bytes]
"""Contents by path."""

PEOPLE = ("Ana", "Bilal", "Chioma", "Dmitri", "Elif", "Farid", "Grace", "Hana")
DEFINITIONS = {
    ".py": re.compile(r"^(?:async )?def \w+\("),
    ".js": re.compile(r"^(?:export )?(?:async )?function \w+\("),
    ".ts": re.compile(r"^(?:export )?(?:async )?function \w+[(<]"),
    ".go": re.compile(r"^func [(\w]"),
    ".java": re.compile(r"^ {4}(?:public |private |static |final )*[\w<>]+ \w+\("),
}
MARKS = {".py": "#", ".js": "//", ".ts": "//", ".go": "//", ".java": "//"}
RETURN = re.compile(r"^\s+return\b")
OPENS = ("{", ":", "(", "[", ",")
REMARKS = (
    "Called for every request: keep it cheap.",
    "Support reads the result of this, so its wording matters.",
    "Covered by the nightly comparison as well.",
    "The mobile app relies on this order.",
)
FEATURES = {
    ".py": (
        ("Shorten long names", "\n\ndef shortened(text, limit=40):\n    return text[:limit]\n"),
        (
            "Count words for the search index",
            "\n\ndef word_count(text):\n    return len(text.split())\n",
        ),
        (
            "Cut lists into batches",
            (
                "\n\ndef batches(items, size):\n"
                "    return [items[at : at + size] for at in range(0, len(items), size)]\n"
            ),
        ),
    ),
    ".js": (
        (
            "Shorten long names",
            "\nexport function shortened(text, limit = 40) {\n  return text.slice(0, limit);\n}\n",
        ),
        (
            "Count words for the search index",
            "\nexport function wordCount(text) {\n  return text.split(/\\s+/).length;\n}\n",
        ),
        (
            "Tell blank texts from others",
            "\nexport function isBlank(text) {\n  return text.trim() === '';\n}\n",
        ),
    ),
    ".go": (
        (
            "Shorten long names",
            (
                "\n// shortened returns at most limit bytes.\n"
                "func shortened(text string, limit int) string"
                " {\n\tif len(text) < limit {\n\t\treturn text\n\t}\n\treturn text[:limit]\n}\n"
            ),
        ),
        (
            "Clamp percentages",
            (
                "\n// clamped keeps a percentage in its range.\nfunc clamped(percent int) int {\n"
                "\treturn max(0, min(100, percent))\n}\n"
            ),
        ),
    ),
}
KINDS = ("feature", "remark", "breathe", "readme", "changes", "feature", "owners")


@dataclass(frozen=True, kw_only=True)
class NoiseCommit:
    """A commit of noise, and which commit of the story it follows."""

    after: int
    """Number of the story's commit, from 1."""
    author: str
    at: datetime
    message: str
    change: Callable[[Tree], Tree]
    """Pure; on a tree that lacks what it changes it does nothing."""


@dataclass(frozen=True, kw_only=True)
class Seed:
    """What noise is made from."""

    name: str
    count: int
    trees: tuple[Tree, ...]
    """The story's trees, oldest first."""
    dates: tuple[datetime, ...]
    busy: tuple[str, ...] = ()
    """Files that noise shall touch above all."""
    since: int = 1
    """Number of the story's commit after which at least every second one shall come."""


def make_noise(seed: Seed) -> tuple[NoiseCommit, ...]:
    """Return the commits in the order in which they are made."""
    chance = random.Random(seed.name)  # noqa: S311 - histories must be the same every time
    last = len(seed.trees)
    places = [chance.randint(seed.since if number % 2 else 1, last) for number in range(seed.count)]
    offset = chance.randrange(len(KINDS))
    used: set[str] = set()
    made = []
    for number, after in enumerate(sorted(places)):
        kind = KINDS[(offset + number) % len(KINDS)]
        message, change = _pick(kind, seed.trees[after - 1], seed.busy, chance, used)
        at = _between(seed.dates, after, number, len(places))
        author = chance.choice(PEOPLE)
        made.append(NoiseCommit(after=after, author=author, at=at, message=message, change=change))
    return tuple(made)


def _between(dates: tuple[datetime, ...], after: int, number: int, total: int) -> datetime:
    start = dates[after - 1]
    end = dates[after] if after < len(dates) else start + timedelta(days=2)
    return start + (end - start) * (number + 1) / (total + 2)


def _pick(
    kind: str, tree: Tree, busy: tuple[str, ...], chance: random.Random, used: set[str]
) -> tuple[str, Callable[[Tree], Tree]]:
    sources = [path for path in sorted(tree) if _kind_of(path) and "test" not in path]
    wanted = [path for path in sources if path in busy]
    path = chance.choice(wanted if wanted and chance.random() < 0.6 else sources)  # noqa: PLR2004 - a share
    if kind == "feature":
        free = [each for each in FEATURES.get(_kind_of(path), ()) if each[0] not in used]
        if free:
            message, code = chance.choice(free)
            used.add(message)
            return message, _appended(path, code)
    if kind == "remark":
        remark = chance.choice(REMARKS)
        return f"Say more about {_stem(path)}", _remarked(path, remark)
    if kind == "breathe":
        return f"Space out {_stem(path)}", _spaced(path)
    if kind == "owners":
        return "Name the owners", _appended("CODEOWNERS", "* @shop/platform\n")
    if kind == "changes":
        return "Keep a list of changes", _appended("CHANGES.md", f"- {_stem(path)}: tidied up\n")
    return "Explain how to reach us", _appended("README.md", f"\nAsk in #{_stem(path)}-help.\n")


def _kind_of(path: str) -> str:
    suffix = f".{path.rpartition('.')[2]}"
    return suffix if suffix in DEFINITIONS else ""


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0].replace("__init__", "package")


def _appended(path: str, text: str) -> Callable[[Tree], Tree]:
    def change(tree: Tree) -> Tree:
        if path not in tree and _kind_of(path):
            return tree
        return {**tree, path: tree.get(path, b"") + text.encode()}

    return change


def _remarked(path: str, remark: str) -> Callable[[Tree], Tree]:
    def change(tree: Tree) -> Tree:
        lines = tree.get(path, b"").decode().split("\n")
        pattern = DEFINITIONS[_kind_of(path)]
        for number, line in enumerate(lines):
            above = lines[number - 1] if number else ""
            if pattern.match(line) and not above.strip():
                lines.insert(number, f"{MARKS[_kind_of(path)]} {remark}")
                return {**tree, path: "\n".join(lines).encode()}
        return tree

    return change


def _spaced(path: str) -> Callable[[Tree], Tree]:
    """Put an empty line before each `return` that follows another statement."""

    def change(tree: Tree) -> Tree:
        if path not in tree:
            return tree
        spaced: list[str] = []
        for line in tree[path].decode().split("\n"):
            above = spaced[-1].strip() if spaced else ""
            if RETURN.match(line) and above and not above.endswith(OPENS):
                spaced.append("")
            spaced.append(line)
        return {**tree, path: "\n".join(spaced).encode()}

    return change
