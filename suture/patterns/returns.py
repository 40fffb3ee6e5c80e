"""REPAIR: a function that forgets its answer, or answers too early."""

import ast
from collections.abc import Iterator

from suture.localisation.functions import FunctionNode
from suture.patterns.complaint import Shape
from suture.patterns.index import last_name, stored_names
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit

MUTATORS = {"append", "add", "extend", "update", "insert", "setdefault", "sort", "appendleft"}


def missing_return(scene: Scene) -> Iterator[Suggestion]:
    """Return what the function has computed, where it falls off its end.

    Before:
        def rate(kind):
            rates = {"a": 1}
            found = rates[kind]
        def price(kind):
            return 2 + rate(kind)
        >>> price("a")
    After:
        def rate(kind):
            rates = {"a": 1}
            found = rates[kind]
            return found
        def price(kind):
            return 2 + rate(kind)
    """
    for spot in scene.spots:
        node = spot.statement
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name == "__init__":
            continue
        last = node.body[-1]
        if isinstance(last, ast.Return | ast.Raise) or not spot.file.alone(last):
            continue
        inner = Spot(spot.file, last, node, spot.weight)
        for name, fit in _results(node):
            yield Suggestion(
                inner,
                (spot.file.after(last, f"return {name}"),),
                f"Return `{name}` from {spot.file.names[node]}",
                f"The function ends without an answer, and its callers use one: `{name}`.",
                fit,
            )


def _results(node: FunctionNode) -> list[tuple[str, float]]:
    """Return the variables that may be the answer: those changed last come first."""
    changed: list[str] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign | ast.AugAssign | ast.AnnAssign):
            changed.extend(sorted(stored_names(inner)))
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            owner = last_name(inner.func.value)
            changed.extend([owner] if inner.func.attr in MUTATORS else [])
    answers = {"result", "results", "answer", "total", "output", "out", "found", "ret", "res"}
    last, own = stored_names(node.body[-1]), stored_names(node)
    names = [name for name in dict.fromkeys(changed) if name in own]
    return [(name, 1.0 if name in answers else 0.95 if name in last else 0.7) for name in names[:6]]


def discarded_value(scene: Scene) -> Iterator[Suggestion]:
    """Return a value that is computed and thrown away.

    Before:
        def depth(tree):
            if not tree:
                return 0
            1 + depth(tree[1:])
        >>> assert depth([1]) == 1
    After:
        def depth(tree):
            if not tree:
                return 0
            return 1 + depth(tree[1:])
    """
    for spot, node in scene.each(ast.Expr):
        if spot.function is None or isinstance(node.value, ast.Constant | ast.Await | ast.Yield):
            continue
        recursive = spot.function.name in {
            last_name(inner.func) for inner in spot.nodes if isinstance(inner, ast.Call)
        }
        called = isinstance(node.value, ast.Call)
        start = spot.file.span(node)[0]
        yield Suggestion(
            spot,
            (Edit(start, start, "return "),),
            f"Return `{spot.file.shown(node)}` from {spot.where}",
            "The value is computed and thrown away.",
            1.0 if recursive or not called else 0.7,
        )


def early_return(scene: Scene) -> Iterator[Suggestion]:
    """Answer after the loop instead of in its first round.

    Before:
        def total(values):
            result = 0
            for value in values:
                result += value
                return result
        >>> assert total([1, 2]) == 3
    After:
        def total(values):
            result = 0
            for value in values:
                result += value
            return result
    """
    for spot, node in scene.each(ast.Return):
        loop = spot.file.parents[node]
        if not isinstance(loop, ast.For | ast.While | ast.AsyncFor | ast.If | ast.With):
            continue
        if len(loop.body) == 1 or not spot.alone:
            continue
        line = spot.file.whole_lines(node.lineno, node.end_lineno or node.lineno)
        indent = spot.file.indent(loop)
        edit = Edit(line[0], line[0] + len(spot.file.indent(node)), indent)
        yield Suggestion(
            spot,
            (edit,),
            f"Return from {spot.where} after the block, not inside it",
            "The function answers in the first round and leaves the rest out.",
            0.9,
        )


def missing_assignment(scene: Scene) -> Iterator[Suggestion]:
    """Keep the result of a method that does not change its object.

    Before:
        def clean(name):
            name.strip()
            return name
        >>> assert clean(" a") == "a"
    After:
        def clean(name):
            name = name.strip()
            return name
    """
    for spot, node in scene.each(ast.Expr):
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            owner, start = call.func.value, spot.file.span(node)[0]
            if isinstance(owner, ast.Name) and call.func.attr not in MUTATORS:
                yield Suggestion(
                    spot,
                    (Edit(start, start, f"{owner.id} = "),),
                    f"Keep the result of `{spot.file.shown(call)}` in {spot.where}",
                    "The call gives a new value, which is thrown away.",
                    0.9,
                )


def lost_value(scene: Scene) -> Iterator[Suggestion]:
    """Do not bind a name to the None that an in-place method returns.

    Before:
        def ranked(values):
            values = values.sort()
            return values[0]
        >>> ranked([2, 1])
    After:
        def ranked(values):
            values.sort()
            return values[0]
    """
    in_place = {"sort", "append", "extend", "update", "add", "insert", "reverse", "remove"}
    for spot, node in scene.each(ast.Assign):
        call = node.value
        if isinstance(call, ast.Call) and last_name(call.func) in in_place:
            start = spot.file.span(node)[0]
            yield Suggestion(
                spot,
                (Edit(start, spot.file.span(call)[0], ""),),
                f"Do not bind the None of `{spot.file.shown(call)}` in {spot.where}",
                f"`{last_name(call.func)}` changes its object in place and returns None.",
            )


NONE = frozenset({Shape.NONE_USED, Shape.ASSERTION})

PATTERNS = (
    Pattern("returns.missing", missing_return, 0.95, NONE, 0.2),
    Pattern("returns.discarded", discarded_value, 0.9, NONE, 0.2),
    Pattern("returns.early", early_return, 0.9, NONE, 0.2),
    Pattern("returns.assignment", missing_assignment, 0.85, NONE, 0.3),
    Pattern("returns.lost", lost_value, 1.0, NONE, 0.2),
)
