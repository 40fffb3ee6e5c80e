"""The repository as it was at one commit, read once and remembered."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from suture.domain.evidence import Location
from suture.domain.value import CommitSha
from suture.index.languages import Language, language_of
from suture.index.symbols import NOTHING as NO_SYMBOLS
from suture.index.symbols import FileSymbols
from suture.index.testing import is_test_file
from suture.localisation.functions import (
    FunctionNode,
    FunctionSpan,
    function_nodes,
    innermost,
    lines_of,
    parse_python,
    span_of,
)
from suture.localisation.wording import WordedFile
from suture.ports.source import SourceRepository

TEST_FOLDERS = {"tests", "test", "testing"}


class CodeFile:
    """What is known of one file: by its syntax tree in Python, by its words in other languages."""

    def __init__(self, text: str, path: str) -> None:
        self.lines = lines_of(text)
        self.tree = parse_python(text) if path.endswith(".py") else None
        self.nodes = function_nodes(self.tree) if self.tree is not None else []
        other = language_of(path) not in (None, Language.PYTHON)
        self.worded = WordedFile(path, text) if other else None
        """What its words say, if it is in a language that is read by them."""

    @cached_property
    def spans(self) -> tuple[FunctionSpan, ...]:
        """All functions in the order of the file."""
        if self.worded is not None:
            return tuple(
                FunctionSpan(qualified_name=each.name, first=each.first, last=each.last)
                for each in self.symbols.functions
            )
        return tuple(span_of(name, node) for name, node in self.nodes)

    @property
    def symbols(self) -> FileSymbols:
        """What a file in another language than Python defines, calls and imports."""
        return NO_SYMBOLS if self.worded is None else self.worded.symbols

    def function_at(self, line: int) -> FunctionSpan | None:
        """Return the innermost function that holds this line."""
        return innermost(self.spans, line)

    def node_of(self, qualified_name: str | None) -> FunctionNode | None:
        """Return a function's syntax tree; the last one, where the name is defined twice."""
        named = [node for name, node in self.nodes if name == qualified_name]
        return named[-1] if named else None

    def span_of(self, qualified_name: str) -> FunctionSpan | None:
        """Return where a function stands."""
        named = [span for span in self.spans if span.qualified_name == qualified_name]
        return named[-1] if named else None

    def line(self, number: int) -> str:
        """Return a line's text without white space around it; empty if there is none."""
        return self.lines[number - 1].strip() if 1 <= number <= len(self.lines) else ""


NOTHING = CodeFile("", "")


@dataclass(frozen=True, kw_only=True)
class Imported:
    """Where an imported name comes from: a module, or something in a module."""

    path: str
    name: str | None
    """None where the name means the module itself."""


class Snapshot:
    """One commit's files."""

    def __init__(self, repository: SourceRepository, sha: CommitSha) -> None:
        self.repository = repository
        self.sha = sha
        self._files: dict[str, CodeFile | None] = {}
        self.imports: dict[str, dict[str, Imported]] = {}
        """What the names that a file imports mean, once somebody has worked it out."""
        self.seen: dict[str, tuple[str, ...]] = {}
        """Which files a file can name, likewise."""

    @cached_property
    def paths(self) -> frozenset[str]:
        """All regular files."""
        return frozenset(self.repository.list_files(self.sha))

    @cached_property
    def by_name(self) -> dict[str, tuple[str, ...]]:
        """Paths by their last part, in order."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.paths):
            found[path.rpartition("/")[2]].append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def folders(self) -> dict[str, tuple[str, ...]]:
        """Folders that hold files, by their last part, in order."""
        found: dict[str, list[str]] = defaultdict(list)
        for folder in sorted(self._by_folder):
            found[folder.rpartition("/")[2]].append(folder)
        return {name: tuple(folders) for name, folders in found.items()}

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.paths):
            found[path.rpartition("/")[0]].append(path)
        return found

    def files_in(self, folder: str) -> tuple[str, ...]:
        """Return the files that stand right in a folder, in order."""
        return tuple(self._by_folder.get(folder, ()))

    def file(self, path: str) -> CodeFile:
        """Return a file's lines and functions; an empty one if it is missing or no text."""
        if path not in self._files:
            text = self.repository.read_file(self.sha, path)
            self._files[path] = None if text is None else CodeFile(text, path)
        return self._files[path] or NOTHING

    def locate(self, path: str, line: int) -> Location:
        """Return a place with the function that holds it."""
        span = self.file(path).function_at(line)
        return Location(path=path, line=line, function=span.qualified_name if span else None)


def is_test_path(path: str) -> bool:
    """Whether a file is there to test, by the names that test runners look for."""
    *folders, name = path.split("/")
    stem = name.removesuffix(".py")
    named = stem == "conftest" or stem.startswith("test_") or stem.endswith(("_test", "_tests"))
    return named or not TEST_FOLDERS.isdisjoint(folders) or is_test_file(path)
