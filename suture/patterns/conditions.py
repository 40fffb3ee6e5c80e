"""REPAIR: a condition or an answer put together from the code around. Tried last."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name
from suture.patterns.ingredients import each, likeliest, variables
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit, is_number
from suture.patterns.synthesis import WRONG, used_instead

SYMBOLS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


def wrong_edge(scene: Scene) -> Iterator[Suggestion]:
    """Compare with another number in another way.

    Before:
        def halves(values):
            if len(values) == 0:
                return values
            middle = len(values) // 2
            return halves(values[:middle]) + halves(values[middle:])
        >>> assert halves([2, 1]) == [2, 1]
    After:
        def halves(values):
            if len(values) <= 1:
                return values
            middle = len(values) // 2
            return halves(values[:middle]) + halves(values[middle:])
    """
    for spot, node in each(scene, ast.Compare):
        if len(node.ops) != 1 or type(node.ops[0]) not in SYMBOLS:
            continue
        right = node.comparators[0]
        if not isinstance(right, ast.Constant) or type(right.value) is not int:
            continue
        start, end = spot.file.span(node.left)[1], spot.file.span(right)[1]
        shown_node = spot.file.shown(node)
        for number in (right.value + 1, right.value - 1):
            for symbol in SYMBOLS.values():
                if symbol == SYMBOLS[type(node.ops[0])]:
                    continue
                yield Suggestion(
                    spot,
                    (Edit(start, end, f" {symbol} {number}"),),
                    f"Compare with `{symbol} {number}` in `{shown_node}` of {spot.where}",
                    "The edge case is another one.",
                    1.0 if "=" in symbol and symbol[0] in "<>" else 0.5,
                )


def answer_by_state(scene: Scene) -> Iterator[Suggestion]:
    """Answer by what a variable has become, instead of with a fixed truth value.

    Before:
        def balanced(changes):
            sum_so_far = 0
            for change in changes:
                sum_so_far += change
            return True
        >>> assert not balanced([1, 2])
    After:
        def balanced(changes):
            sum_so_far = 0
            for change in changes:
                sum_so_far += change
            return sum_so_far == 0
    """
    for spot in likeliest(scene):
        node = spot.statement
        value = node.value if isinstance(node, ast.Return) else None
        if not isinstance(value, ast.Constant) or not isinstance(value.value, bool):
            continue
        for name, first in _states(spot):
            for text, fit in ((f"{name} == {first}", 1.0), (f"not {name}", 0.9), (name, 0.5)):
                if first is not None or "==" not in text:
                    yield used_instead(spot, value, text, fit)


def _states(spot: Spot) -> Iterator[tuple[str, str | None]]:
    """Yield variables of the function with the number that they start as."""
    starts: dict[str, str] = {}
    for node in spot.inside:
        if isinstance(node, ast.Assign) and is_number(node.value):
            starts.setdefault(last_name(node.targets[0]), spot.file.segment(node.value))
    for name in variables(spot):
        yield name, starts.get(name)


def missing_none_check(scene: Scene) -> Iterator[Suggestion]:
    """Ask in a condition whether there is an object at all.

    Before:
        def last(node):
            while True:
                if node.after is None:
                    return node
                node = node.after
        def is_last(node):
            if node.after is None:
                return True
            return False
        >>> is_last(None)
    After:
        def last(node):
            while True:
                if node.after is None:
                    return node
                node = node.after
        def is_last(node):
            if node is None or node.after is None:
                return True
            return False
    """
    for spot in likeliest(scene):
        test = getattr(spot.statement, "test", None)
        if not isinstance(spot.statement, ast.If | ast.While) or not isinstance(test, ast.expr):
            continue
        owners = [
            spot.file.segment(node.value)
            for node in spot.nodes
            if isinstance(node, ast.Attribute | ast.Subscript)
            and isinstance(node.value, ast.Name | ast.Attribute)
        ]
        mixed = isinstance(test, ast.BoolOp | ast.IfExp)
        for owner in dict.fromkeys(owners):
            for clause, fit in (
                (f"{owner} is None or ", 1.0),
                (f"{owner} is not None and ", 1.0),
                (f"not {owner} or ", 0.6),
                (f"{owner} and ", 0.6),
            ):
                edits = spot.file.wrap(test, clause + "(" * mixed, ")" * mixed)
                title = f"Ask for `{owner}` first in the condition of {spot.where}"
                yield Suggestion(spot, edits, title, f"`{owner}` may be missing.", fit)


MISSING = WRONG | {Shape.NONE_USED, Shape.ATTRIBUTE}

PATTERNS = (
    Pattern("conditions.edge", wrong_edge, 0.18, WRONG | {Shape.ZERO_DIVISION}, 0.1, broad=True),
    Pattern("conditions.state", answer_by_state, 0.2, WRONG, 0.05, broad=True),
    Pattern("conditions.none", missing_none_check, 0.2, MISSING, 0.05, broad=True),
)
