"""HIDES_ERROR: what makes the exception go away and mends nothing. Ranked below everything.

Offered so that a person may choose it as a stopgap, by its name: every title says "Hide".
"""

import ast
from collections.abc import Iterator

from suture.domain.patch import PatchNature
from suture.patterns.complaint import Shape
from suture.patterns.index import BUILTINS, last_name
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit

COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Match,
)


def swallowed(scene: Scene) -> Iterator[Suggestion]:
    """Swallow the exception.

    Before:
        def price(prices, name):
            return prices[name]
        >>> price({}, "bolt")
    After:
        def price(prices, name):
            try:
                return prices[name]
            except KeyError:
                return None
    """
    name = scene.complaint.type
    for spot in scene.on_path():
        caught = name if name in BUILTINS or name in spot.scope else "Exception"
        if not spot.alone or isinstance(spot.statement, COMPOUND) or _has_long_text(spot):
            continue
        for answer in ("return None", "pass") if spot.function else ("pass",):
            yield Suggestion(
                spot,
                _wrapped(spot, caught, answer),
                f"Hide {caught} in {spot.where}",
                f"The error is swallowed with `{answer}`; why it is raised stays as it is.",
            )


def _has_long_text(spot: Spot) -> bool:
    """Whether the statement holds a text of several lines, which must not be indented."""
    return any(
        isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno != node.lineno
        for node in ast.walk(spot.statement)
    )


def _wrapped(spot: Spot, caught: str, answer: str) -> tuple[Edit, ...]:
    file, node = spot.file, spot.statement
    last = node.end_lineno or node.lineno
    inner = tuple(
        Edit(start, start, file.unit)
        for start in (file.whole_lines(line, line)[0] for line in range(node.lineno, last + 1))
    )
    return (
        file.before(node, "try:"),
        *inner,
        file.after(node, f"except {caught}:", f"\t{answer}"),
    )


def silent_default(scene: Scene) -> Iterator[Suggestion]:
    """Read a missing key, item or attribute as None.

    Before:
        def price(prices, name):
            return prices[name]
        >>> price({}, "bolt")
    After:
        def price(prices, name):
            return prices.get(name)
    """
    shape = scene.complaint.shape
    for spot in scene.on_path():
        for node in spot.nodes:
            edit = _silent(spot, node, shape, scene.complaint.name)
            if edit:
                yield Suggestion(
                    spot,
                    (edit,),
                    f"Hide what is missing in {spot.where} behind a default",
                    "Nothing says that None stands for a missing value here.",
                )


def _silent(spot: Spot, node: ast.AST, shape: Shape, name: str) -> Edit | None:
    file = spot.file
    if shape is Shape.KEY and isinstance(node, ast.Subscript):
        key = file.segment(node.slice)
        return Edit(file.span(node.value)[1], file.span(node)[1], f".get({key})")
    if shape is Shape.STOP and isinstance(node, ast.Call) and last_name(node.func) == "next":
        end = file.span(node)[1] - 1
        return Edit(end, end, ", None")
    if shape is Shape.ATTRIBUTE and isinstance(node, ast.Attribute) and node.attr == name:
        return file.replace(node, f'getattr({file.segment(node.value)}, "{name}", None)')
    return None


ERRORS = frozenset(Shape) - {Shape.ASSERTION}
MISSING = frozenset({Shape.KEY, Shape.STOP, Shape.ATTRIBUTE})

PATTERNS = (
    Pattern("hiding.swallowed", swallowed, 0.5, ERRORS, nature=PatchNature.HIDES_ERROR),
    Pattern("hiding.default", silent_default, 0.7, MISSING, nature=PatchNature.HIDES_ERROR),
)
