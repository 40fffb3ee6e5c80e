"""What callers rely on: a repair may not take names away or change what must be passed.

Code outside the repository calls too, and nothing here can see it. A suspect commit may have
changed an interface on purpose and only forgotten a caller; putting the old interface back would
undo that purpose. So a patch that breaks an interface is for a human, never for Suture.
"""

import ast
from collections.abc import Iterator

from suture.localisation.functions import FunctionNode, function_nodes, parse_python

BOUND = frozenset({"self", "cls"})


def broken_interfaces(before: str, after: str) -> tuple[str, ...]:
    """Return the qualified names whose callers would have to change, in order.

    Adding a parameter with a default, changing a default, and adding a forgotten `self` or `cls`
    break nobody. Sources that are no Python break nothing that could be seen.
    """
    old, new = parse_python(before), parse_python(after)
    if old is None or new is None:
        return ()
    kept, known = dict(function_nodes(new)), dict(function_nodes(old))
    broken = [
        name
        for name, node in known.items()
        # What is defined inside a function has no callers outside.
        if name.rpartition(".")[0] not in known and not _serves(kept.get(name), node)
    ]
    classes = set(_classes(new))
    return (*broken, *(name for name in _classes(old) if name not in classes))


def _serves(new: FunctionNode | None, old: FunctionNode) -> bool:
    """Whether every call that fitted the old function fits the new one."""
    if new is None or type(new) is not type(old):
        return False
    was, now = _positional(old.args), _positional(new.args)
    if now[:1] and now[0] in BOUND and (not was or was[0] not in BOUND):
        now = now[1:]
    if now[: len(was)] != was:
        return False
    return _required(new.args) - _required(old.args) <= BOUND and _keywords(new.args) >= _keywords(
        old.args
    )


def _positional(arguments: ast.arguments) -> list[str]:
    return [item.arg for item in (*arguments.posonlyargs, *arguments.args)]


def _required(arguments: ast.arguments) -> set[str]:
    names = _positional(arguments)
    optional = len(arguments.defaults)
    required = set(names[: len(names) - optional])
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return required | {item.arg for item, default in pairs if default is None}


def _keywords(arguments: ast.arguments) -> set[str]:
    return {item.arg for item in arguments.kwonlyargs}


def _classes(tree: ast.Module) -> Iterator[str]:
    yield from (node.name for node in tree.body if isinstance(node, ast.ClassDef))
