"""GUARD: what is not always there: an attribute that only some objects have, a total of nothing."""

import ast
from collections.abc import Iterator

from suture.domain.patch import PatchNature
from suture.patterns.complaint import Shape
from suture.patterns.index import parameter_names
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit


def optional_attribute(scene: Scene) -> Iterator[Suggestion]:
    """Read an attribute that not all objects have as None, where the code asks or hands it on.

    Before:
        class Page:
            pass
        class Form:
            method = "post"
        def is_sent(part):
            return bool(part.method == "post")
        >>> is_sent(Page())
    After:
        class Page:
            pass
        class Form:
            method = "post"
        def is_sent(part):
            return bool(getattr(part, "method", None) == "post")
    """
    name = scene.complaint.name
    for spot in scene.on_path():
        for node in spot.nodes:
            if not isinstance(node, ast.Attribute) or node.attr != name:
                continue
            if not isinstance(node.ctx, ast.Load) or not isinstance(node.value, ast.Name):
                continue
            asked = isinstance(spot.file.parents[node], ast.Compare | ast.BoolOp | ast.If)
            if asked or (_chosen(spot, node) and _set_late(scene, name)):
                yield Suggestion(
                    spot,
                    (spot.file.replace(node, f'getattr({node.value.id}, "{name}", None)'),),
                    f"Read `{name}` of {spot.where} as None where there is none",
                    f"Not every `{node.value.id}` has `{name}`; without one there is nothing.",
                    1.0 if asked else 0.9,
                )


def _chosen(spot: Spot, node: ast.expr) -> bool:
    """Whether an expression is one of several answers."""
    return isinstance(spot.file.parents[node], ast.IfExp | ast.Return)


def _set_late(scene: Scene, name: str) -> bool:
    """Whether a constructor may end before it sets an attribute."""
    for found in scene.index.functions.get("__init__", []):
        lines = [
            node.lineno
            for node in ast.walk(found.node)
            if isinstance(node, ast.Attribute) and node.attr == name
            if isinstance(node.ctx, ast.Store)
        ]
        ends = [node.lineno for node in ast.walk(found.node) if isinstance(node, ast.Return)]
        if lines and ends and min(ends) < min(lines):
            return True
    return False


def set_before_leaving(scene: Scene) -> Iterator[Suggestion]:
    """Set an attribute before the constructor ends early, as it does later.

    Before:
        class Meter:
            def __init__(self, total, quiet):
                self.quiet = quiet
                if quiet:
                    return
                self.total = total
            def left(self):
                return self.total - 1
        >>> Meter(3, True).left()
    After:
        class Meter:
            def __init__(self, total, quiet):
                self.quiet = quiet
                if quiet:
                    self.total = total
                    return
                self.total = total
            def left(self):
                return self.total - 1
    """
    name = scene.complaint.name
    for found in scene.index.functions.get("__init__", []):
        file = found.file
        for line in _settings(found.node, name):
            for node in ast.walk(found.node):
                if not isinstance(node, ast.Return) or node.lineno > line.lineno:
                    continue
                if file.alone(node) and line.lineno == line.end_lineno:
                    yield Suggestion(
                        Spot(file, node, found.node, 0.9),
                        (file.before(node, file.segment(line)),),
                        f"Set `{name}` in {found.name} before it ends early",
                        f"Line {line.lineno} sets it, and is not reached then.",
                        nature=PatchNature.REPAIR,
                    )


def _settings(function: ast.AST, name: str) -> list[ast.Assign]:
    """Return the statements that set an attribute of `self`."""
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Attribute)
        and node.targets[0].attr == name
    ]


def unchanged_nothing(scene: Scene) -> Iterator[Suggestion]:
    """Leave None as it is, where a value that is there is changed in its place.

    Before:
        def scaled(total, scale):
            total *= scale
            return total
        >>> scaled(None, 2)
    After:
        def scaled(total, scale):
            if total is not None:
                total *= scale
            return total
    """
    for spot in scene.on_path():
        node = spot.statement
        if not isinstance(node, ast.AugAssign) or not spot.alone or not spot.crash:
            continue
        if not isinstance(node.target, ast.Name | ast.Attribute) or node.lineno != node.end_lineno:
            continue
        text = spot.file.segment(node.target)
        for test, fit in ((f"if {text} is not None:", 1.0), (f"if {text}:", 0.9)):
            start = spot.file.whole_lines(node.lineno, node.lineno)[0]
            edits = (spot.file.before(node, test), Edit(start, start, spot.file.unit))
            yield Suggestion(
                spot,
                edits,
                f"Leave a missing `{text}` of {spot.where} as it is",
                f"There is nothing to change where `{text}` is None.",
                fit,
            )


def refused_nothing(scene: Scene) -> Iterator[Suggestion]:
    """Hand a value back as it is, where what says what to do with it is None.

    Before:
        def extended(path, parts):
            if not isinstance(parts, list):
                raise TypeError("parts should be a list, not " + str(type(parts)))
            return path + "/".join(parts)
        >>> assert extended("a", None) == "a"
    After:
        def extended(path, parts):
            if parts is None:
                return path
            if not isinstance(parts, list):
                raise TypeError("parts should be a list, not " + str(type(parts)))
            return path + "/".join(parts)
    """
    for spot in scene.on_path():
        if spot.function is None or not isinstance(spot.statement, ast.Raise):
            continue
        names = parameter_names(spot.function)
        answers = any(
            isinstance(node, ast.Return) and node.value is not None for node in spot.inside
        )
        first = next((node for node in spot.function.body if not _is_text(node)), None)
        if first is None or not answers or not spot.file.alone(first):
            continue
        for name in names[1:]:
            lines = (f"if {name} is None:", f"\treturn {names[0]}")
            yield Suggestion(
                Spot(spot.file, first, spot.function, spot.weight),
                (spot.file.before(first, *lines),),
                f"Take a missing `{name}` in {spot.where}",
                f"Without `{name}` there is nothing to do to `{names[0]}`.",
            )


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


PATTERNS = (
    Pattern(
        "optional.attribute",
        optional_attribute,
        0.8,
        frozenset({Shape.ATTRIBUTE}),
        nature=PatchNature.GUARD,
    ),
    Pattern(
        "optional.early",
        set_before_leaving,
        0.9,
        frozenset({Shape.ATTRIBUTE}),
    ),
    Pattern(
        "optional.unchanged",
        unchanged_nothing,
        0.9,
        frozenset({Shape.NONE_USED}),
        nature=PatchNature.GUARD,
    ),
    Pattern(
        "optional.refused",
        refused_nothing,
        0.7,
        frozenset({Shape.NONE_USED}),
        nature=PatchNature.GUARD,
    ),
)
