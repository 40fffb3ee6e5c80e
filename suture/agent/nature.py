"""What sort of change a model's patch is, read from the syntax trees and not from its words.

What visibly hides the error never counts as a fix: swallowing it, or answering with a made-up
value. What answers an odd case early with nothing is a guard, for which no convention speaks.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator

from suture.agent.syntax_nature import nature_by_syntax
from suture.domain.patch import PatchNature
from suture.index.languages import Language, language_of
from suture.localisation.functions import function_nodes, parse_python

EMPTY = frozenset({"None", "0", "0.0", "1", "-1", "''", "True", "False", "[]", "()", "{}"})
SILENT_CALLS = frozenset({"suppress"})
DEFAULTING_ARGUMENTS = {"getattr": 3, "next": 2, "get": 1}
"""Calls that answer something instead of failing, from so many arguments on."""

SNOOPING = re.compile(r"pytest|unittest|_getframe|^inspect$", re.IGNORECASE)


def nature_of(path: str, before: str, after: str) -> PatchNature:
    """Return the worst thing that the change adds to one file."""
    language = language_of(path)
    if language not in {Language.PYTHON, None}:
        return nature_by_syntax(path, before, after, language)
    old, new = parse_python(before.lstrip("\ufeff")), parse_python(after.lstrip("\ufeff"))
    if new is None or old is None:
        return PatchNature.REPAIR
    added = _marks(new) - _marks(old)
    if any(nature is PatchNature.HIDES_ERROR for nature, _ in added):
        return PatchNature.HIDES_ERROR
    return PatchNature.GUARD if added else PatchNature.REPAIR


def worst(natures: Iterator[PatchNature]) -> PatchNature:
    """Return the worst of several natures."""
    order = tuple(PatchNature)
    return max(natures, key=order.index, default=PatchNature.REPAIR)


Mark = tuple[PatchNature, str]


def _marks(tree: ast.Module) -> Counter[Mark]:
    found: Counter[Mark] = Counter()
    for name, function in function_nodes(tree):
        found.update((nature, name) for nature in _early_constants(function.body))
    for node in ast.walk(tree):
        found.update((nature, type(node).__name__) for nature in _of_node(node))
        if _snoops(node):
            found[PatchNature.HIDES_ERROR, "snooping"] += 1
    return found


def _of_node(node: ast.AST) -> Iterator[PatchNature]:
    if isinstance(node, ast.ExceptHandler) and not _raises(node):
        yield PatchNature.HIDES_ERROR
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.If):
        yield from _of_branch(node)
    elif isinstance(node, ast.IfExp):
        ends = (node.body, node.orelse)
        yield from (_weight(end, node.test) for end in ends if _is_constant(end))
    elif isinstance(node, ast.BoolOp) and _is_constant(node.values[-1]):
        yield PatchNature.GUARD


def _of_call(node: ast.Call) -> Iterator[PatchNature]:
    name = _called(node)
    if name in SILENT_CALLS:
        yield PatchNature.HIDES_ERROR
    elif len(node.args) >= DEFAULTING_ARGUMENTS.get(name, sys.maxsize):
        yield PatchNature.GUARD


def _of_branch(node: ast.If) -> Iterator[PatchNature]:
    for branch in (node.body, node.orelse):
        for statement in branch:
            if isinstance(statement, ast.Return) and _is_constant(statement.value):
                yield _weight(statement.value, node.test)
            elif isinstance(statement, ast.Continue | ast.Break | ast.Pass):
                yield PatchNature.GUARD
            elif isinstance(statement, ast.Assign) and _is_constant(statement.value):
                yield _weight(statement.value, node.test)


def _early_constants(body: list[ast.stmt]) -> Iterator[PatchNature]:
    """A constant answer at a function's own level makes everything after it up."""
    for statement in body[:-1]:
        if isinstance(statement, ast.Return):
            yield PatchNature.HIDES_ERROR
    last = body[-1]
    if isinstance(last, ast.Return) and _is_constant(last.value):
        yield PatchNature.GUARD if len(body) > 1 else PatchNature.HIDES_ERROR


def _weight(value: ast.expr | None, test: ast.expr) -> PatchNature:
    """A telling constant for one telling input is a memorised answer, not a rule."""
    told = value is not None and ast.unparse(value) not in EMPTY
    compared = any(
        isinstance(node, ast.Constant) and repr(node.value) not in EMPTY for node in ast.walk(test)
    )
    return PatchNature.HIDES_ERROR if told and compared else PatchNature.GUARD


def _snoops(node: ast.AST) -> bool:
    """Whether a node asks if tests are running, so as to behave for them alone."""
    names: tuple[object, ...] = ()
    if isinstance(node, ast.Constant):
        names = (node.value,)
    elif isinstance(node, ast.Name):
        names = (node.id,)
    elif isinstance(node, ast.alias):
        names = (node.name,)
    return any(isinstance(name, str) and SNOOPING.search(name) for name in names)


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_constant(node: ast.expr | None) -> bool:
    if node is None:
        return True
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return all(_is_constant(item) for item in node.elts)
    if isinstance(node, ast.Dict):
        return all(_is_constant(item) for item in node.values)
    return isinstance(node, ast.Constant)
