"""REPAIR: a way out of a function that forgot its answer."""

import ast
from collections.abc import Iterator

from suture.localisation.functions import FunctionNode
from suture.patterns.complaint import Shape
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion

MAX_ANSWERS = 4


def forgotten_answer(scene: Scene) -> Iterator[Suggestion]:
    """Answer at a function's end as its other ways out do, where it only falls off.

    Before:
        EMPTY = ""
        NAMES = [("a", "Ana"), ("b", "Ben")]
        def name_of(key):
            if not key:
                return EMPTY
            for known, name in NAMES:
                if known == key:
                    return name
        def shout(key):
            return name_of(key).upper()
        >>> shout("c")
    After:
        EMPTY = ""
        NAMES = [("a", "Ana"), ("b", "Ben")]
        def name_of(key):
            if not key:
                return EMPTY
            for known, name in NAMES:
                if known == key:
                    return name
            return EMPTY
        def shout(key):
            return name_of(key).upper()
    """
    for spot in scene.spots:
        function = spot.statement
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        last = function.body[-1]
        if not _falls_off(last) or not spot.file.alone(last):
            continue
        inner, name = Spot(spot.file, last, function, spot.weight), spot.file.names[function]
        for answer in _answers(function):
            text = spot.file.shown(answer)
            yield Suggestion(
                inner,
                (spot.file.after(last, f"return {spot.file.segment(answer)}"),),
                f"Return `{text}` from {name} where nothing else fits",
                f"{name} falls off its end, and answers `{text}` on another way out.",
                1.0 if isinstance(answer, ast.Name | ast.Attribute | ast.Constant) else 0.7,
            )


def _falls_off(statement: ast.stmt) -> bool:
    """Whether the end of a function's last statement can be reached, as far as is easily seen."""
    return isinstance(statement, ast.For | ast.AsyncFor | ast.If | ast.While | ast.With)


def _answers(function: FunctionNode) -> list[ast.expr]:
    """Return what the function's early exits answer, guards against odd input first."""
    found: dict[str, ast.expr] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Return):
            value = node.body[-1].value
            if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
                found.setdefault(ast.dump(value), value)
    return list(found.values())[:MAX_ANSWERS]


PATTERNS = (
    Pattern(
        "exits.answer", forgotten_answer, 1.0, frozenset({Shape.NONE_USED, Shape.ASSERTION}), 0.2
    ),
)
