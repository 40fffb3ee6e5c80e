"""REPAIR: an expression put together from the code around it. A large space, tried last."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name
from suture.patterns.ingredients import (
    MAX_INGREDIENTS,
    each,
    expressions_around,
    is_known,
    likeliest,
    values,
    variables,
)
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.similarity import similarity
from suture.patterns.source import Edit, is_number, shown

COMPARED = (ast.Compare, ast.BoolOp, ast.UnaryOp)
OPERATIONS = (("-", 1.0), ("+", 1.0), ("*", 0.7), ("//", 0.5), ("**", 0.5), ("%", 0.4), ("/", 0.4))


def replaced_expression(scene: Scene) -> Iterator[Suggestion]:
    """Use another expression of the same function.

    Before:
        def widths(lines, longest):
            padded = [line.ljust(max(longest)) for line in lines]
            return len(padded), max(longest), len(longest)
        >>> assert widths(["a", "b"], [1, 3]) == (2, 3, 2)
        >>> assert widths(["a"], [1, 3]) == (1, 3, 1)
    After:
        def widths(lines, longest):
            padded = [line.ljust(max(longest)) for line in lines]
            return len(padded), max(longest), len(padded)
    """
    for spot in likeliest(scene):
        around = expressions_around(spot)
        targets = [*values(spot), *_targets(spot)]
        for node, _ in targets:
            own = spot.file.segment(node)
            choices = [
                (text, _likeness(own, node, text, other))
                for text, other in around
                if text != own and _fits(node, other) and is_known(spot, node, other)
            ]
            if not isinstance(node, (ast.Name, *COMPARED, ast.Constant)):
                choices += [(name, 0.55) for name in variables(spot, node) if _is_read(node)]
            choices.sort(key=lambda choice: (-choice[1], choice[0]))
            for text, fit in choices[:MAX_INGREDIENTS]:
                yield Suggestion(
                    spot,
                    (spot.file.replace(node, text),),
                    f"Use `{shown(text)}` instead of `{shown(own)}` in {spot.where}",
                    "The function computes it elsewhere, and may have meant it here.",
                    fit,
                )


def _targets(spot: Spot) -> Iterator[tuple[ast.expr, ast.AST]]:
    node = spot.statement
    targets = node.targets if isinstance(node, ast.Assign) else []
    if len(targets) == 1 and isinstance(targets[0], ast.Subscript | ast.Attribute):
        yield targets[0], node


def _is_read(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _fits(node: ast.expr, other: ast.expr) -> bool:
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return isinstance(other, ast.Subscript | ast.Attribute)
    condition = isinstance(node, COMPARED)
    return condition == isinstance(other, COMPARED)


def _likeness(own: str, node: ast.expr, text: str, other: ast.expr) -> float:
    kind = 0.3 if isinstance(other, type(node)) else 0.0
    return 0.4 + kind + 0.3 * similarity(own, text)


def missing_operand(scene: Scene) -> Iterator[Suggestion]:
    """Calculate with a further value that is in reach.

    Before:
        def rest(total, paid):
            return total
        >>> assert rest(5, 3) == 2
    After:
        def rest(total, paid):
            return total - paid
    """
    for spot in likeliest(scene):
        for node, parent in values(spot):
            if not _is_number_like(spot, node, parent):
                continue
            own = spot.file.segment(node)
            bare = isinstance(node, ast.Name | ast.Subscript | ast.Call | ast.Attribute)
            left = own if bare else f"({own})"
            names = [name for name in variables(spot, node) if name != own]
            for symbol, fit in OPERATIONS:
                constants = {"**": ["2"], "*": ["2"], "//": ["2"]}.get(symbol, [])
                for other in [*names, *constants]:
                    text = f"{left} {symbol} {other}"
                    wrapped = isinstance(parent, ast.BinOp | ast.UnaryOp | ast.Attribute)
                    yield used_instead(
                        spot, node, f"({text})" if wrapped and symbol != "**" else text, fit
                    )
            for name in names if not isinstance(parent, ast.BinOp) else ():
                yield used_instead(spot, node, f"{name} + {own}", 0.8)


def _is_number_like(spot: Spot, node: ast.expr, parent: ast.AST) -> bool:
    """Whether a number, or a list, may be meant here."""
    if isinstance(node, (*COMPARED, ast.Dict, ast.Set, ast.Tuple, ast.Lambda)):
        return False
    if isinstance(node, ast.Constant):
        return is_number(node)
    if isinstance(parent, ast.If | ast.While | ast.For | ast.comprehension | ast.Expr):
        return False
    return len(spot.file.segment(node)) <= MAX_OPERAND and not isinstance(parent, ast.BoolOp)


MAX_OPERAND = 80


def used_instead(spot: Spot, node: ast.expr, text: str, fit: float) -> Suggestion:
    """Suggest another text for an expression."""
    own = spot.file.shown(node)
    return Suggestion(
        spot,
        (spot.file.replace(node, text),),
        f"Use `{shown(text)}` instead of `{own}` in {spot.where}",
        "A value that is in reach may be missing here.",
        fit,
    )


def missing_slice(scene: Scene) -> Iterator[Suggestion]:
    """Take a part of a sequence: all but the first or last, or up to or from a variable.

    Before:
        def others(values):
            first = values[0]
            return [value - first for value in values]
        >>> assert others([2, 3, 5]) == [1, 3]
    After:
        def others(values):
            first = values[0]
            return [value - first for value in values[1:]]
    """
    for spot in likeliest(scene):
        for node, parent in values(spot):
            if not isinstance(node, ast.Name | ast.Attribute) or isinstance(
                parent, ast.Compare | ast.BinOp
            ):
                continue
            own = spot.file.segment(node)
            looped = isinstance(parent, ast.For | ast.comprehension)
            names = [name for name in variables(spot, node) if name != own]
            parts = [("1:", 1.0), (":-1", 0.8), ("::-1", 0.5), (":", 0.5)]
            parts += [(f"{name}:", 0.7) for name in names] + [(f":{name}", 0.6) for name in names]
            for part, fit in parts:
                yield used_instead(spot, node, f"{own}[{part}]", fit if looped else 0.7 * fit)


def missing_element(scene: Scene) -> Iterator[Suggestion]:
    """Put an element into a list, a set or a tuple that lacks it.

    Before:
        def path(start, end):
            if start == end:
                return []
            return [start] + path(start + 1, end)
        >>> assert path(1, 3) == [1, 2, 3]
    After:
        def path(start, end):
            if start == end:
                return [start]
            return [start] + path(start + 1, end)
    """
    for spot, node in each(scene, ast.expr):
        if not isinstance(node, ast.List | ast.Set | ast.Tuple):
            continue
        if not _is_read(node):
            continue
        end = spot.file.span(node)[1] - 1
        if spot.file.text[end] not in ")]}":
            continue
        extra = ["[]", "0", "None"] if isinstance(node, ast.List) and not node.elts else []
        for text in [*variables(spot, node), *extra]:
            yield Suggestion(
                spot,
                (Edit(end, end, f", {text}" if node.elts else text),),
                f"Put `{text}` into `{spot.file.shown(node)}` of {spot.where}",
                "An element is missing.",
                1.0 if not node.elts else 0.6,
            )


def swapped_elements(scene: Scene) -> Iterator[Suggestion]:
    """Swap two elements, such as of a pair that is a key.

    Before:
        def back(steps, start, end):
            return steps[end, start] + steps[start, end]
        >>> assert back({(1, 2): 5, (2, 2): 1}, 1, 2) == 10
    After:
        def back(steps, start, end):
            return steps[start, end] + steps[start, end]
    """
    for spot, node in each(scene, ast.expr):
        if not isinstance(node, ast.Tuple | ast.List):
            continue
        for left, right in zip(node.elts, node.elts[1:], strict=False):
            file = spot.file
            yield Suggestion(
                spot,
                (
                    file.replace(left, file.segment(right)),
                    file.replace(right, file.segment(left)),
                ),
                f"Swap the elements of `{file.shown(node)}` in {spot.where}",
                "The elements stand in the wrong order.",
            )


def bounded_value(scene: Scene) -> Iterator[Suggestion]:
    """Keep a value at least, or at most, at another one.

    Before:
        def longest(words):
            best = 0
            for word in words:
                best = len(word)
            return best
        >>> assert longest(["a", "abc", "b"]) == 3
    After:
        def longest(words):
            best = 0
            for word in words:
                best = max(best, len(word))
            return best
    """
    for spot in likeliest(scene):
        node = spot.statement
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign | ast.Return) or not isinstance(value, ast.expr):
            continue
        if isinstance(value, ast.Constant | ast.List | ast.Dict | ast.Tuple | ast.Compare):
            continue
        own = last_name(node.targets[0]) if isinstance(node, ast.Assign) else ""
        words = set(own.lower().split("_"))
        for other in filter(None, (own, "0", "1")):
            for name, names in BOUNDS.items():
                text = f"{name}({other}, {spot.file.segment(value)})"
                # A name that says so keeps the largest, or the smallest, of what it has seen.
                said = 1.0 if other == own and words & names else 0.35
                yield used_instead(spot, value, text, said if other != "1" else 0.1)


BOUNDS = {
    "max": frozenset({"max", "maximum", "longest", "largest", "best", "most", "highest", "latest"}),
    "min": frozenset({"min", "minimum", "shortest", "smallest", "least", "lowest", "first"}),
}


def wrapped_value(scene: Scene) -> Iterator[Suggestion]:
    """Pass a value through a function that the code around it uses, or a common one.

    Before:
        def ranks(scores):
            return list(scores)
        >>> assert ranks([3, 1, 2]) == [1, 2, 3]
    After:
        def ranks(scores):
            return list(sorted(scores))
    """
    for spot in likeliest(scene):
        for node, parent in values(spot):
            if isinstance(node, ast.Constant) or isinstance(parent, ast.Expr):
                continue
            own = spot.file.segment(node)
            for name, fit in WRAPPERS:
                if last_name(getattr(parent, "func", None)) != name:
                    yield used_instead(spot, node, f"{name}({own})", fit)


WRAPPERS = (
    *(("list", 0.8), ("len", 0.6), ("sorted", 0.7), ("set", 0.6), ("abs", 0.7), ("int", 0.6)),
    *(("str", 0.5), ("sum", 0.4), ("reversed", 0.5), ("tuple", 0.4), ("round", 0.4)),
)
"""TSSB-3M: wrapping in a call is the fifth most frequent fix of one statement."""

FAILED = frozenset({Shape.ASSERTION, Shape.OTHER, Shape.RECURSION})
WRONG = FAILED | {Shape.INDEX, Shape.KEY, Shape.EMPTY, Shape.OPERANDS, Shape.STOP}

PATTERNS = (
    Pattern("synthesis.replaced", replaced_expression, 0.2, WRONG, 0.1, broad=True),
    Pattern("synthesis.operand", missing_operand, 0.1, WRONG, 0.05, broad=True),
    Pattern("synthesis.slice", missing_slice, 0.14, WRONG, 0.05, broad=True),
    Pattern("synthesis.element", missing_element, 0.2, WRONG, 0.05, broad=True),
    Pattern("synthesis.elements", swapped_elements, 0.22, WRONG, 0.1, broad=True),
    Pattern("synthesis.bounded", bounded_value, 0.53, WRONG, 0.05, broad=True),
    Pattern("synthesis.wrapped", wrapped_value, 0.08, WRONG, 0.05, broad=True),
)
