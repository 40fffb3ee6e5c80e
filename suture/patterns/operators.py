"""REPAIR: a wrong operator, a wrong comparison, a condition that is turned round."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit, SourceFile

COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">", ">="),
    ast.LtE: ("<", ">=", ">"),
    ast.Gt: (">=", "<", "<="),
    ast.GtE: (">", "<=", "<"),
    ast.Eq: ("!=", "in"),
    ast.NotEq: ("==", "not in"),
    ast.Is: ("is not", "=="),
    ast.IsNot: ("is", "!="),
    ast.In: ("not in", "=="),
    ast.NotIn: ("in", "!="),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("-", "*"),
    ast.Sub: ("+", "%"),
    ast.Mult: ("/", "+", "**"),
    ast.Div: ("//", "*"),
    ast.FloorDiv: ("/", "%"),
    ast.Mod: ("//", "/"),
    ast.Pow: ("*",),
    ast.LShift: (">>",),
    ast.RShift: ("<<",),
    ast.BitAnd: ("|", "^"),
    ast.BitOr: ("&", "^"),
    ast.BitXor: ("&", "|"),
}
DECLINES = (0.9, 0.6, 0.45)
"""Fit of the first, second and third alternative."""
ALIKE = (ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)


def _between(file: SourceFile, left: ast.expr, right: ast.expr, text: str) -> Edit | None:
    """Replace the operator between two operands, and leave white space and brackets alone."""
    start, end = file.span(left)[1], file.span(right)[0]
    gap = file.text[start:end]
    operator = gap.strip("() \t\r\n\\")
    if not operator or gap.count(operator) != 1 or "#" in gap:
        return None
    at = start + gap.index(operator)
    return Edit(at, at + len(operator), text)


def wrong_comparison(scene: Scene) -> Iterator[Suggestion]:
    """Compare with another operator, such as `<` where `<=` stands.

    Before:
        def adult(age):
            return age > 18
        >>> assert adult(18)
    After:
        def adult(age):
            return age >= 18
    """
    for spot, node in scene.each(ast.Compare):
        operands = [node.left, *node.comparators]
        for position, operator in enumerate(node.ops):
            left, right = operands[position], operands[position + 1]
            choices = COMPARISONS[type(operator)]
            for choice, fit in zip(choices, DECLINES, strict=False):
                edit = _between(spot.file, left, right, choice)
                if edit:
                    yield Suggestion(
                        spot,
                        (edit,),
                        f"Compare with `{choice}` in `{spot.file.shown(node)}` of {spot.where}",
                        "The comparison goes the wrong way or takes the wrong side of its bound.",
                        fit,
                    )


def wrong_arithmetic(scene: Scene) -> Iterator[Suggestion]:
    """Calculate with another operator, such as `//` where an index needs an int.

    Before:
        def middle(values):
            return values[len(values) / 2]
        >>> middle([1, 2, 3])
    After:
        def middle(values):
            return values[len(values) // 2]
    """
    whole = scene.complaint.shape in {Shape.INDEX_TYPE, Shape.FLOAT_FOR_INT}
    for spot, node in scene.each(ast.AST):
        if isinstance(node, ast.BinOp):
            left, right, after = node.left, node.right, ""
        elif isinstance(node, ast.AugAssign):
            left, right, after = node.target, node.value, "="
        else:
            continue
        choices = ARITHMETIC.get(type(node.op), ())
        for choice, fit in zip(choices, DECLINES, strict=False):
            edit = _between(spot.file, left, right, choice + after)
            if edit:
                yield Suggestion(
                    spot,
                    (edit,),
                    f"Calculate with `{choice}` in `{spot.file.shown(node)}` of {spot.where}",
                    "The operator is not the one that the result needs.",
                    0.3 * fit if whole and choice != "//" else fit,
                )


def wrong_boolean(scene: Scene) -> Iterator[Suggestion]:
    """Join conditions with `and` where `or` stands, or the other way round.

    Before:
        def valid(name, age):
            return bool(name or age > 0)
        >>> assert not valid("", 5)
    After:
        def valid(name, age):
            return bool(name and age > 0)
    """
    for spot, node in scene.each(ast.BoolOp):
        choice = "or" if isinstance(node.op, ast.And) else "and"
        pairs = zip(node.values, node.values[1:], strict=False)
        edits = [_between(spot.file, left, right, choice) for left, right in pairs]
        made = tuple(edit for edit in edits if edit)
        if len(made) == len(edits):
            yield Suggestion(
                spot,
                made,
                f"Join conditions with `{choice}` in `{spot.file.shown(node)}` of {spot.where}",
                "The conditions are joined the wrong way.",
                0.8,
            )


def turned_condition(scene: Scene) -> Iterator[Suggestion]:
    """Turn a condition round: add the `not` that is missing, or drop one that is too many.

    Before:
        def greet(name):
            if name:
                return "hello, stranger"
            return "hello, " + name
        >>> assert greet("Ada") == "hello, Ada"
    After:
        def greet(name):
            if not name:
                return "hello, stranger"
            return "hello, " + name
    """
    for spot, node in scene.each(ast.expr):
        if not _is_condition(spot.file, node) or isinstance(node, ast.Compare):
            continue
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            edit = spot.file.replace(node, spot.file.segment(node.operand))
            edits: tuple[Edit, ...] = (edit,)
        elif isinstance(node, ast.BoolOp | ast.IfExp):
            edits = spot.file.wrap(node, "not (", ")")
        else:
            edits = spot.file.wrap(node, "not ", "")
        yield Suggestion(
            spot,
            edits,
            f"Turn the condition `{spot.file.shown(node)}` of {spot.where} round",
            "The branch is taken exactly when it should not be.",
            0.7,
        )


def _is_condition(file: SourceFile, node: ast.expr) -> bool:
    parent = file.parents[node]
    if isinstance(parent, ast.If | ast.While | ast.IfExp):
        return parent.test is node
    if isinstance(parent, ast.comprehension):
        return node in parent.ifs
    if isinstance(parent, ast.Return):
        return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    return isinstance(parent, ast.BoolOp)


def swapped_operands(scene: Scene) -> Iterator[Suggestion]:
    """Swap the operands of an operator for which the order matters.

    Before:
        def change(paid, price):
            return price - paid
        >>> assert change(5, 3) == 2
    After:
        def change(paid, price):
            return paid - price
    """
    for spot, node in scene.each(ast.BinOp):
        if isinstance(node.op, ALIKE):
            continue
        file = spot.file
        # Only texts and lists care about the order of a sum.
        fit = 0.35 if isinstance(node.op, ast.Add) else 0.6
        edits = (
            file.replace(node.left, file.segment(node.right)),
            file.replace(node.right, file.segment(node.left)),
        )
        yield Suggestion(
            spot,
            edits,
            f"Swap the operands of `{file.shown(node)}` in {spot.where}",
            "The operands stand in the wrong order.",
            fit,
        )


def missing_brackets(scene: Scene) -> Iterator[Suggestion]:
    """Calculate first what belongs together.

    Before:
        def mean(a, b):
            return a + b / 2
        >>> assert mean(2, 4) == 3
    After:
        def mean(a, b):
            return (a + b) / 2
    """
    for spot, node in scene.each(ast.BinOp):
        inner = node.right
        if not isinstance(inner, ast.BinOp) or isinstance(inner.op, type(node.op)):
            continue
        file = spot.file
        start, end = file.span(node)[0], file.span(inner.left)[1]
        gap = file.text[file.span(node.left)[1] : file.span(inner)[0]]
        if "(" in gap:
            continue
        yield Suggestion(
            spot,
            (Edit(start, start, "("), Edit(end, end, ")")),
            f"Put brackets into `{file.shown(node)}` of {spot.where}",
            "The stronger operator takes an operand that belongs to the weaker one.",
            0.6,
        )


def check_after_use(scene: Scene) -> Iterator[Suggestion]:
    """Check a bound or a None before the expression that relies on it.

    Before:
        def skip(text, at):
            while text[at] == " " and at < len(text):
                at += 1
            return at
        >>> skip("  ", 0)
    After:
        def skip(text, at):
            while at < len(text) and text[at] == " ":
                at += 1
            return at
    """
    for spot, node in scene.each(ast.BoolOp):
        file = spot.file
        for left, right in zip(node.values, node.values[1:], strict=False):
            edits = (
                file.replace(left, file.segment(right)),
                file.replace(right, file.segment(left)),
            )
            yield Suggestion(
                spot,
                edits,
                f"Check `{file.shown(right)}` first in {spot.where}",
                f"`{file.shown(left)}` is evaluated before the check that makes it safe.",
            )


def dropped_condition(scene: Scene) -> Iterator[Suggestion]:
    """Leave out a part of a condition that is too strict or too loose.

    Before:
        def open_at(hour, holiday):
            return 9 <= hour < 18 and holiday
        >>> assert open_at(10, False)
    After:
        def open_at(hour, holiday):
            return 9 <= hour < 18
    """
    for spot, node in scene.each(ast.BoolOp):
        for position, value in enumerate(node.values):
            file = spot.file
            start, end = file.span(value)
            if position:
                start = file.span(node.values[position - 1])[1]
            else:
                end = file.span(node.values[1])[0]
            yield Suggestion(
                spot,
                (Edit(start, end, ""),),
                f"Drop the condition `{file.shown(value)}` in {spot.where}",
                "This part of the condition asks for something that does not matter here.",
                0.8,
            )


ASSERTED = frozenset({Shape.ASSERTION})
BOUNDS = frozenset({Shape.ASSERTION, Shape.INDEX, Shape.ZERO_DIVISION, Shape.RECURSION})
NUMBERS = frozenset({Shape.ASSERTION, Shape.INDEX_TYPE, Shape.FLOAT_FOR_INT})
CHECKED = frozenset({Shape.INDEX, Shape.NONE_USED, Shape.KEY, Shape.ATTRIBUTE, Shape.ZERO_DIVISION})

PATTERNS = (
    Pattern("operators.comparison", wrong_comparison, 0.85, BOUNDS, 0.3),
    Pattern("operators.arithmetic", wrong_arithmetic, 0.8, NUMBERS, 0.25),
    Pattern("operators.boolean", wrong_boolean, 0.7, ASSERTED | CHECKED, 0.2),
    Pattern("operators.condition", turned_condition, 0.7, ASSERTED | CHECKED, 0.25),
    Pattern("operators.swapped", swapped_operands, 0.6, ASSERTED, 0.15),
    Pattern("operators.brackets", missing_brackets, 0.6, ASSERTED, 0.1),
    Pattern("operators.order", check_after_use, 0.95, CHECKED, 0.2),
    Pattern("operators.dropped", dropped_condition, 0.6, ASSERTED, 0.1),
)
