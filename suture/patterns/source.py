"""A Python file as text with a syntax tree over it: edits splice the text, nothing is reprinted.

Positions come from the standard library's `ast`, whose columns count UTF-8 bytes:
https://docs.python.org/3/library/ast.html#ast.AST.col_offset
Whatever lies outside an edit stays as it is, byte for byte: line ends, tabs, quotes, comments.
"""

import ast
import re
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeGuard

from suture.localisation.functions import FunctionNode, function_nodes, parse_python

MAX_CHARACTERS = 400_000
MAX_SHOWN = 60
MAX_EXPRESSION = 120
MARK = "\ufeff"
COMPUTED = (ast.Call, ast.Compare, ast.BinOp, ast.BoolOp, ast.Subscript)

Placed = ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias | ast.excepthandler
"""Nodes that have a position."""


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replaces the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, eq=False)
class SourceFile:
    """A file that parses. Compared by identity."""

    path: str
    text: str
    """Without a byte order mark."""
    tree: ast.Module
    mark: str = ""
    bound: dict[ast.AST, frozenset[str]] = field(default_factory=dict)
    """Names that a function or the module binds, kept by who computes them."""
    _own: dict[ast.AST, tuple[ast.AST, ...]] = field(default_factory=dict)
    _within: dict[ast.AST, tuple[ast.AST, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, path: str, content: str) -> "SourceFile | None":
        """Return the file, or None for what is too large or no Python."""
        if len(content) > MAX_CHARACTERS:
            return None
        text = content.removeprefix(MARK)
        tree = parse_python(text)
        if tree is None:
            return None
        return cls(path, text, tree, content[: len(content) - len(text)])

    @cached_property
    def lines(self) -> list[str]:
        """Lines with their ends."""
        return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", self.text)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line))
        return starts

    @cached_property
    def newline(self) -> str:
        """How the file ends its lines."""
        found = re.search(r"\r\n|\n|\r", self.text)
        return found.group() if found else "\n"

    @cached_property
    def unit(self) -> str:
        """One level of indentation, as the file's first block has it."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None)
            if isinstance(node, ast.stmt) and isinstance(body, list) and self.alone(body[0]):
                return self.indent(body[0]).removeprefix(self.indent(node)) or "    "
        return "    "

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return {
            child: parent
            for parent in ast.walk(self.tree)
            for child in ast.iter_child_nodes(parent)
        }

    @cached_property
    def functions(self) -> dict[str, FunctionNode]:
        """Functions by qualified name; of several with one name, the last."""
        return dict(function_nodes(self.tree))

    @cached_property
    def names(self) -> dict[ast.AST, str]:
        """Qualified names by function."""
        return {node: name for name, node in function_nodes(self.tree)}

    @cached_property
    def statements(self) -> tuple[ast.stmt, ...]:
        """All statements, outer before inner."""
        return tuple(node for node in ast.walk(self.tree) if isinstance(node, ast.stmt))

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All nodes."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def constants(self) -> dict[str, ast.Assign]:
        """Assignments to one name at the top of the file, by the name; of several, the last."""
        return {
            node.targets[0].id: node
            for node in self.tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }

    @cached_property
    def expressions(self) -> dict[str, tuple[ast.expr, frozenset[str]]]:
        """Calls, conditions and calculations on one line, each text once, with what they read."""
        found: dict[str, tuple[ast.expr, frozenset[str]]] = {}
        for node in self.nodes:
            if isinstance(node, COMPUTED) and node.lineno == node.end_lineno:
                text = self.segment(node)
                if len(text) <= MAX_EXPRESSION and text not in found:
                    names = (n.id for n in ast.walk(node) if isinstance(n, ast.Name))
                    found[text] = node, frozenset(names)
        return found

    @cached_property
    def numbers(self) -> frozenset[str]:
        """All numbers, as they are written."""
        return frozenset(self.segment(node) for node in self.nodes if is_number(node))

    @cached_property
    def strings(self) -> Counter[str]:
        """All short one-line texts with how often they stand here."""
        return Counter(
            node.value
            for node in self.nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if len(node.value) <= MAX_SHOWN and node.value.isprintable()
        )

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the parents, innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function_of(self, node: ast.AST) -> FunctionNode | None:
        """Return the innermost function around a node."""
        for outer in self.ancestors(node):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                return outer
        return None

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the innermost class around a node."""
        return next((o for o in self.ancestors(node) if isinstance(o, ast.ClassDef)), None)

    def own_nodes(self, statement: ast.AST) -> tuple[ast.AST, ...]:
        """Return a statement's own nodes, without the statements inside it.

        What a function's head says of types is left out: it does nothing.
        """
        if statement not in self._own:
            found: list[ast.AST] = []
            waiting: list[ast.AST] = [statement]
            while waiting:
                node = waiting.pop(0)
                found.append(node)
                said = {getattr(node, "annotation", None), getattr(node, "returns", None)}
                waiting.extend(
                    child
                    for child in ast.iter_child_nodes(node)
                    if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
                    if isinstance(node, ast.AnnAssign) or child not in said
                )
            self._own[statement] = tuple(found)
        return self._own[statement]

    def within(self, node: ast.AST) -> tuple[ast.AST, ...]:
        """Return all nodes of a function or of another large node, walked once."""
        if node not in self._within:
            self._within[node] = tuple(ast.walk(node))
        return self._within[node]

    def offset(self, line: int, column: int) -> int:
        """Turn a line and its UTF-8 column into an offset of characters."""
        start = self._starts[line - 1]
        text = self.lines[line - 1]
        if text.isascii():
            return start + column
        return start + len(text.encode(errors="replace")[:column].decode(errors="replace"))

    def span(self, node: Placed) -> tuple[int, int]:
        """Return where a node's text starts and ends."""
        start = self.offset(node.lineno, node.col_offset)
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        if isinstance(node, ast.GeneratorExp):
            call = self.parents[node]
            if isinstance(call, ast.Call) and self.span(call)[1] == end:
                # A generator that is the only argument borrows the brackets of its call.
                return start + 1, end - 1
        return start, end

    def segment(self, node: Placed) -> str:
        """Return a node's own text."""
        start, end = self.span(node)
        return self.text[start:end]

    def shown(self, node: Placed) -> str:
        """Return a node's text on one bounded line, for titles."""
        return shown(self.segment(node))

    def replace(self, node: Placed, text: str) -> Edit:
        """Put other text in a node's place."""
        return Edit(*self.span(node), text)

    def rename(self, node: ast.Attribute, name: str) -> Edit:
        """Put another name after the dot, and leave line breaks before it alone."""
        end = self.span(node)[1]
        return Edit(end - len(node.attr), end, name)

    def wrap(self, node: Placed, before: str, after: str) -> tuple[Edit, ...]:
        """Put text around a node."""
        start, end = self.span(node)
        return Edit(start, start, before), Edit(end, end, after)

    def indent(self, statement: ast.stmt) -> str:
        """Return the white space before a statement's line."""
        line = self.lines[first_line(statement) - 1]
        return line[: len(line) - len(line.lstrip(" \t\f"))]

    def alone(self, statement: ast.stmt) -> bool:
        """Whether no other statement shares a line with this one."""
        start, end = self.span(statement)
        before = self.text[self._starts[statement.lineno - 1] : start]
        after = self.text[end : self._starts[statement.end_lineno or statement.lineno]]
        return not before.strip() and re.fullmatch(r"\s*(#[^\r\n]*)?\s*", after) is not None

    def before(self, statement: ast.stmt, *lines: str) -> Edit:
        """Insert lines before a statement, at its indentation."""
        at = self._starts[first_line(statement) - 1]
        return Edit(at, at, self._block(self.indent(statement), lines))

    def after(self, statement: ast.stmt, *lines: str) -> Edit:
        """Insert lines after a statement, at its indentation."""
        line = statement.end_lineno or statement.lineno
        block = self._block(self.indent(statement), lines)
        end = self._starts[line]
        if self.lines[line - 1].endswith(("\n", "\r")):
            return Edit(end, end, block)
        return Edit(end, end, self.newline + block[: -len(self.newline)])

    def _block(self, indent: str, lines: Iterable[str]) -> str:
        return "".join(f"{indent}{line.replace(chr(9), self.unit)}{self.newline}" for line in lines)

    def whole_lines(self, first: int, last: int) -> tuple[int, int]:
        """Return the span of whole lines, ends included; `last` < `first` is an empty span."""
        return self._starts[first - 1], self._starts[last]

    def apply(self, edits: Iterable[Edit]) -> str:
        """Return the whole file with the edits made. They must not overlap."""
        return self.mark + splice(self.text, edits)


def splice(text: str, edits: Iterable[Edit], shift: int = 0) -> str:
    """Make the edits, whose offsets lie `shift` too high for this text.

    Of several insertions at one place, the first given comes first.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    for edit in reversed(ordered):
        text = text[: edit.start - shift] + edit.text + text[edit.end - shift :]
    return text


def shown(text: str) -> str:
    """Return text on one bounded line."""
    return textwrap.shorten(text, MAX_SHOWN, placeholder="...") or "..."


def is_number(node: ast.AST) -> TypeGuard[ast.Constant]:
    """Whether a node is a literal int or float, not a bool."""
    return isinstance(node, ast.Constant) and type(node.value) in {int, float}


def first_line(statement: ast.stmt) -> int:
    """Return a statement's first line, decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def is_python(text: str) -> bool:
    """Whether a text compiles. What it warns of is its owners' affair."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "candidate.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True
