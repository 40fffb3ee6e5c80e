"""REPAIR: defaults that are shared between calls, and handlers for the wrong exception."""

import ast
import builtins
from collections.abc import Iterator

from suture.localisation.functions import FunctionNode
from suture.patterns.complaint import Shape
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import SourceFile


def defaults_of(node: FunctionNode) -> list[tuple[ast.arg, ast.expr]]:
    """Return the parameters that have a default, with it."""
    plain = [*node.args.posonlyargs, *node.args.args]
    start = len(plain) - len(node.args.defaults)
    pairs = list(zip(plain[start:], node.args.defaults, strict=True))
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return pairs + [(name, value) for name, value in keywords if value is not None]


def first_statement(file: SourceFile, node: FunctionNode) -> ast.stmt | None:
    """Return the first statement after the docstring, where lines may be put before it."""
    documented = ast.get_docstring(node, clean=False) is not None and len(node.body) > 1
    first = node.body[1 if documented else 0]
    return first if file.alone(first) else None


def shared_default(scene: Scene) -> Iterator[Suggestion]:
    """Make a new container for each call.

    Before:
        def add(item, items=[]):
            items.append(item)
            return items
        >>> add(1)
        >>> assert add(2) == [2]
    After:
        def add(item, items=None):
            if items is None:
                items = []
            items.append(item)
            return items
    """
    for spot, node in scene.each(ast.stmt):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        file, first = spot.file, first_statement(spot.file, node)
        if first is None:
            continue
        for name, default in defaults_of(node):
            if isinstance(default, ast.List | ast.Dict | ast.Set | ast.Call):
                text = file.segment(default)
                edits = (
                    file.replace(default, "None"),
                    file.before(first, f"if {name.arg} is None:", f"\t{name.arg} = {text}"),
                )
                yield Suggestion(
                    spot,
                    edits,
                    f"Make a new `{name.arg}` for each call of {file.names[node]}",
                    "A default is made once, and what one call puts into it the next one finds.",
                )


def unreplaced_default(scene: Scene) -> Iterator[Suggestion]:
    """Replace a None default before it is used.

    Before:
        def total(prices, extra=None):
            return sum(prices) + sum(extra)
        >>> total([1])
    After:
        def total(prices, extra=None):
            if extra is None:
                extra = []
            return sum(prices) + sum(extra)
    """
    for spot in scene.on_path():
        node = spot.function
        first = first_statement(spot.file, node) if node else None
        if node is None or first is None:
            continue
        for name, default in defaults_of(node):
            none = isinstance(default, ast.Constant) and default.value is None
            used = name.arg in {n.id for n in spot.nodes if isinstance(n, ast.Name)}
            if none and used:
                inner = Spot(spot.file, first, node, spot.weight)
                for value, fit in _empty_values(spot, name.arg):
                    lines = (f"if {name.arg} is None:", f"\t{name.arg} = {value}")
                    yield Suggestion(
                        inner,
                        (spot.file.before(first, *lines),),
                        f"Use {value} where {spot.where} gets no `{name.arg}`",
                        f"The signature says that `{name.arg}` may be left out.",
                        fit,
                    )


def _empty_values(spot: Spot, name: str) -> list[tuple[str, float]]:
    """Say what stands for nothing, by how the parameter is used."""
    for node in spot.nodes:
        parent = spot.file.parents[node]
        if not isinstance(node, ast.Name) or node.id != name:
            continue
        if isinstance(parent, ast.Attribute) and parent.attr in {"get", "items", "keys", "values"}:
            return [("{}", 1.0)]
        if isinstance(parent, ast.BinOp):
            neutral = "0" if isinstance(parent.op, ast.Add | ast.Sub) else "1"
            return [(neutral, 0.9), ('""', 0.7), ("[]", 0.7)]
        if isinstance(parent, ast.Attribute):
            return [('""', 0.8), ("[]", 0.7), ("{}", 0.6)]
    return [("[]", 1.0), ("{}", 0.9), ("0", 0.6), ('""', 0.6)]


def wrong_handler(scene: Scene) -> Iterator[Suggestion]:
    """Catch the exception that really comes where the handler meant to catch it.

    Before:
        def price(prices, name):
            try:
                return prices[name]
            except IndexError:
                return None
        >>> price({}, "bolt")
    After:
        def price(prices, name):
            try:
                return prices[name]
            except KeyError:
                return None
    """
    raised = scene.complaint.type
    for spot in scene.on_path():
        written = _written_name(scene, spot, raised)
        for caught in _handled(spot) if written else ():
            text = spot.file.segment(caught)
            if raised in text:
                continue
            names = [spot.file.segment(name) for name in getattr(caught, "elts", [caught])]
            both = f"({', '.join([*names, written])})"
            for choice, word, fit in ((written, "instead of", 1.0), (both, "besides", 0.95)):
                yield Suggestion(
                    spot,
                    (spot.file.replace(caught, choice),),
                    f"Catch {written} {word} `{spot.file.shown(caught)}` in {spot.where}",
                    f"The handler is there for this failure, which raises {written}.",
                    fit,
                )


def _handled(spot: Spot) -> Iterator[ast.expr]:
    """Yield what the handlers around a statement catch."""
    inner: ast.AST = spot.statement
    for outer in spot.file.ancestors(spot.statement):
        if isinstance(outer, ast.Try) and inner in outer.body:
            yield from (handler.type for handler in outer.handlers if handler.type)
        inner = outer


def _written_name(scene: Scene, spot: Spot, raised: str) -> str:
    """Return how this file can name the exception."""
    if hasattr(builtins, raised) or raised in spot.scope:
        return raised
    modules = {link.type: link.module or "" for link in scene.given.alert.exceptions}
    module = modules.get(raised, "")
    return f"{module}.{raised}" if module.partition(".")[0] in spot.scope else ""


CAUGHT = frozenset(Shape) - {Shape.ASSERTION, Shape.NAME}

PATTERNS = (
    Pattern("defaults.shared", shared_default, 0.9, frozenset({Shape.ASSERTION}), 0.4),
    Pattern("defaults.unreplaced", unreplaced_default, 0.85, frozenset({Shape.NONE_USED})),
    Pattern("handlers.exception", wrong_handler, 0.8, CAUGHT),
)
