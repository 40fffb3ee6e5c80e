"""Patches that please the failing test and mend nothing, as classes, read from the syntax trees.

- It asks for the very value that the failing test uses, and answers that one otherwise.
- It makes a condition always or never hold.
- It catches every error and goes on as if nothing had been.
- It takes out a check: a `raise` or an `assert`.
- It takes out statements that no passing test runs.
- It makes what follows unreachable.

Anti-patterns of generated repairs: https://doi.org/10.1145/2950290.2950295. What brings back the
project's own earlier code is not judged here: its author meant it.
"""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from suture.localisation.functions import function_nodes, parse_python

COMMON = frozenset({"''", "'\\n'", "' '", "0", "1", "-1", "2", "True", "False", "None", "0.0"})
"""Values that any test uses."""
BROAD = frozenset({"Exception", "BaseException"})
ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
MAX_TOLD = 2_000


def told_values(texts: Collection[str]) -> frozenset[str]:
    """Return the telling constants in the sources of tests, as Python writes them."""
    found: set[str] = set()
    for text in texts:
        tree = parse_python(text)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Constant) and len(found) < MAX_TOLD:
                found.add(repr(node.value))
    return frozenset(found - COMMON)


def objection(
    base: str, patched: str, told: frozenset[str], passed: Mapping[int, int] | None = None
) -> str:
    """Say why a patch of one Python file is no mending, or nothing.

    `told` are the failing tests' constants. `passed` says of each line of the base that failing
    tests run how many passing ones run it; None where that is not known.
    """
    old, new = parse_python(base), parse_python(patched)
    if old is None or new is None:
        return ""
    before, after = dict(function_nodes(old)), dict(function_nodes(new))
    for name, node in after.items():
        was = before.get(name)
        if was is not None and ast.dump(was) != ast.dump(node):
            found = _of_function(was, node, told - _constants(old), passed)
            if found:
                return f"{found} ({name})"
    return ""


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _of_function(
    was: Function, now: Function, told: frozenset[str], passed: Mapping[int, int] | None
) -> str:
    if _more(_asked(was, told), _asked(now, told)):
        return "It answers a value of the failing test in a way of its own."
    if _more(_settled(was), _settled(now)):
        return "It makes a condition always or never hold."
    if _more(_swallowing(was), _swallowing(now)):
        return "It swallows every error."
    if _more(_cut_off(was), _cut_off(now)):
        return "It makes what follows unreachable."
    return _taken_out(was, now, passed)


def _more(before: Iterator[str], after: Iterator[str]) -> bool:
    return bool(Counter(after) - Counter(before))


def _constants(tree: ast.AST) -> frozenset[str]:
    nodes = ast.walk(tree)
    return frozenset(repr(node.value) for node in nodes if isinstance(node, ast.Constant))


def _conditions(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            yield node.test


def _asked(tree: ast.AST, told: frozenset[str]) -> Iterator[str]:
    """Yield the failing test's own values that conditions compare with."""
    for condition in _conditions(tree):
        for node in ast.walk(condition):
            if isinstance(node, ast.Compare):
                yield from _constants(node) & told


def _settled(tree: ast.AST) -> Iterator[str]:
    """Yield conditions that always or never hold, but for endless loops."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp) and _is_settled(node.test):
            yield "branch"
        elif isinstance(node, ast.While) and _is_settled(node.test):
            # `while True` with its own way out is how loops are written.
            ways_out = any(isinstance(inner, ast.Break | ast.Return) for inner in ast.walk(node))
            if not (ways_out and isinstance(node.test, ast.Constant) and node.test.value):
                yield "loop"


def _is_settled(test: ast.expr) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _is_settled(test.operand)
    if isinstance(test, ast.BoolOp):
        ends = isinstance(test.op, ast.Or)
        return any(isinstance(v, ast.Constant) and bool(v.value) is ends for v in test.values)
    return isinstance(test, ast.Constant)


def _swallowing(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _reacts(node):
            yield "handler"


def _reacts(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(inner, ast.Raise | ast.Call) for inner in ast.walk(handler))


def _is_broad(caught: ast.expr | None) -> bool:
    return caught is None or (isinstance(caught, ast.Name) and caught.id in BROAD)


def _cut_off(tree: ast.AST) -> Iterator[str]:
    for block in _blocks(tree):
        yield from ("end" for statement in block[:-1] if isinstance(statement, ENDS))


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield block


def _taken_out(was: Function, now: Function, passed: Mapping[int, int] | None) -> str:
    """Look at statements that are gone, where nothing stands in their place."""
    before, after = list(_statements(was)), list(_statements(now))
    kept = Counter(ast.dump(node) for node in after if not _holds_others(node))
    if len(after) >= len(before) or kept - Counter(ast.dump(node) for node in before):
        return ""
    gone: list[ast.stmt] = []
    for node in before:
        text = ast.dump(node)
        if kept[text]:
            kept[text] -= 1
        elif not _holds_others(node):
            gone.append(node)
    if any(isinstance(node, ast.Raise | ast.Assert) for node in gone):
        return "It takes out a check."
    if gone and passed is not None and not any(passed.get(node.lineno, 0) for node in gone):
        return "It takes out what no passing test runs."
    return ""


def _statements(tree: Function) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node is not tree:
            yield node


def _holds_others(node: ast.stmt) -> bool:
    return bool(getattr(node, "body", None))
