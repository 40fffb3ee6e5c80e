"""Which tests of a fix the engineer sees, and which functions the fix changed."""

import ast
from collections.abc import Iterable

from suture.localisation.functions import FunctionNode, function_nodes, lines_of, parse_python


def visible_tests(fixed: str, buggy: str, named: Iterable[str]) -> str:
    """Return a test file of the fix without those of its new tests that nobody named.

    `named` are qualified names such as `TestCart.test_total`, or of a class. What stays hidden is
    each test that the fix's commit added or changed, besides those that show the bug.
    """
    tree, before = parse_python(fixed), parse_python(buggy)
    if tree is None:
        return fixed
    old = {name: _said(node) for name, node in function_nodes(before)} if before else {}
    shown = frozenset(named)
    hidden = [
        node
        for name, node in function_nodes(tree)
        if node.name.startswith("test") and not _is_among(name, shown)
        if name.count(".") <= 1 and old.get(name) != _said(node)
    ]
    lines = lines_of(fixed)
    for node in hidden:
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        indent = " " * node.col_offset
        # A class may be left with nothing else in it.
        kept = f"{indent}pass" if node.col_offset else ""
        last = node.end_lineno or node.lineno
        lines[first - 1 : last] = [kept, *[""] * (last - first)]
    return "\n".join(lines) + "\n"


def changed_functions(before: str, after: str) -> tuple[str, ...]:
    """Return the functions of a source that a change touched, innermost only.

    A function that only the later source has is none of them: nobody could have pointed at it.
    """
    old, new = parse_python(before), parse_python(after)
    if old is None or new is None:
        return ()
    # A property has a function for reading and one for writing, both of one name.
    first, later = _by_name(old), _by_name(new)
    return tuple(name for name, said in first.items() if later.get(name) != said)


def _is_among(name: str, shown: frozenset[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in shown)


def _by_name(tree: ast.Module) -> dict[str, list[str]]:
    found = dict[str, list[str]]()
    for name, node in function_nodes(tree):
        found.setdefault(name, []).append(_own(node))
    return found


def _said(node: FunctionNode) -> str:
    return ast.dump(node)


def _own(node: FunctionNode) -> str:
    """Return what a function says, without the functions inside it and its documentation."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    parts = [ast.dump(node.args), *(ast.dump(each) for each in node.decorator_list)]
    waiting: list[ast.AST] = list(body)
    inner = ast.FunctionDef | ast.AsyncFunctionDef
    for statement in waiting:
        nested = [each for each in ast.walk(statement) if isinstance(each, inner)]
        said = ast.dump(statement)
        for each in nested:
            said = said.replace(ast.dump(each), each.name)
        parts.append(said)
    return "\n".join(parts)
