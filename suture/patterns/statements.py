"""REPAIR: statements in the wrong order or place, and values that are bound too late."""

import ast
from collections.abc import Iterator, Sequence

from suture.localisation.functions import FunctionNode
from suture.patterns.complaint import Shape
from suture.patterns.index import last_name, parameter_names
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit, SourceFile

Block = Sequence[ast.stmt]


def blocks(node: ast.AST) -> Iterator[Block]:
    """Yield the lists of statements that a statement holds."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block


def wrong_order(scene: Scene) -> Iterator[Suggestion]:
    """Swap two statements, such as a use that stands before what it needs.

    Before:
        def total(prices):
            rounded = round(result)
            result = sum(prices)
            return rounded
        >>> total([1, 2])
    After:
        def total(prices):
            result = sum(prices)
            rounded = round(result)
            return rounded
    """
    for spot in scene.spots:
        file = spot.file
        for block in blocks(file.parents.get(spot.statement, file.tree)):
            at = block.index(spot.statement) if spot.statement in block else len(block)
            for other in block[at + 1 : at + 3]:
                if file.alone(other) and spot.alone and _is_moved(spot.statement, other):
                    yield Suggestion(
                        spot,
                        _moved(file, spot.statement, other),
                        f"Move `{file.shown(other)}` up in {spot.where}",
                        "It must have happened before the statement that stands above it.",
                        1.0 if other is block[at + 1] else 0.7,
                    )


def _is_moved(first: ast.stmt, other: ast.stmt) -> bool:
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return not isinstance(first, named) and not isinstance(other, (*named, ast.Return))


def _moved(file: SourceFile, first: ast.stmt, other: ast.stmt) -> tuple[Edit, ...]:
    """Move whole lines of `other` in front of `first`."""
    at = file.whole_lines(first.lineno, first.lineno)[0]
    start, end = file.whole_lines(other.lineno, other.end_lineno or other.lineno)
    text = file.text[start:end]
    if text.endswith(("\n", "\r")):
        return Edit(at, at, text), Edit(start, end, "")
    between = len(file.newline)
    return Edit(at, at, text + file.newline), Edit(start - between, end, "")


def unpacked_pairs(scene: Scene) -> Iterator[Suggestion]:
    """Walk through pairs where a loop takes pairs.

    Before:
        def lines(stock):
            return [name + str(count) for name, count in stock]
        >>> lines({"bolts": 3})
    After:
        def lines(stock):
            return [name + str(count) for name, count in stock.items()]
    """
    for spot, node in scene.each(ast.AST):
        if not isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            continue
        if not isinstance(node.target, ast.Tuple) or isinstance(node.iter, ast.Tuple):
            continue
        file = spot.file
        end = file.span(node.iter)[1]
        keyed = scene.complaint.shape is not Shape.ASSERTION
        why = "The loop takes pairs, and gets single things."
        for edits, fit in (
            ((Edit(end, end, ".items()"),), 1.0),
            (file.wrap(node.iter, "enumerate(", ")"), 0.8),
        ):
            title = f"Walk through pairs of `{file.shown(node.iter)}` in {spot.where}"
            yield Suggestion(spot, edits, title, why, fit if keyed else 0.5)


def unpacked_values(scene: Scene) -> Iterator[Suggestion]:
    """Take as many values as there are.

    Before:
        def major(version):
            major, minor = version.split(".")
            return major
        >>> major("1.2.3")
    After:
        def major(version):
            major, minor, *_ = version.split(".")
            return major
    """
    for spot, node in scene.each(ast.Tuple):
        if not isinstance(node.ctx, ast.Store) or not node.elts:
            continue
        file = spot.file
        end = file.span(node.elts[-1])[1]
        choices = [(Edit(end, end, ", *_"), 1.0), (Edit(end, end, ", _"), 0.7)]
        call = getattr(spot.statement, "value", None)
        if isinstance(call, ast.Call) and last_name(call.func) in {"split", "rsplit"}:
            at = file.span(call)[1] - 1
            limit = f", {len(node.elts) - 1}" if call.args else f"maxsplit={len(node.elts) - 1}"
            choices.append((Edit(at, at, limit), 0.98))
        if len(node.elts) > 1:
            before = file.span(node.elts[-2])[1]
            choices.append((Edit(before, end, ""), 0.6))
        for edit, fit in choices:
            yield Suggestion(
                spot,
                (edit,),
                f"Take the values that come in `{file.shown(node)}` of {spot.where}",
                "The number of values is not the number of names.",
                fit,
            )


def bound_too_late(scene: Scene) -> Iterator[Suggestion]:
    """Bind a variable before the branch that may not bind it.

    Before:
        def rate(kind):
            result = 0
            if kind == "a":
                found = 1
            return found + result
        >>> rate("b")
    After:
        def rate(kind):
            found = 0
            result = 0
            if kind == "a":
                found = 1
            return found + result
    """
    name = scene.complaint.name
    for function, file, spot in _functions(scene):
        first = function.body[0]
        bound = [node for node in ast.walk(function) if _binds(node, name)]
        if not bound or not file.alone(first):
            continue
        inner = Spot(file, first, function, spot.weight)
        values = dict.fromkeys(filter(None, (_empty(node) for node in bound)), 0.9)
        values.setdefault("None", 0.8)
        for value, fit in values.items():
            yield Suggestion(
                inner,
                (file.before(first, f"{name} = {value}"),),
                f"Start `{name}` at {value} in {spot.where}",
                f"`{name}` is bound in one branch only, and read in all.",
                fit,
            )


def outer_name(scene: Scene) -> Iterator[Suggestion]:
    """Say that a function changes a name of the module or of the function around it.

    Before:
        served = 0
        def serve():
            served += 1
            return served
        >>> serve()
    After:
        served = 0
        def serve():
            global served
            served += 1
            return served
    """
    name = scene.complaint.name
    for function, file, spot in _functions(scene):
        first = function.body[0]
        if file.alone(first):
            inner = Spot(file, first, function, spot.weight)
            word = "nonlocal" if file.function_of(function) else "global"
            yield Suggestion(
                inner,
                (file.before(first, f"{word} {name}"),),
                f"Declare `{name}` as {word} in {spot.where}",
                f"The function binds `{name}` of its own and reads it before.",
            )


def _functions(scene: Scene) -> Iterator[tuple[FunctionNode, SourceFile, Spot]]:
    seen: set[FunctionNode] = set()
    for spot in scene.on_path():
        if spot.function and spot.function not in seen:
            seen.add(spot.function)
            yield spot.function, spot.file, spot


def _binds(node: ast.AST, name: str) -> bool:
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return isinstance(node, ast.Assign | ast.AugAssign | ast.For) and any(
        isinstance(target, ast.Name) and target.id == name for target in targets
    )


def _empty(node: ast.AST) -> str:
    value = getattr(node, "value", None)
    if isinstance(value, ast.Constant):
        kinds = {int: "0", float: "0.0", str: '""', bool: "False"}
        return kinds.get(type(value.value), "")
    if isinstance(value, ast.List | ast.ListComp):
        return "[]"
    return "{}" if isinstance(value, ast.Dict | ast.DictComp) else ""


def plain_assignment(scene: Scene) -> Iterator[Suggestion]:
    """Add to a value instead of replacing it.

    Before:
        def total(values):
            result = 0
            for value in values:
                result = value
            return result
        >>> assert total([1, 2]) == 3
    After:
        def total(values):
            result = 0
            for value in values:
                result += value
            return result
    """
    for spot, node in scene.each(ast.stmt):
        file = spot.file
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            at = file.text.find("=", file.span(node.targets[0])[1])
            edit, words = Edit(at, at, "+"), "Add to"
        elif isinstance(node, ast.AugAssign):
            at = file.span(node.target)[1]
            end = file.text.find("=", at)
            edit, words = Edit(at, end, " "), "Replace"
        else:
            continue
        looped = any(isinstance(o, ast.For | ast.While) for o in file.ancestors(node))
        yield Suggestion(
            spot,
            (edit,),
            f"{words} the value in `{file.shown(node)}` of {spot.where}",
            "A value is replaced where it should grow, or grows where it should be replaced.",
            1.0 if looped else 0.5,
        )


def missing_super(scene: Scene) -> Iterator[Suggestion]:
    """Let the base class set itself up.

    Before:
        class Stock:
            def __init__(self, name):
                self.items = [name]
        class Shop(Stock):
            def __init__(self, name):
                self.open = True
        def count(shop):
            return len(shop.items)
        >>> count(Shop("a"))
    After:
        class Stock:
            def __init__(self, name):
                self.items = [name]
        class Shop(Stock):
            def __init__(self, name):
                super().__init__(name)
                self.open = True
        def count(shop):
            return len(shop.items)
    """
    for found in scene.index.functions.get("__init__", []):
        owner = found.file.class_of(found.node)
        calls = {last_name(n.func) for n in ast.walk(found.node) if isinstance(n, ast.Call)}
        if owner is None or "super" in calls:
            continue
        for base in filter(None, map(last_name, owner.bases)):
            inits = [f for f in scene.index.functions["__init__"] if f.name == f"{base}.__init__"]
            wanted = parameter_names(inits[0].node) if inits else []
            known = set(parameter_names(found.node))
            first = found.node.body[0]
            arguments = ", ".join(name for name in wanted if name in known)
            if scene.complaint.name in scene.index.members(base) and found.file.alone(first):
                yield Suggestion(
                    Spot(found.file, first, found.node, 0.9),
                    (found.file.before(first, f"super().__init__({arguments})"),),
                    f"Set up {base} in {found.name}",
                    f"{base} sets `{scene.complaint.name}`, but is never set up.",
                    1.0 if owner.name == scene.complaint.subject else 0.6,
                )


LATE = frozenset({Shape.UNBOUND, Shape.ATTRIBUTE, Shape.NAME, Shape.NONE_USED})

PATTERNS = (
    Pattern("statements.order", wrong_order, 0.75, LATE, 0.3),
    Pattern("statements.pairs", unpacked_pairs, 0.95, frozenset({Shape.UNPACK})),
    Pattern("statements.unpacked", unpacked_values, 0.8, frozenset({Shape.UNPACK})),
    Pattern("statements.bound", bound_too_late, 0.8, frozenset({Shape.UNBOUND})),
    Pattern("statements.outer", outer_name, 0.8, frozenset({Shape.UNBOUND})),
    Pattern("statements.grown", plain_assignment, 0.6, frozenset({Shape.ASSERTION}), 0.1),
    Pattern("statements.super", missing_super, 1.0, frozenset({Shape.ATTRIBUTE})),
)
