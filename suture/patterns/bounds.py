"""REPAIR: a bound, an index or a literal that is off."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.similarity import most_similar
from suture.patterns.source import SourceFile, is_number, shown

SIMPLE = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.BinOp)
RANGE_ARGUMENTS = range(1, 4)


def shifted(file: SourceFile, node: ast.expr) -> list[str]:
    """Return an expression one less and one more, and without a shift that it has."""
    text = file.segment(node)
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return [str(node.value - 1), str(node.value + 1)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        if isinstance(node.right, ast.Constant) and node.right.value == 1:
            return [file.segment(node.left)]
        return [f"{text} - 1", f"{text} + 1"]
    if isinstance(node, ast.UnaryOp):
        number = node.operand.value if isinstance(node.operand, ast.Constant) else None
        return [f"{1 - number}", f"-{number + 1}", f"{number}"] if type(number) is int else []
    return [f"{text} - 1", f"{text} + 1"] if isinstance(node, SIMPLE) else []


def range_bounds(scene: Scene) -> Iterator[Suggestion]:
    """Count one step less or more, or start at one.

    Before:
        def rising(values):
            return all(values[i] < values[i + 1] for i in range(len(values)))
        >>> rising([1, 2, 3])
    After:
        def rising(values):
            return all(values[i] < values[i + 1] for i in range(len(values) - 1))
    """
    for spot, node in scene.each(ast.Call):
        if last_name(node.func) != "range" or len(node.args) not in RANGE_ARGUMENTS:
            continue
        stop = node.args[0] if len(node.args) == 1 else node.args[1]
        for argument in node.args[:2]:
            for text in shifted(spot.file, argument):
                yield Suggestion(
                    spot,
                    (spot.file.replace(argument, text),),
                    f"Count over `{text}` in `{spot.file.shown(node)}` of {spot.where}",
                    "The range is one step too long, too short or starts one step off.",
                    1.0 if argument is stop else 0.8,
                )
        if len(node.args) == 1:
            yield Suggestion(
                spot,
                (spot.file.replace(stop, f"1, {spot.file.segment(stop)}"),),
                f"Start counting at 1 in `{spot.file.shown(node)}` of {spot.where}",
                "The range starts one step too early.",
                0.7,
            )


def shifted_index(scene: Scene) -> Iterator[Suggestion]:
    """Read one place earlier or later.

    Before:
        def last(values):
            return values[len(values)]
        >>> last([1, 2, 3])
    After:
        def last(values):
            return values[len(values) - 1]
    """
    for spot, node in scene.each(ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in parts:
            bounds = [part.lower, part.upper] if isinstance(part, ast.Slice) else [part]
            for bound in filter(None, bounds):
                for text in shifted(spot.file, bound):
                    yield Suggestion(
                        spot,
                        (spot.file.replace(bound, text),),
                        f"Use `{text}` in `{spot.file.shown(node)}` of {spot.where}",
                        "The index or bound is one off.",
                        1.0 if isinstance(bound, ast.Call | ast.BinOp) else 0.75,
                    )


def open_slice(scene: Scene) -> Iterator[Suggestion]:
    """Take a slice that the index leaves out or puts in, such as all but the first.

    Before:
        def tail(values):
            return values[:1]
        >>> assert tail([1, 2, 3]) == [2, 3]
    After:
        def tail(values):
            return values[1:]
    """
    for spot, node in scene.each(ast.Subscript):
        part = node.slice
        if not isinstance(part, ast.Slice) or part.step or (part.lower and part.upper):
            continue
        bound = part.lower or part.upper
        if bound:
            text = spot.file.segment(bound)
            yield Suggestion(
                spot,
                (spot.file.replace(part, f":{text}" if part.lower else f"{text}:"),),
                f"Take the other side of `{spot.file.shown(node)}` in {spot.where}",
                "The slice keeps what should be left out.",
                0.6,
            )


def wrong_number(scene: Scene) -> Iterator[Suggestion]:
    """Use another number: one off, its negative, or one that the file uses elsewhere.

    Before:
        def percent(part, whole):
            return part * 10 / whole
        def ratio(percent):
            return percent / 100
        >>> assert percent(1, 2) == 50
    After:
        def percent(part, whole):
            return part * 100 / whole
        def ratio(percent):
            return percent / 100
    """
    for spot, node in scene.each(ast.Constant):
        if not is_number(node) or not spot.file.segment(node)[:1].isdecimal():
            continue
        for text, fit in _numbers(scene, spot.file, node):
            yield Suggestion(
                spot,
                (spot.file.replace(node, text),),
                f"Use {text} instead of {spot.file.shown(node)} in {spot.where}",
                "The number is not the one that the result needs.",
                fit,
            )


def _numbers(scene: Scene, file: SourceFile, node: ast.Constant) -> list[tuple[str, float]]:
    good = scene.good.get(file.path)
    found = dict.fromkeys(sorted(good.numbers - file.numbers) if good else (), 0.95)
    if isinstance(node.value, int):
        found.update({str(node.value + 1): 0.6, str(max(0, node.value - 1)): 0.6})
    found[f"-{file.segment(node)}"] = 0.4
    for text in sorted(file.numbers):
        found.setdefault(text, 0.35)
    return [(text, fit) for text, fit in found.items() if text != file.segment(node)][:10]


def shifted_value(scene: Scene) -> Iterator[Suggestion]:
    """Pass, return or compare one less or one more.

    Before:
        def pages(count, size):
            return count // size
        >>> assert pages(5, 2) == 3
    After:
        def pages(count, size):
            return count // size + 1
    """
    for spot, node in scene.each(ast.expr):
        parent = spot.file.parents[node]
        if isinstance(node, ast.Constant) or not _is_value(node, parent):
            continue
        for text in shifted(spot.file, node):
            yield Suggestion(
                spot,
                (spot.file.replace(node, text),),
                f"Use `{shown(text)}` in {spot.where}",
                "The value is one off.",
                0.6,
            )


def _is_value(node: ast.expr, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Call):
        return node in parent.args
    return isinstance(parent, ast.Return | ast.Compare)


def wrong_boolean(scene: Scene) -> Iterator[Suggestion]:
    """Use the other truth value.

    Before:
        def contains(values, wanted):
            for value in values:
                if value == wanted:
                    return True
            return True
        >>> assert not contains([1], 2)
    After:
        def contains(values, wanted):
            for value in values:
                if value == wanted:
                    return True
            return False
    """
    for spot, node in scene.each(ast.Constant):
        if isinstance(node.value, bool):
            yield Suggestion(
                spot,
                (spot.file.replace(node, str(not node.value)),),
                f"Use {not node.value} instead of {node.value} in {spot.where}",
                "The truth value is the wrong one.",
                0.1 if _is_last_difference(spot, node) else 0.8,
            )


def _is_last_difference(spot: Spot, node: ast.Constant) -> bool:
    """Whether the function would give one and the same answer to everything."""
    inside = spot.inside
    answers = [other.value for other in inside if isinstance(other, ast.Return)]
    if node not in answers or len(answers) == 1:
        return False
    others = [other for other in answers if other is not node]
    return all(isinstance(o, ast.Constant) and o.value is (not node.value) for o in others)


def wrong_text(scene: Scene) -> Iterator[Suggestion]:
    """Use the spelling of a text that the rest of the code has.

    Before:
        def is_open(order):
            return order["state"] == "opne"
        def start(order):
            order["state"] = "open"
        >>> order = {}
        >>> start(order)
        >>> assert is_open(order)
    After:
        def is_open(order):
            return order["state"] == "open"
        def start(order):
            order["state"] = "open"
    """
    for spot, node in scene.each(ast.Constant):
        file = spot.file
        quote = file.segment(node)[-1:]
        if not isinstance(node.value, str) or file.segment(node) != f"{quote}{node.value}{quote}":
            continue
        good = scene.good.get(file.path)
        old = set(good.strings) - set(file.strings) if good else set()
        known = {text for other in scene.files.values() for text in other.strings}
        for text, fit in most_similar(node.value, known | old, favoured=old):
            if quote not in text and "\\" not in text:
                yield Suggestion(
                    spot,
                    (file.replace(node, f"{quote}{text}{quote}"),),
                    f"Use {shown(text)!r} instead of {file.shown(node)} in {spot.where}",
                    "The text is spelt otherwise where the code makes or made it.",
                    fit if file.strings[node.value] == 1 else 0.6 * fit,
                )


ASSERTED = frozenset({Shape.ASSERTION})
OFF = frozenset({Shape.ASSERTION, Shape.INDEX})

PATTERNS = (
    Pattern("bounds.range", range_bounds, 0.9, OFF | {Shape.KEY, Shape.ZERO_DIVISION}, 0.2),
    Pattern("bounds.index", shifted_index, 0.85, OFF | {Shape.EMPTY}, 0.2),
    Pattern("bounds.slice", open_slice, 0.6, ASSERTED, 0.15),
    Pattern("bounds.number", wrong_number, 0.7, OFF, 0.2),
    Pattern("bounds.value", shifted_value, 0.6, OFF | {Shape.RECURSION}, 0.15),
    Pattern("bounds.boolean", wrong_boolean, 0.7, ASSERTED, 0.25),
    Pattern("bounds.text", wrong_text, 0.75, ASSERTED | {Shape.KEY, Shape.ATTRIBUTE}, 0.25),
)
