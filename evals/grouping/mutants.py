"""Makes faults of a library's source, one in each mutant, on one line that keeps its number."""

import ast
import random
from collections.abc import Iterator
from typing import NamedTuple

MAX_PER_FUNCTION = 2
SWAPPED = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "==", "in": "not in",
           "is": "is not", "not in": "in", "is not": "is"}  # fmt: skip
COMPARED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.Gt: ">",
    ast.LtE: "<=",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


class Mutant(NamedTuple):
    """A library's file with one fault."""

    name: str
    """The line and the kind of the fault."""
    function: str
    line: int
    text: str
    """The whole file."""


class _Edit(NamedTuple):
    kind: str
    line: int
    start: int
    end: int
    """In characters of the line."""
    new: str


def make_mutants(source: str, seed: str) -> Iterator[Mutant]:
    """Yield mutants of a source in a seeded order, at most two of each function."""
    lines = source.split("\n")
    edits = [
        (name, edit)
        for name, function in _functions(ast.parse(source))
        for edit in _edits(function)
    ]
    random.Random(seed).shuffle(edits)  # noqa: S311 - a seeded sample, no secret
    made: dict[str, int] = {}
    touched: set[int] = set()
    for name, edit in edits:
        if made.get(name, 0) >= MAX_PER_FUNCTION or edit.line in touched:
            continue
        text = _applied(lines, edit)
        if _compiles(text):
            made[name] = made.get(name, 0) + 1
            touched.add(edit.line)
            yield Mutant(f"{edit.line}:{edit.kind}", name, edit.line, text)


def _applied(lines: list[str], edit: _Edit) -> str:
    line = lines[edit.line - 1].encode()
    changed = line[: edit.start] + edit.new.encode() + line[edit.end :]
    return "\n".join([*lines[: edit.line - 1], changed.decode(), *lines[edit.line :]])


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _functions(tree: ast.AST) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.walk(tree):
        owner = node.name if isinstance(node, ast.ClassDef) else ""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                yield f"{owner}.{child.name}@{child.lineno}", child


def _edits(function: ast.FunctionDef) -> Iterator[_Edit]:
    """Yield what may be broken in a function: what people break, too."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield from _replaced("return", node.value, "None")
        elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
            yield from _replaced("assign", node.value, "None")
        elif isinstance(node, ast.expr):
            yield from _expression(node)


def _expression(node: ast.expr) -> Iterator[_Edit]:
    match node:
        case ast.Attribute(ctx=ast.Load()):
            yield from _replaced("attribute", node, f"{ast.unparse(node)}_")
        case ast.Subscript(slice=ast.Constant() as index):
            yield from _subscript(index)
        case ast.Compare(ops=[_]):
            yield from _compared(node)
        case ast.Call(args=[_, *_], keywords=[]):
            yield from _replaced("argument", node, f"{ast.unparse(node.func)}({_fewer(node)})")
        case ast.UnaryOp(op=ast.Not()):
            yield from _replaced("not", node, ast.unparse(node.operand))
        case ast.BinOp(op=ast.Add()):
            left, right = ast.unparse(node.left), ast.unparse(node.right)
            yield from _replaced("operator", node, f"{left} - {right}")


def _fewer(call: ast.Call) -> str:
    return ", ".join(ast.unparse(each) for each in call.args[:-1])


def _subscript(index: ast.Constant) -> Iterator[_Edit]:
    if isinstance(index.value, str):
        yield from _replaced("key", index, repr(f"{index.value}_"))
    elif type(index.value) is int:
        yield from _replaced("index", index, str(index.value + 2))


def _compared(node: ast.Compare) -> Iterator[_Edit]:
    sign = COMPARED[type(node.ops[0])]
    left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
    yield from _replaced("comparison", node, f"{left} {SWAPPED[sign]} {right}")


def _replaced(kind: str, node: ast.expr, new: str) -> Iterator[_Edit]:
    if node.lineno == node.end_lineno and node.end_col_offset is not None and "\n" not in new:
        yield _Edit(kind, node.lineno, node.col_offset, node.end_col_offset, new)
