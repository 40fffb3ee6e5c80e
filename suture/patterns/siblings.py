"""REPAIR: what the code beside does in the same case, and this code does not."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import BUILTINS, read_names
from suture.patterns.ingredients import each, likeliest
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.similarity import similarity
from suture.patterns.source import Edit, SourceFile, shown

MAX_COPIES = 10
MAX_TEXT = 80
MAX_ALIKE = 3
LEAST_ALIKE = 0.75
LEAST_COVERED = 0.5
"""Of the text, at both ends: what is less alike is not compared letter by letter."""
LEAST_NAMED = 0.4
LONGER = 3.0
"""How much longer than the own text another one may be."""
MAX_ELEMENTS = 20


def sibling_guard(scene: Scene) -> Iterator[Suggestion]:
    """Do something only under the condition under which the code beside does the same.

    Before:
        class Door:
            def __init__(self, strict):
                self.strict = strict
            def open(self, key):
                if not key:
                    if self.strict:
                        raise ValueError("no key")
                    else:
                        return None
                if key != "a":
                    raise ValueError("wrong key")
                return key
        >>> Door(False).open("b")
    After:
        class Door:
            def __init__(self, strict):
                self.strict = strict
            def open(self, key):
                if not key:
                    if self.strict:
                        raise ValueError("no key")
                    else:
                        return None
                if key != "a":
                    if self.strict:
                        raise ValueError("wrong key")
                    else:
                        return None
                return key
    """
    for spot in scene.spots:
        node, file = spot.statement, spot.file
        if not isinstance(node, ast.Raise | ast.Return | ast.Expr) or not spot.alone:
            continue
        if not _is_indented_freely(spot):
            continue
        for other in _guards(spot):
            yield Suggestion(
                spot,
                (_guarded(spot, other),),
                f"Ask for `{file.shown(other.test)}` in {spot.where}",
                f"Line {other.lineno} asks for it before it does the same.",
            )


def _guarded(spot: Spot, other: ast.If) -> Edit:
    """Put a statement under the condition of another one, with its other branch."""
    node, file = spot.statement, spot.file
    first, last = node.lineno, node.end_lineno or node.lineno
    lines = file.lines[first - 1 : last]
    inner = "".join(file.unit + line if line.strip() else line for line in lines)
    if not inner.endswith(("\n", "\r")):
        inner += file.newline
    test = f"{file.indent(node)}if {file.segment(other.test)}:{file.newline}"
    return Edit(*file.whole_lines(first, last), test + inner + _otherwise(file, node, other))


def _is_indented_freely(spot: Spot) -> bool:
    """Whether no text of several lines would change with the indentation."""
    return not any(
        isinstance(node, ast.Constant | ast.JoinedStr) and node.lineno != node.end_lineno
        for node in spot.nodes
    )


def _guards(spot: Spot) -> list[ast.If]:
    """Return conditions whose branch is one statement of the same kind; without those around."""
    node, file = spot.statement, spot.file
    around = set(file.ancestors(node))
    known = {ast.dump(outer.test) for outer in around if isinstance(outer, ast.If)}
    scope = spot.function or file.tree
    found: dict[str, ast.If] = {}
    for other in file.within(scope):
        if not isinstance(other, ast.If) or other in around or len(other.body) != 1:
            continue
        inner = other.body[0]
        same = type(inner) is type(node) and _head(inner) == _head(node)
        if same and file.alone(inner) and spot.sees(other.test):
            found.setdefault(ast.dump(other.test), other)
    return [other for test, other in found.items() if test not in known][:MAX_COPIES]


def _head(node: ast.stmt) -> str:
    """Return what is raised or called, without what is said."""
    value = getattr(node, "exc", None) or getattr(node, "value", None)
    return ast.dump(value.func) if isinstance(value, ast.Call) else type(value).__name__


def _otherwise(file: SourceFile, node: ast.stmt, other: ast.If) -> str:
    """Return the other branch, if it is a plain one that leaves, too."""
    if len(other.orelse) != 1 or not isinstance(other.orelse[0], ast.Return | ast.Continue):
        return ""
    answer = other.orelse[0]
    if answer.lineno != answer.end_lineno:
        return ""
    indent, end = file.indent(node), file.newline
    return f"{indent}else:{end}{indent}{file.unit}{file.segment(answer)}{end}"


def similar_expression(scene: Scene) -> Iterator[Suggestion]:
    """Write an expression the way the same file writes a very similar one.

    Before:
        def is_text(headers):
            return headers.get("type") == "text"
        def is_page(headers):
            return headers.get("type", "").lower() == "page"
        >>> assert is_text({"type": "TEXT"})
    After:
        def is_text(headers):
            return headers.get("type", "").lower() == "text"
        def is_page(headers):
            return headers.get("type", "").lower() == "page"
    """
    for spot in likeliest(scene):
        for node in spot.nodes:
            if not isinstance(
                node, ast.Call | ast.Compare | ast.BinOp | ast.Subscript | ast.BoolOp
            ):
                continue
            own = spot.file.segment(node)
            if len(own) > MAX_TEXT:
                continue
            for text, fit in _similar(spot, own, node)[:MAX_ALIKE]:
                yield Suggestion(
                    spot,
                    (spot.file.replace(node, text),),
                    f"Use `{shown(text)}` instead of `{shown(own)}` in {spot.where}",
                    f"The file writes `{shown(text)}` elsewhere.",
                    fit,
                )


def _similar(spot: Spot, own: str, node: ast.expr) -> list[tuple[str, float]]:
    condition = isinstance(node, ast.Compare | ast.BoolOp)
    names = read_names(ast.walk(node))
    known = spot.near(node) | spot.scope | BUILTINS
    found: list[tuple[str, float]] = []
    for text, (other, read) in spot.file.expressions.items():
        if text == own or condition != isinstance(other, ast.Compare | ast.BoolOp):
            continue
        if len(text) > LONGER * len(own) or not names & read or not read <= known:
            continue
        score = _covers(own, text)
        if score >= LEAST_COVERED:
            found.append((text, max(score, similarity(own, text))))
    found = [item for item in found if item[1] >= LEAST_ALIKE]
    return sorted(found, key=lambda item: (-item[1], item[0]))


def _covers(own: str, text: str) -> float:
    """Say how much of a text stays where another one only has something put in."""
    before = 0
    while before < min(len(own), len(text)) and own[before] == text[before]:
        before += 1
    after = 0
    limit = min(len(own), len(text)) - before
    while after < limit and own[-1 - after] == text[-1 - after]:
        after += 1
    return (before + after) / max(1, len(own)) * (0.95 if len(text) > len(own) else 0.8)


def sibling_elements(scene: Scene) -> Iterator[Suggestion]:
    """Put an element into a list that the file's other list of its kind has.

    Before:
        CURRENT, OLD, OLDEST = 3, 2, 1
        ALL = [CURRENT, OLD, OLDEST]
        def readable(strict):
            if strict:
                return [CURRENT]
            return [OLDEST]
        >>> assert readable(False) == [OLD, OLDEST]
    After:
        CURRENT, OLD, OLDEST = 3, 2, 1
        ALL = [CURRENT, OLD, OLDEST]
        def readable(strict):
            if strict:
                return [CURRENT]
            return [OLD, OLDEST]
    """
    for spot, node in each(scene, ast.expr):
        if not isinstance(node, ast.List | ast.Set | ast.Tuple) or not node.elts:
            continue
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            continue
        file = spot.file
        own = [file.segment(element) for element in node.elts]
        for text, before in _elements_beside(spot, node, own):
            start, end = file.span(node.elts[0])[0], file.span(node.elts[-1])[1]
            edit = Edit(start, start, f"{text}, ") if before else Edit(end, end, f", {text}")
            yield Suggestion(
                spot,
                (edit,),
                f"Put `{shown(text)}` into `{file.shown(node)}` of {spot.where}",
                "The file's other list of this kind has it.",
            )


def _elements_beside(
    spot: Spot, node: ast.List | ast.Set | ast.Tuple, own: list[str]
) -> list[tuple[str, bool]]:
    """Return elements of lists that share one with this list, and whether they come before it."""
    found: dict[str, bool] = {}
    for other in spot.file.nodes:
        if not isinstance(other, ast.List | ast.Set | ast.Tuple) or other is node:
            continue
        texts = [spot.file.segment(element) for element in other.elts[:MAX_ELEMENTS]]
        shared = [texts.index(text) for text in own if text in texts]
        for place, (text, element) in enumerate(zip(texts, other.elts, strict=False)):
            if shared and text not in own and "\n" not in text and spot.sees(element):
                found.setdefault(text, place < shared[0])
    return list(found.items())[:MAX_COPIES]


def alternative_condition(scene: Scene) -> Iterator[Suggestion]:
    """Ask in a condition for the like of what it asks for, too.

    Before:
        def is_many(field, shapes, types):
            return field.shape in shapes and field.wide
        class Field:
            shape, type, wide = "one", "list", True
            def __str__(field):
                return field.type
        >>> assert is_many(Field(), ["many"], ["list"])
    After:
        def is_many(field, shapes, types):
            return (field.shape in shapes or field.type in types) and field.wide
        class Field:
            shape, type, wide = "one", "list", True
            def __str__(field):
                return field.type
    """
    for spot, node in each(scene, ast.Compare):
        left, right = node.left, node.comparators[0]
        if not isinstance(left, ast.Attribute) or not isinstance(left.value, ast.Name):
            continue
        if len(node.ops) != 1 or not isinstance(right, ast.Name | ast.Attribute | ast.Constant):
            continue
        own = spot.file.segment(node)
        between = spot.file.text[spot.file.span(left)[1] : spot.file.span(right)[0]]
        for attribute in _attributes_beside(scene, spot, left):
            for other in _names_beside(spot, right):
                text = f"{left.value.id}.{attribute}{between}{other}"
                if text != own:
                    yield Suggestion(
                        spot,
                        (spot.file.replace(node, f"({own} or {text})"),),
                        f"Ask for `{shown(text)}`, too, in {spot.where}",
                        "What is asked for here may be told in two ways.",
                        0.5
                        + 0.25 * similarity(attribute, left.attr)
                        + 0.25 * similarity(other, spot.file.segment(right)),
                    )


def _attributes_beside(scene: Scene, spot: Spot, left: ast.Attribute) -> list[str]:
    """Return attributes that the file reads of a variable of this name, the own one first."""
    owner = getattr(left.value, "id", "")
    found = {left.attr: 0}
    for node in spot.file.nodes:
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == owner:
            found.setdefault(node.attr, 0)
    if len(found) == 1:
        found |= dict.fromkeys(sorted(scene.index.attributes), 0)
    return list(found)[:MAX_COPIES]


def _names_beside(spot: Spot, right: ast.expr) -> list[str]:
    own = spot.file.segment(right)
    if isinstance(right, ast.Constant):
        return [own]
    alike = [(similarity(own, name), name) for name in spot.scope if name != own]
    near = sorted((item for item in alike if item[0] >= LEAST_NAMED), reverse=True)
    return [own, *(name for _, name in near[:3])]


ASSERTED = frozenset({Shape.ASSERTION})
WRONG = ASSERTED | {Shape.OTHER, Shape.NONE_USED, Shape.KEY, Shape.OPERANDS}

PATTERNS = (
    Pattern("siblings.guard", sibling_guard, 0.7, WRONG, 0.3),
    Pattern("siblings.expression", similar_expression, 0.6, WRONG, 0.4),
    Pattern("siblings.elements", sibling_elements, 0.5, WRONG, 0.3),
    Pattern("siblings.alternative", alternative_condition, 0.25, WRONG, 0.1, broad=True),
)
