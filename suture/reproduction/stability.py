"""Whether a parameter still holds what the caller passed by the time its value was captured."""

import ast
from collections.abc import Iterator

from suture.reproduction.layout import Function

MUTATORS = frozenset(
    {
        "add",
        "append",
        "appendleft",
        "clear",
        "discard",
        "extend",
        "insert",
        "pop",
        "popitem",
        "popleft",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
    }
)


def change_before(node: Function, name: str, line: int | None) -> str:
    """Say how the function changes a parameter before a line, or nothing if it does not.

    A loop around the line counts whole: its later lines ran before. Calls that pass the parameter
    on are not followed.
    """
    last = _end_of_reach(node, line)
    for item in _own_nodes(node):
        if getattr(item, "lineno", last + 1) > last:
            continue
        if _rebinds(item, name):
            return f"{name} is assigned anew before the crash"
        if _mutates(item, name):
            return f"{name} is changed in place before the crash"
    return ""


def _end_of_reach(node: Function, line: int | None) -> int:
    end = node.end_lineno or node.lineno
    if line is None or not node.lineno <= line <= end:
        return end
    loops = [
        item.end_lineno or end
        for item in _own_nodes(node)
        if isinstance(item, ast.For | ast.AsyncFor | ast.While)
        and item.lineno <= line <= (item.end_lineno or end)
    ]
    return max([line, *loops])


def _own_nodes(node: Function) -> Iterator[ast.AST]:
    """Yield the nodes of the body, without those of nested functions."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        item = waiting.pop()
        yield item
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(item))


def _rebinds(item: ast.AST, name: str) -> bool:
    return isinstance(item, ast.Name) and item.id == name and not isinstance(item.ctx, ast.Load)


def _mutates(item: ast.AST, name: str) -> bool:
    if isinstance(item, ast.Attribute | ast.Subscript) and not isinstance(item.ctx, ast.Load):
        return _root(item) == name
    if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute):
        return item.func.attr in MUTATORS and _root(item.func) == name
    return False


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
