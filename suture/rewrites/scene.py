"""What rewrites work on: files under suspicion, their functions, and how suspicious each is.

Nothing is known of how a test came to fail but its text and its name, and what was changed since
all was well. So a function that the failing test names leads, then what that one calls, then
whatever else lies in the files that the test imports.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING

from pydantic import Field

from suture.domain.evidence import Location
from suture.domain.value import Value
from suture.index.languages import Language, grammar, language_of
from suture.index.reading import read_symbols
from suture.index.symbols import Definition, SymbolKind

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

MAX_FILE = 200_000
"""Bytes above which a file is not rewritten."""
MAX_NODES = 60_000
MAX_SECONDS = 1.0
"""Of parsing a file that is made to confuse."""
WORD = re.compile(r"[A-Za-z_$][\w$]*")
NAMED, CALLED, IN_TEST_FILE, BESIDE = 1.0, 0.8, 0.7, 0.3
CHANGED = 1.6
ON_PATH = 1.0


class RewriteScene(Value):
    """All that rewrites may look at. Paths are relative to the repository."""

    sources: Mapping[str, str]
    """Text by path at the base, without tests; what is more likely at fault comes first."""
    last_good: Mapping[str, str] = Field(default_factory=dict)
    """The same files when all was well, as far as that is known."""
    tests: Mapping[str, str] = Field(default_factory=dict)
    """The files of the failing tests."""
    names: tuple[str, ...] = ()
    """What the failing tests are called, and what they say."""
    path: tuple[Location, ...] = ()
    """Places on the way to the failure, the last one where it showed."""


@dataclass(frozen=True)
class Suspect:
    """A function under suspicion, or what stands outside all of them."""

    name: str
    first: int
    last: int
    weight: float


class SourceText:
    """One file, parsed."""

    def __init__(self, path: str, text: str, language: Language) -> None:
        self.path = path
        self.text = text
        self.language = language
        self.bytes = text.encode("utf-8", "surrogatepass")
        self.lines = text.splitlines(keepends=True)

    @cached_property
    def tree(self) -> "Tree | None":
        """The syntax tree; None if it cannot be had in time."""
        return parsed(self.language, self.bytes)

    @cached_property
    def functions(self) -> tuple[Definition, ...]:
        """All functions in the order of the file."""
        found = read_symbols(self.path, self.bytes).definitions
        return tuple(each for each in found if each.kind is SymbolKind.FUNCTION)

    @cached_property
    def nodes(self) -> "tuple[Node, ...]":
        """All nodes in the order of the file, bounded."""
        found: list[Node] = []
        pending = [self.tree.root_node] if self.tree is not None else []
        while pending and len(found) < MAX_NODES:
            node = pending.pop()
            found.append(node)
            pending.extend(reversed(node.children))
        return tuple(found)

    def text_of(self, node: "Node") -> str:
        """Return a node's own text."""
        return self.bytes[node.start_byte : node.end_byte].decode("utf-8", "replace")


def parsed(language: Language, source: bytes) -> "Tree | None":
    """Parse a source; what cannot be read is marked in the tree. None: it took too long."""
    from tree_sitter import Parser  # noqa: PLC0415 -- loaded with the grammars

    end = monotonic() + MAX_SECONDS
    view = memoryview(source)

    def late(_: int, __: bool) -> bool:  # noqa: FBT001 -- as tree-sitter calls it
        return monotonic() > end

    try:
        # Only a source that is asked for piece by piece can be given up in the middle.
        return Parser(grammar(language)).parse(
            lambda start, _: view[start:] or None, progress_callback=late
        )
    except ValueError:
        return None


class Suspicion:
    """The files of a scene with how suspicious their functions and lines are."""

    def __init__(self, scene: RewriteScene) -> None:
        self.scene = scene
        self.files = tuple(self._files())
        self._failing = words_of(self._failing_text())
        self._beside = words_of("\n".join(scene.tests.values()))

    def _files(self) -> Iterator[SourceText]:
        # Python has patterns of its own.
        for path, text in self.scene.sources.items():
            language = language_of(path)
            readable = len(text) <= MAX_FILE and "\0" not in text
            if language is not None and language is not Language.PYTHON and readable:
                yield SourceText(path, text, language)

    def _failing_text(self) -> str:
        """Return the text of the failing tests, without those beside them where that is clear."""
        said = list(self.scene.names)
        for path, text in self.scene.tests.items():
            lines = text.splitlines()
            for found in read_symbols(path, text.encode("utf-8", "replace")).definitions:
                own = found.name.rpartition(".")[2]
                if any(is_named(own, name) for name in self.scene.names):
                    said += lines[found.first - 1 : found.last]
        return "\n".join(said)

    def suspects(self, file: SourceText) -> tuple[Suspect, ...]:
        """Return the functions of a file with their weights, inner ones after outer ones."""
        own = [self._weight(found.name) for found in file.functions]
        called = set[str]()
        for found, weight in zip(file.functions, own, strict=True):
            if weight >= NAMED:
                called |= words_of("".join(file.lines[found.first - 1 : found.last]))
        weighed = [
            max(weight, CALLED if found.name.rpartition(".")[2] in called else 0.0)
            for found, weight in zip(file.functions, own, strict=True)
        ]
        whole = Suspect("", 1, len(file.lines) + 1, BESIDE)
        return (
            whole,
            *(
                Suspect(found.name, found.first, found.last, self._on_path(file, found, weight))
                for found, weight in zip(file.functions, weighed, strict=True)
            ),
        )

    def _weight(self, name: str) -> float:
        own = name.rpartition(".")[2]
        if own in self._failing:
            return NAMED
        return IN_TEST_FILE if own in self._beside else BESIDE

    def _on_path(self, file: SourceText, found: Definition, weight: float) -> float:
        crossed = any(
            place.path == file.path and found.first <= place.line <= found.last
            for place in self.scene.path
        )
        return max(weight, ON_PATH) if crossed else weight

    def weights(self, file: SourceText) -> list[float]:
        """Return how suspicious each line is, from line 1 on; index 0 stands for nothing."""
        weights = [0.0] * (len(file.lines) + 2)
        for suspect in self.suspects(file):
            for line in range(suspect.first, min(suspect.last, len(file.lines)) + 1):
                weights[line] = suspect.weight
        for line in changed_lines(self.scene.last_good.get(file.path), file.text):
            weights[line] *= CHANGED
        crossed = {place.line for place in self.scene.path if place.path == file.path}
        for line in crossed & set(range(len(weights))):
            weights[line] *= CHANGED
        return weights


def words_of(text: str) -> set[str]:
    """Return the identifiers of a text."""
    return set(WORD.findall(text))


def is_named(own: str, name: str) -> bool:
    """Whether the name of a failing test ends with a definition's own name."""
    plain = " ".join(re.findall(r"\w+", name))
    return bool(own) and plain.endswith(" ".join(re.findall(r"\w+", own)))


def changed_lines(good: str | None, now: str) -> Iterator[int]:
    """Yield the lines that differ from the good text; for lines that are gone the one after."""
    if good is None or good == now:
        return
    matcher = difflib.SequenceMatcher(None, good.splitlines(), now.splitlines(), autojunk=False)
    for tag, _, _, first, last in matcher.get_opcodes():
        if tag != "equal":
            yield from range(first + 1, max(last, first + 1) + 1)
