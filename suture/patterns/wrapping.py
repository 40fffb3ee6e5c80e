"""REPAIR: a value that one of the project's own functions should have seen first."""

import ast
from collections import Counter
from collections.abc import Iterator

from suture.localisation.functions import FunctionNode
from suture.patterns.complaint import Shape
from suture.patterns.imports import at_top, module_of
from suture.patterns.index import FoundFunction, last_name, parameters, read_names, stored_names
from suture.patterns.ingredients import each, likeliest, values
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.similarity import similarity
from suture.patterns.source import Edit, SourceFile, shown

MAX_FUNCTIONS = 8
MAX_TEXT = 60
MAX_ENDS = 3
KNOWN = 2
"""Files that call a function for which it is known in the whole project."""


def passed_through(scene: Scene) -> Iterator[Suggestion]:
    """Pass a value through a function of the project that takes one such value.

    Before:
        def plain(name):
            return name.strip().lower()
        def greeting(name):
            return "hello " + name
        >>> assert greeting(" Ada ") == "hello ada"
    After:
        def plain(name):
            return name.strip().lower()
        def greeting(name):
            return "hello " + plain(name)
    """
    shared = _shared_functions(scene)
    for spot in likeliest(scene):
        for node, parent in values(spot):
            if isinstance(node, ast.Constant | ast.Compare | ast.BoolOp | ast.Lambda):
                continue
            own = spot.file.segment(node)
            if len(own) > MAX_TEXT or isinstance(parent, ast.Expr | ast.If | ast.Compare):
                continue
            for name, fit, edits in _functions(spot, node, shared):
                if last_name(getattr(parent, "func", None)) == name:
                    continue
                said = scene.complaint.shape is Shape.JSON and "json" in name.lower()
                if edits and not said:
                    # An import as well is worth it only where the message asks for the function.
                    continue
                yield Suggestion(
                    spot,
                    (*spot.file.wrap(node, f"{name}(", ")"), *edits),
                    f"Pass `{shown(own)}` through `{name}` in {spot.where}",
                    f"`{name}` is made for such values.",
                    1.0 if said else fit,
                )


def _shared_functions(scene: Scene) -> list[FoundFunction]:
    """Return functions of one value that several files call, the most called first."""
    calls: Counter[str] = Counter()
    for file in scene.files.values():
        named = {last_name(n.func) for n in file.nodes if isinstance(n, ast.Call)}
        calls.update(named)
    found = [
        function
        for name, count in calls.most_common()
        if count >= KNOWN
        for function in scene.index.functions.get(name, [])[:1]
        if function.name == name and takes_one(function.file, function.node)
    ]
    return found[:MAX_FUNCTIONS]


def takes_one(file: SourceFile, function: FunctionNode) -> bool:
    """Whether a function makes something of one value that it takes."""
    known, arguments = parameters(function), function.args
    optional = len(arguments.defaults) + sum(1 for d in arguments.kw_defaults if d is not None)
    if not known or len(known) - optional > 1:
        return False
    return any(isinstance(n, ast.Return) and n.value is not None for n in file.within(function))


def _functions(
    spot: Spot, node: ast.expr, shared: list[FoundFunction]
) -> Iterator[tuple[str, float, tuple[Edit, ...]]]:
    """Yield functions for a value, with the import that they need."""
    own = last_name(node) or last_name(getattr(node, "func", None))
    for name, function in spot.file.functions.items():
        if "." not in name and function is not spot.function and takes_one(spot.file, function):
            yield name, 0.3 + 0.4 * similarity(own, parameters(function)[0].arg), ()
    for found in (one for one in shared if one.file is not spot.file):
        if found.name in spot.scope:
            yield found.name, 0.5, ()
        else:
            line = f"from {module_of(found.file.path)} import {found.name}"
            yield found.name, 0.45, (at_top(spot.file, line),)


def same_for_parts(scene: Scene) -> Iterator[Suggestion]:
    """Do with the parts what the function does with the whole.

    Before:
        def copied(node):
            result = {"name": node["name"], "parts": []}
            for part in node["parts"]:
                result["parts"].append(part)
            return result
        def tree():
            return {"name": "a", "parts": [{"name": "b", "parts": []}]}
        >>> original = tree()
        >>> assert copied(original)["parts"][0] is not original["parts"][0]
    After:
        def copied(node):
            result = {"name": node["name"], "parts": []}
            for part in node["parts"]:
                result["parts"].append(copied(part))
            return result
        def tree():
            return {"name": "a", "parts": [{"name": "b", "parts": []}]}
    """
    for spot in scene.spots:
        looped = _looped(spot)
        if spot.function is None or not looped or not takes_one(spot.file, spot.function):
            continue
        name, method = spot.function.name, spot.file.class_of(spot.function) is not None
        first = parameters(spot.function)[0].arg
        call = f"self.{name}" if method else name
        for node, parent in values(spot):
            if not isinstance(node, ast.Name) or node.id == first:
                continue
            used = isinstance(parent, ast.Call | ast.Assign | ast.Dict | ast.List | ast.Return)
            if used and node.id in looped:
                yield Suggestion(
                    spot,
                    spot.file.wrap(node, f"{call}(", ")"),
                    f"Pass each `{node.id}` through `{name}`, too, in {spot.where}",
                    f"`{name}` is made for the whole, and its parts are of the same kind.",
                )


def _looped(spot: Spot) -> set[str]:
    """Return the variables of the loops around a statement."""
    loops = (ast.For, ast.AsyncFor)
    around = (o for o in spot.file.ancestors(spot.statement) if isinstance(o, loops))
    return set().union(*(stored_names(outer.target) for outer in around))


def joined_end(scene: Scene) -> Iterator[Suggestion]:
    """Join to a text what the same function joins to another one.

    Before:
        import os
        def inside(path, root):
            return (path + os.sep).startswith(root)
        >>> assert not inside("/srv-old/a", "/srv")
    After:
        import os
        def inside(path, root):
            return (path + os.sep).startswith(root + os.sep)
    """
    for spot, node in each(scene, ast.expr):
        if not isinstance(node, ast.Name | ast.Attribute | ast.Call) or spot.function is None:
            continue
        parent = spot.file.parents[node]
        given = isinstance(parent, ast.Call) and node in parent.args
        names = {last_name(node)} if given else set()
        if isinstance(parent, ast.Assign) and parent.value is node:
            names = {last_name(target) for target in parent.targets}
        own = spot.file.segment(node)
        for end in _ends(spot, names - {""}) if names else ():
            if end not in own:
                yield Suggestion(
                    spot,
                    (spot.file.replace(node, f"{own} + {end}"),),
                    f"Join `{shown(end)}` to `{shown(own)}` in {spot.where}",
                    f"The function joins `{shown(end)}` to what it is compared with.",
                )


def _ends(spot: Spot, names: set[str]) -> list[str]:
    """Return what is joined to the end of texts where the function reads one of these names."""
    found: dict[str, None] = {}
    for statement in spot.inside:
        own = spot.file.own_nodes(statement) if isinstance(statement, ast.stmt) else ()
        if not names & read_names(own):
            continue
        for node in own:
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                text = isinstance(node.right, ast.Constant) and isinstance(node.right.value, str)
                if text or isinstance(node.right, ast.Attribute):
                    found.setdefault(spot.file.segment(node.right))
    return list(found)[:MAX_ENDS]


ASSERTED = frozenset({Shape.ASSERTION, Shape.OTHER})
WRONG = ASSERTED | {Shape.JSON, Shape.OPERANDS, Shape.ATTRIBUTE}

PATTERNS = (
    Pattern("wrapping.parts", same_for_parts, 0.9, ASSERTED | {Shape.RECURSION}, 0.2),
    Pattern("wrapping.own", passed_through, 0.35, WRONG, 0.15, broad=True),
    Pattern("wrapping.end", joined_end, 0.5, ASSERTED, 0.2),
)
