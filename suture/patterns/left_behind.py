"""REPAIR: what was left behind when the other side of a call or of a record changed."""

import ast
from collections.abc import Iterator

from suture.localisation.functions import FunctionNode
from suture.patterns.complaint import Shape
from suture.patterns.index import last_name
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.similarity import most_similar

MAX_KEYS = 6
CALL_SHAPES = frozenset(
    {
        Shape.ATTRIBUTE,
        Shape.ARGUMENT_COUNT,
        Shape.ARGUMENT_MISSING,
        Shape.ASSERTION,
        Shape.INDEX,
        Shape.KEY,
        Shape.NONE_USED,
        Shape.NOT_CALLABLE,
        Shape.NOT_ITERABLE,
        Shape.NOT_SUBSCRIPTABLE,
        Shape.OPERANDS,
    }
)


def reordered_arguments(scene: Scene) -> Iterator[Suggestion]:
    """Pass arguments in the order that the function takes now, after its parameters were moved.

    Good:
        def area(width, height, unit):
            return str(width * height) + unit
        def label(width, height):
            return area(width, height, "m")
    Before:
        def area(unit, width, height):
            return str(width * height) + unit
        def label(width, height):
            return area(width, height, "m")
        >>> label(2, 3)
    After:
        def area(unit, width, height):
            return str(width * height) + unit
        def label(width, height):
            return area("m", width, height)
    """
    moved = dict(_moved(scene))
    for spot, node in scene.each(ast.Call):
        order = moved.get(last_name(node.func))
        plain = not node.keywords and not any(isinstance(a, ast.Starred) for a in node.args)
        if order is None or not plain or len(node.args) != len(order):
            continue
        texts = [spot.file.segment(node.args[index]) for index in order]
        edits = tuple(
            spot.file.replace(argument, text)
            for argument, text in zip(node.args, texts, strict=True)
        )
        yield Suggestion(
            spot,
            edits,
            f"Pass the arguments of `{last_name(node.func)}` in its new order in {spot.where}",
            f"The parameters of `{last_name(node.func)}` were moved; this call has the old order.",
        )


def _moved(scene: Scene) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield functions whose parameters were moved: for each new place, the old one."""
    for path, good in scene.good.items():
        for name, node in scene.files[path].functions.items():
            before = good.functions.get(name)
            old, new = _parameters(before), _parameters(node)
            if old != new and sorted(old) == sorted(new):
                yield node.name, tuple(old.index(parameter) for parameter in new)


def _parameters(node: FunctionNode | None) -> list[str]:
    if node is None:
        return []
    names = [item.arg for item in (*node.args.posonlyargs, *node.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def renamed_key(scene: Scene) -> Iterator[Suggestion]:
    """Look a renamed key up by its new name, everywhere in the function that was left behind.

    Before:
        def describe(row):
            return row["nmae"] + ": " + row["nmae"]
        def rows():
            return [{"name": "bolt"}]
        >>> describe(rows()[0])
    After:
        def describe(row):
            return row["name"] + ": " + row["name"]
        def rows():
            return [{"name": "bolt"}]
    """
    for spot in scene.spots:
        if spot.function is None or not spot.crash:
            continue
        uses = [
            node
            for node in spot.inside
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and repr(node.value) == scene.complaint.name
        ]
        if len(uses) < 2:  # noqa: PLR2004 -- a single use is the business of `names.key`
            continue
        known = scene.index.keys | scene.names_changed
        close = most_similar(str(uses[0].value), known, favoured=scene.names_changed)
        appeared = sorted(scene.names_changed & scene.index.keys - {str(uses[0].value)})
        choices = dict([*close, *((name, 0.8) for name in appeared[:MAX_KEYS])])
        for choice, score in choices.items():
            quotes = [spot.file.segment(node)[-1:] for node in uses]
            yield Suggestion(
                spot,
                tuple(
                    spot.file.replace(node, f"{quote}{choice}{quote}")
                    for node, quote in zip(uses, quotes, strict=True)
                ),
                f"Look up {choice!r} instead of {uses[0].value!r} throughout {spot.where}",
                f"There is no key {uses[0].value!r} any more; {choice!r} is what it is called now.",
                score,
            )


PATTERNS = (
    Pattern("left_behind.arguments", reordered_arguments, 1.0, CALL_SHAPES, 0.3),
    Pattern("left_behind.key", renamed_key, 1.0, frozenset({Shape.KEY})),
)
