"""Whether a function that returns values may also return None without saying so."""

import ast

from suture.localisation.functions import FunctionNode


def none_line(node: FunctionNode) -> int | None:
    """Return the line where a function that returns values may return None, or None."""
    returns = [each for each in own_nodes(node) if isinstance(each, ast.Return)]
    bare = [each.lineno for each in returns if _is_none(each.value)]
    if len(bare) == len(returns):
        return None
    if bare:
        return bare[0]
    last = node.body[-1]
    return None if _ends(last) else last.lineno


def own_nodes(node: FunctionNode) -> list[ast.AST]:
    """Return the nodes of a function without those of functions inside it."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        found.append(each)
        waiting.extend(ast.iter_child_nodes(each))
    return sorted(found, key=lambda item: getattr(item, "lineno", 0))


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _ends(statement: ast.stmt) -> bool:
    """Whether control cannot run past this statement, as far as its shape tells."""
    if isinstance(statement, ast.Return | ast.Raise):
        return True
    if isinstance(statement, ast.If):
        return bool(statement.orelse) and _ends(statement.body[-1]) and _ends(statement.orelse[-1])
    if isinstance(statement, ast.Try):
        tails = [statement.body[-1], *(handler.body[-1] for handler in statement.handlers)]
        return all(_ends(tail) for tail in tails) or any(map(_ends, statement.finalbody[-1:]))
    if isinstance(statement, ast.While):
        return isinstance(statement.test, ast.Constant) and bool(statement.test.value)
    return isinstance(statement, ast.With | ast.AsyncWith) and _ends(statement.body[-1])
