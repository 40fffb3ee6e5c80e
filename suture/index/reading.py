"""Reads a source file's symbols from its bytes. The bytes may be hostile; nothing runs them."""

from collections.abc import Iterator
from time import thread_time
from typing import TYPE_CHECKING

from suture.index.languages import Language, grammar, language_of, query
from suture.index.symbols import NOTHING, Call, Definition, FileSymbols, Import, SymbolKind

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

    Found = dict[str, list[Node]]

MAX_BYTES = 1 << 20
"""Longer files are data or generated."""
MAX_SECONDS = 2.0
"""Of CPU time. A file of a megabyte takes less; bytes made to confuse a parser take minutes."""
MAX_NAME = 200
MAX_WHOLE = 500
MAX_RECEIVER = 80
MAX_FOUND = 100_000
MAX_OPEN = 4_096
"""Matches under way at once: nesting made to confuse a query ends there."""
RUNNERS = frozenset({"test", "it"})
GROUPS = frozenset({"describe", "suite", "context"})
LONG_LINE = 20_000
"""A file with one is minified or data."""


def read_symbols(path: str, source: bytes) -> FileSymbols:
    """Return what a file defines, calls and imports; nothing for what cannot be read in time."""
    reader = _reader(path, source)
    return reader.symbols() if reader else NOTHING


def read_functions(path: str, source: bytes) -> "tuple[tuple[Definition, Node], ...]":
    """Return the functions of a file with their nodes, in order; nothing for what cannot be read.

    A function that is a value is known by what names it: a declarator, a pair or an assignment.
    """
    reader = _reader(path, source)
    named = reader.qualified() if reader else ()
    return tuple((found, node) for found, node in named if found.kind is SymbolKind.FUNCTION)


def _reader(path: str, source: bytes) -> "_Reader | None":
    """Return what has read a file; None for what cannot be read in time."""
    language = language_of(path)
    if language is None or not _is_written_by_hand(source):
        return None
    tree = _parsed(language, source)
    if tree is None:
        return None
    reader = _Reader(language, source)
    reader.read(_matches(language, tree))
    return reader


def _is_written_by_hand(source: bytes) -> bool:
    if len(source) > MAX_BYTES or b"\0" in source:
        return False
    start = 0
    while start < len(source) - LONG_LINE:
        end = source.rfind(b"\n", start, start + LONG_LINE)
        if end < start:
            return False
        start = end + 1
    return True


def _parsed(language: Language, source: bytes) -> "Tree | None":
    from tree_sitter import Parser  # noqa: PLC0415 -- loaded with the grammars

    parser = Parser(grammar(language))
    end = thread_time() + MAX_SECONDS
    view = memoryview(source)

    def late(_: int, __: bool) -> bool:  # noqa: FBT001 -- as tree-sitter calls it
        return thread_time() > end

    try:
        # Only a source that is asked for piece by piece can be given up in the middle.
        return parser.parse(lambda start, _: view[start:] or None, progress_callback=late)
    except ValueError:
        return None


def _matches(language: Language, tree: "Tree") -> "list[tuple[int, Found]]":
    from tree_sitter import QueryCursor  # noqa: PLC0415 -- loaded with the grammars

    cursor = QueryCursor(query(language), match_limit=MAX_OPEN)
    return cursor.matches(tree.root_node)[:MAX_FOUND]


class _Reader:
    """Makes symbols of what the query found in one file."""

    def __init__(self, language: Language, source: bytes) -> None:
        self._language = language
        self._source = source
        self._definitions: list[tuple[Node, str, SymbolKind]] = []
        self._calls: list[Call] = []
        self._imports: list[Import] = []
        self._decorated: dict[int, int] = {}
        """The row on which the decorators of a definition begin, by where that begins."""

    def read(self, matches: "list[tuple[int, Found]]") -> None:
        """Sort all that was found."""
        for _, found in matches:
            if not self._is_meant(found):
                continue
            if "call" in found:
                self._calls.append(self._call(found, "call", passed=False))
            elif "passed" in found:
                self._calls.append(self._call(found, "passed", passed=True))
            elif "name" in found:
                self._definitions.append(self._definition(found))
            elif "decorated" in found:
                row = found["decorated"][0].start_point[0]
                self._decorated[found["inner"][0].start_byte] = row
            else:
                self._imports.append(self._import(found))

    def symbols(self) -> FileSymbols:
        """Return all of it."""
        return FileSymbols(
            definitions=tuple(found for found, _ in self.qualified()),
            calls=tuple(sorted(self._calls, key=lambda call: call.line)),
            imports=tuple(self._imports),
        )

    def _is_meant(self, found: "Found") -> bool:
        """Judge what a query's own predicates would: those crash on sources read in pieces."""
        if "require" in found:
            return self._text(found["require"][0], MAX_NAME) == "require"
        if "runner" in found:
            names = RUNNERS if "function" in found else GROUPS
            return self._text(found["runner"][0], MAX_NAME) in names
        return True

    def _definition(self, found: "Found") -> "tuple[Node, str, SymbolKind]":
        kind = SymbolKind.FUNCTION if "function" in found else SymbolKind.CLASS
        name = self._text(found["name"][0], MAX_NAME)
        if "runner" in found:
            # The title of a test is its name; dots would say that it stands in something.
            name = name.replace(".", " ")
        if "owner" in found:
            # Go's methods stand beside their type: `*Cart` and `Stack[T]` are `Cart` and `Stack`.
            owner = self._text(found["owner"][0], MAX_NAME).lstrip("*").partition("[")[0]
            name = f"{owner}.{name}"
        return found[kind.value][0], name, kind

    def qualified(self) -> "Iterator[tuple[Definition, Node]]":
        """Name each definition through those that it stands in."""
        around: list[tuple[int, str]] = []
        for node, name, kind in sorted(self._definitions, key=_span):
            start, end = node.start_byte, node.end_byte
            while around and around[-1][0] < end:
                around.pop()
            whole = f"{around[-1][1]}.{name}" if around else name
            around.append((end, whole[-MAX_WHOLE:]))
            row = self._decorated.get(start, node.start_point[0])
            found = Definition(whole[-MAX_WHOLE:], kind, row + 1, node.end_point[0] + 1)
            yield found, node

    def _call(self, found: "Found", what: str, *, passed: bool) -> Call:
        node = found[what][0]
        receiver = self._text(found["receiver"][0], MAX_RECEIVER) if "receiver" in found else ""
        return Call(self._text(node, MAX_NAME), node.start_point[0] + 1, receiver, passed)

    def _import(self, found: "Found") -> Import:
        texts = {name: self._text(nodes[0], MAX_NAME) for name, nodes in found.items()}
        module, original = texts.get("module", ""), texts.get("original", "")
        if "path" in texts:
            end = found["path"][0].end_byte
            if self._source[end : end + 2] == b".*":
                return Import("*", texts["path"], "*")
            module, _, original = texts["path"].rpartition(".")
        if "original.default" in texts:
            original = "default"
        module = module.strip("\"'`")
        if original == "*":
            return Import("*", module, "*")
        go = self._language is Language.GO
        whole = module.rpartition("/")[2] if go else module
        return Import(texts.get("local") or original or whole, module, original)

    def _text(self, node: "Node", limit: int) -> str:
        """Return a node's text; dots for a long expression, which says nothing by its words."""
        start, end = node.start_byte, node.end_byte
        return self._source[start:end].decode("utf-8", "replace") if end - start <= limit else "..."


def _span(definition: "tuple[Node, str, SymbolKind]") -> tuple[int, int]:
    return definition[0].start_byte, -definition[0].end_byte
