"""An index of the functions of a Python file, made from its syntax tree without running it."""

import ast
import re
import warnings
from collections import deque
from collections.abc import Iterator

from pydantic import Field

from suture.domain.value import Value

MAX_SOURCE_CHARACTERS = 2_000_000
"""Longer files are data or generated; parsing them would cost more than they tell."""

MAX_DEPTH = 200
"""Deeper trees would exhaust the interpreter's stack in whatever walks them."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class FunctionSpan(Value):
    """Where a function stands in its file."""

    qualified_name: str
    """Dotted through classes and outer functions, such as `Cart.total` or `outer.inner`."""
    first: int = Field(ge=1)
    """Line of its first decorator, or of its `def`."""
    last: int = Field(ge=1)


def parse_python(source: str) -> ast.Module | None:
    """Return the syntax tree, or None for what is no Python, is too large or too deep."""
    if len(source) > MAX_SOURCE_CHARACTERS:
        return None
    try:
        with warnings.catch_warnings():
            # Odd escapes in somebody else's source are their affair.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if _depth(tree) <= MAX_DEPTH else None


def lines_of(source: str) -> list[str]:
    r"""Split as Python and git count lines: at `\n`, `\r\n` or `\r`, nowhere else."""
    lines = re.split(r"\r\n|\n|\r", source)
    if lines[-1] == "":
        lines.pop()
    return lines


def function_nodes(tree: ast.Module) -> list[tuple[str, FunctionNode]]:
    """Return all functions with their qualified names, in the order of the file."""
    found: list[tuple[str, FunctionNode]] = []
    waiting: list[tuple[str, list[ast.stmt]]] = [("", tree.body)]
    while waiting:
        prefix, body = waiting.pop()
        for node in body:
            name = prefix
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}.{node.name}" if prefix else node.name
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append((name, node))
            waiting.extend((name, inner) for inner in blocks_of(node))
    return sorted(found, key=lambda item: (item[1].lineno, item[1].col_offset))


def statements_of(tree: ast.Module) -> Iterator[ast.stmt]:
    """Return all statements of a file, the outer ones first, as `ast.walk` does."""
    waiting = deque(tree.body)
    while waiting:
        node = waiting.popleft()
        yield node
        waiting.extend(inner for block in blocks_of(node) for inner in block)


def blocks_of(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Return the blocks of a statement: definitions stand nowhere else."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if block:
            yield block
    for name in ("handlers", "cases"):
        yield from (part.body for part in getattr(node, name, ()))


def span_of(qualified_name: str, node: FunctionNode) -> FunctionSpan:
    """Return where a function stands, decorators included."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return FunctionSpan(
        qualified_name=qualified_name, first=first, last=node.end_lineno or node.lineno
    )


def functions_in(source: str) -> tuple[FunctionSpan, ...]:
    """Return all functions in the order of the file; none for what is no Python."""
    tree = parse_python(source)
    if tree is None:
        return ()
    return tuple(span_of(name, node) for name, node in function_nodes(tree))


def function_at(source: str, line: int) -> FunctionSpan | None:
    """Return the innermost function that holds this line."""
    return innermost(functions_in(source), line)


def innermost(spans: tuple[FunctionSpan, ...], line: int) -> FunctionSpan | None:
    """Return the smallest span that holds this line."""
    holding = [span for span in spans if span.first <= line <= span.last]
    return min(holding, key=lambda span: (span.last - span.first, -span.first), default=None)


def _depth(tree: ast.Module) -> int:
    depth = 0
    layer: list[ast.AST] = [tree]
    while layer and depth <= MAX_DEPTH:
        layer = [child for node in layer for child in ast.iter_child_nodes(node)]
        depth += 1
    return depth
