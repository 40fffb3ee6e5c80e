"""Reads a source file's symbols from its bytes. The bytes may be hostile; nothing runs them."""

from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING

from suture.index.languages import Language, grammar, language_of, query
from suture.index.symbols import NOTHING, Call, Definition, FileSymbols, Import, SymbolKind

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

    Found = dict[str, list[Node]]

MAX_BYTES = 1 << 20
"""Longer files are data or generated."""
MAX_SECONDS = 2.0
"""A file of megabytes takes less; bytes made to confuse a parser would take minutes."""
MAX_NAME = 200
MAX_RECEIVER = 80
MAX_FOUND = 100_000
MAX_OPEN = 4_096
"""Matches under way at once: nesting made to confuse a query ends there."""
LONG_LINE = 20_000
"""A file with one is minified or data."""


def read_symbols(path: str, source: bytes) -> FileSymbols:
    """Return what a file defines, calls and imports; nothing for what cannot be read in time."""
    language = language_of(path)
    if language is None or not _is_written_by_hand(source):
        return NOTHING
    tree = _parsed(language, source)
    if tree is None:
        return NOTHING
    return _collected(language, _matches(language, tree))


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
    end = monotonic() + MAX_SECONDS

    def late(_: int, __: bool) -> bool:  # noqa: FBT001 -- as tree-sitter calls it
        return monotonic() > end

    try:
        # Only a source that is asked for piece by piece can be given up in the middle.
        return parser.parse(lambda start, _: source[start:] or None, progress_callback=late)
    except ValueError:
        return None


def _matches(language: Language, tree: "Tree") -> "list[tuple[int, Found]]":
    from tree_sitter import QueryCursor  # noqa: PLC0415 -- loaded with the grammars

    cursor = QueryCursor(query(language), match_limit=MAX_OPEN)
    return cursor.matches(tree.root_node)[:MAX_FOUND]


def _collected(language: Language, matches: "list[tuple[int, Found]]") -> FileSymbols:
    definitions: list[tuple[Node, str, SymbolKind]] = []
    calls: list[Call] = []
    imports: list[Import] = []
    for _, found in matches:
        if "name" in found:
            definitions.append(_definition(found))
        elif "call" in found or "passed" in found:
            calls.append(_call(found))
        else:
            imports.append(_import(language, found))
    return FileSymbols(
        definitions=tuple(_qualified(definitions)),
        calls=tuple(sorted(calls, key=lambda call: call.line)),
        imports=tuple(imports),
    )


def _definition(found: "Found") -> "tuple[Node, str, SymbolKind]":
    kind = SymbolKind.FUNCTION if "function" in found else SymbolKind.CLASS
    name = _text(found["name"][0], MAX_NAME)
    if "runner" in found:
        # The title of a test is its name; dots would say that it stands in something.
        name = name.replace(".", " ")
    if "owner" in found:
        # Go's methods stand beside their type: `*Cart` and `Stack[T]` are of `Cart` and `Stack`.
        owner = _text(found["owner"][0], MAX_NAME).lstrip("*").partition("[")[0]
        name = f"{owner}.{name}"
    return found[kind.value][0], name, kind


def _qualified(found: "list[tuple[Node, str, SymbolKind]]") -> Iterator[Definition]:
    """Name each definition through those that it stands in."""
    around: list[tuple[int, str]] = []
    for node, name, kind in sorted(found, key=lambda each: (each[0].start_byte, -each[0].end_byte)):
        while around and around[-1][0] < node.end_byte:
            around.pop()
        whole = f"{around[-1][1]}.{name}" if around else name
        around.append((node.end_byte, whole))
        outer = node.parent
        decorated = outer is not None and outer.type == "decorated_definition"
        first = outer if decorated and outer is not None else node
        yield Definition(whole, kind, first.start_point[0] + 1, node.end_point[0] + 1)


def _call(found: "Found") -> Call:
    passed = "passed" in found
    node = found["passed" if passed else "call"][0]
    receiver = _text(found["receiver"][0], MAX_RECEIVER) if "receiver" in found else ""
    return Call(_text(node, MAX_NAME), node.start_point[0] + 1, receiver, passed)


def _import(language: Language, found: "Found") -> Import:
    texts = {name: _text(nodes[0], MAX_NAME) for name, nodes in found.items()}
    module, original = texts.get("module", ""), texts.get("original", "")
    if "path" in texts:
        module, _, original = texts["path"].rpartition(".")
        whole = found["path"][0].parent
        if whole is not None and (whole.text or b"").rstrip(b"; \n").endswith(b"*"):
            return Import("*", texts["path"], "*")
    if "original.default" in texts:
        original = "default"
    module = module.strip("\"'`")
    star = original == "*" or "wildcard_import" in {node.type for node in _all(found)}
    if star:
        return Import("*", module, "*")
    local = texts.get("local") or original or _last_part(language, module)
    return Import(local, module, original)


def _all(found: "Found") -> "Iterator[Node]":
    for nodes in found.values():
        yield from nodes


def _last_part(language: Language, module: str) -> str:
    return module.rpartition("/")[2] if language is Language.GO else module


def _text(node: "Node", limit: int) -> str:
    if node.end_byte - node.start_byte > 4 * limit:
        # What is called on is a long expression, which says nothing about what it is.
        return "..."
    text = (node.text or b"").decode("utf-8", "replace")
    return text if len(text) <= limit else "..."
