"""REPAIR: an expression that takes too much or too little, and conditions that miss a part."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name, parameter_names, read_names
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit

MAX_PARTS = 4
EMPTIED = {"pop", "popleft", "popitem", "get_nowait"}


def dropped_operand(scene: Scene) -> Iterator[Suggestion]:
    """Leave out an operand that does not belong into the result.

    Before:
        def depth(tree):
            return 1 + len(tree)
        >>> assert depth("a") == 1
    After:
        def depth(tree):
            return len(tree)
    """
    for spot, node in scene.each(ast.BinOp):
        file = spot.file
        for kept, dropped in ((node.left, node.right), (node.right, node.left)):
            yield Suggestion(
                spot,
                (file.replace(node, file.segment(kept)),),
                f"Leave `{file.shown(dropped)}` out of `{file.shown(node)}` in {spot.where}",
                "The operand does not belong into the result.",
                0.6,
            )


def part_of_value(scene: Scene) -> Iterator[Suggestion]:
    """Use the part of a value that the function uses elsewhere.

    Before:
        def same(left, right):
            if not left or not right:
                return True
            return left[0] == right[0] and same(left[1:], right)
        >>> assert same("ab", "ab")
    After:
        def same(left, right):
            if not left or not right:
                return True
            return left[0] == right[0] and same(left[1:], right[1:])
    """
    for spot, node in scene.each(ast.Name):
        parent = spot.file.parents[node]
        whole = isinstance(parent, ast.Subscript | ast.Attribute) and parent.value is node
        if whole or not isinstance(node.ctx, ast.Load) or node.id not in spot.near(node):
            continue
        for part, fit in _parts(spot, node, parent):
            yield Suggestion(
                spot,
                (spot.file.replace(node, part),),
                f"Use `{part[:60]}` instead of `{node.id}` in {spot.where}",
                f"Elsewhere the function uses `{part[:60]}`, a part of `{node.id}`.",
                fit,
            )


def _parts(spot: Spot, node: ast.Name, parent: ast.AST) -> list[tuple[str, float]]:
    """Return parts of this variable, or parts that a neighbouring argument takes of its own."""
    found: dict[str, float] = {}
    for other in parent.args if isinstance(parent, ast.Call) else ():
        if isinstance(other, ast.Subscript | ast.Attribute) and isinstance(other.value, ast.Name):
            suffix = spot.file.segment(other).removeprefix(other.value.id)
            found[node.id + suffix] = 0.9
    for part in spot.inside:
        if isinstance(part, ast.Subscript | ast.Attribute) and last_name(part.value) == node.id:
            found.setdefault(spot.file.segment(part), 0.6)
    return list(found.items())[:MAX_PARTS]


def missing_condition(scene: Scene) -> Iterator[Suggestion]:
    """Ask in a condition for what it leaves out.

    Before:
        def ways(coins, total):
            if total == 0:
                return 1
            if total < 0:
                return 0
            return ways(coins, total - coins[-1]) + ways(coins[:-1], total)
        >>> assert ways([5], 3) == 0
    After:
        def ways(coins, total):
            if total == 0:
                return 1
            if total < 0 or not coins:
                return 0
            return ways(coins, total - coins[-1]) + ways(coins[:-1], total)
    """
    crashed = {name for spot in scene.on_path() if spot.crash for name in read_names(spot.nodes)}
    for spot in scene.spots:
        node = spot.statement
        if not isinstance(node, ast.If | ast.While) or spot.function is None:
            continue
        for name in parameter_names(spot.function):
            near = 1.0 if name in crashed or not crashed else 0.6
            for clause, fit in ((f"or not {name}", near), (f"and {name}", 0.8 * near)):
                yield Suggestion(
                    spot,
                    _joined(spot, node.test, clause),
                    f"Ask for `{name}` in the condition of {spot.where}",
                    f"The condition leaves out the case that `{name}` is empty.",
                    fit,
                )


def _joined(spot: Spot, test: ast.expr, clause: str) -> tuple[Edit, ...]:
    bare = not isinstance(test, ast.BoolOp | ast.IfExp | ast.NamedExpr | ast.Lambda)
    return spot.file.wrap(test, "" if bare else "(", f" {clause}" if bare else f") {clause}")


def endless_loop(scene: Scene) -> Iterator[Suggestion]:
    """End a loop when what it takes from is empty.

    Before:
        def total(queue):
            found = 0
            while True:
                found += queue.pop()
            return found
        >>> total([1, 2])
    After:
        def total(queue):
            found = 0
            while queue:
                found += queue.pop()
            return found
    """
    for spot, node in scene.each(ast.While):
        if not isinstance(node.test, ast.Constant):
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute) and inner.attr in EMPTIED:
                owner = spot.file.segment(inner.value)
                yield Suggestion(
                    spot,
                    (spot.file.replace(node.test, owner),),
                    f"End the loop of {spot.where} when `{owner[:60]}` is empty",
                    f"The loop takes from `{owner[:60]}` and never asks whether anything is left.",
                )


ASSERTED = frozenset({Shape.ASSERTION})
TYPES = frozenset({Shape.OPERANDS, Shape.LITERAL, Shape.UNHASHABLE})
ENDS = frozenset({Shape.EMPTY, Shape.INDEX, Shape.KEY, Shape.ASSERTION})
FORGOTTEN = frozenset({Shape.RECURSION, Shape.ASSERTION, Shape.INDEX, Shape.EMPTY})

PATTERNS = (
    Pattern("expressions.operand", dropped_operand, 0.55, ASSERTED, 0.1),
    Pattern("expressions.part", part_of_value, 0.6, ASSERTED | TYPES | {Shape.RECURSION}, 0.2),
    Pattern("expressions.condition", missing_condition, 0.7, FORGOTTEN, 0.1),
    Pattern("expressions.loop", endless_loop, 1.0, ENDS, 0.3),
)
