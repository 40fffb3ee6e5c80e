"""REPAIR: one mistake that was made in several places of a function."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name, read_names, stored_names
from suture.patterns.ingredients import likeliest, variables
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.similarity import similarity
from suture.patterns.source import Edit, shown
from suture.patterns.statements import blocks

LOOPS = (ast.For, ast.AsyncFor, ast.While)
LEAST = 0.4
"""Likeness of a variable that nothing reads, and the one that is read instead."""
MAX_PLACES = 20


def unread_names(scene: Scene) -> Iterator[Suggestion]:
    """Read the variables that were made for it, and that nothing reads.

    Before:
        def label(text, left, right):
            left_part, right_part = text.split("-")
            left, right = left.strip(), right.strip()
            return left + right
        >>> assert label("a - b", "x", "y") == "ab"
    After:
        def label(text, left, right):
            left_part, right_part = text.split("-")
            left, right = left_part.strip(), right_part.strip()
            return left + right
    """
    for spot in scene.spots:
        unread = _unread(spot)
        edits: dict[ast.Name, str] = {}
        for node in spot.nodes:
            if unread and isinstance(node, ast.Name) and _is_read(node):
                score, best = max((similarity(node.id, name), name) for name in unread)
                if score >= LEAST and (node.id in best or best in node.id):
                    edits[node] = best
        if edits:
            names = ", ".join(dict.fromkeys(edits.values()))
            yield Suggestion(
                spot,
                tuple(spot.file.replace(node, name) for node, name in edits.items()),
                f"Read `{shown(names)}` in {spot.where}",
                f"Nothing reads `{shown(names)}`, and names much like it are read here.",
                1.0 if _is_next(spot, set(edits.values())) else 0.6,
            )


def _unread(spot: Spot) -> set[str]:
    """Return variables that statements before this one bind, and that nothing reads."""
    if spot.function is None:
        return set()
    read = read_names(spot.inside)
    return {n for n, line in spot.bound_lines.items() if line and n not in read and n != "_"}


def _is_next(spot: Spot, names: set[str]) -> bool:
    """Whether a statement comes just after the one that makes these variables."""
    block = next(b for b in blocks(spot.file.parents[spot.statement]) if spot.statement in b)
    place = block.index(spot.statement)
    return place > 0 and bool(names & stored_names(block[place - 1]))


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def needless_attribute(scene: Scene) -> Iterator[Suggestion]:
    """Use an object itself, wherever the function uses one attribute of it.

    Before:
        def titles(path):
            return [path.name + " (old)", path.name + " (new)"]
        class Path(str):
            name = "?"
        >>> assert titles(Path("a")) == ["a (old)", "a (new)"]
    After:
        def titles(path):
            return [path + " (old)", path + " (new)"]
        class Path(str):
            name = "?"
    """
    seen: set[tuple[ast.AST | None, str]] = set()
    for spot, node in scene.each(ast.Attribute):
        file, text = spot.file, spot.file.segment(node)
        if not isinstance(node.value, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        if _is_called(spot, node) or node.value.id in {"self", "cls"}:
            continue
        if (spot.function, text) in seen or node.value.id not in spot.locals:
            continue
        seen.add((spot.function, text))
        for places in {_places(spot, text), (node,)}:
            yield Suggestion(
                spot,
                tuple(file.replace(place, node.value.id) for place in places),
                f"Use `{node.value.id}` itself instead of `{shown(text)}` in {spot.where}",
                f"`{node.value.id}` is what is meant, not its `{node.attr}`.",
                1.0 if len(places) > 1 else 0.8,
            )


def _is_called(spot: Spot, node: ast.expr) -> bool:
    parent = spot.file.parents[node]
    return isinstance(parent, ast.Call) and parent.func is node


def _places(spot: Spot, text: str) -> tuple[ast.expr, ...]:
    """Return where the function has an expression, all in statements of one block."""
    around = spot.function or spot.file.tree
    found = [
        node
        for node in spot.file.within(around)
        if isinstance(node, ast.Attribute | ast.Name)
        and isinstance(node.ctx, ast.Load)
        and spot.file.segment(node) == text
    ]
    return tuple(found[:MAX_PLACES])


def confused_everywhere(scene: Scene) -> Iterator[Suggestion]:
    """Read another variable, wherever one statement reads the wrong one.

    Before:
        def spread(lows, highs):
            return max(lows) - min(lows) + len(lows) * 0
        >>> assert spread([2, 2], [5, 1]) == 4
    After:
        def spread(lows, highs):
            return max(highs) - min(highs) + len(highs) * 0
    """
    for spot in likeliest(scene):
        names = [node for node in spot.nodes if isinstance(node, ast.Name) and _is_read(node)]
        for name in dict.fromkeys(node.id for node in names):
            places = [node for node in names if node.id == name]
            if len(places) < 2 or name not in spot.locals:  # noqa: PLR2004 -- one alone is another pattern's
                continue
            for choice in variables(spot):
                if choice != name:
                    yield Suggestion(
                        spot,
                        tuple(spot.file.replace(node, choice) for node in places),
                        f"Use `{choice}` instead of `{name}` in {spot.where}",
                        f"`{name}` is read where `{choice}` of the same scope may be meant.",
                        0.5 + 0.5 * similarity(name, choice),
                    )


def own_name(scene: Scene) -> Iterator[Suggestion]:
    """Keep what one round of a loop makes of a value out of the next round.

    Before:
        def labels(prefix, names):
            found = []
            for name in names:
                prefix = prefix + name
                found.append(prefix)
            return found
        >>> assert labels("-", ["a", "b"]) == ["-a", "-b"]
    After:
        def labels(prefix, names):
            found = []
            for name in names:
                own_prefix = prefix + name
                found.append(own_prefix)
            return found
    """
    for spot, node in scene.each(ast.Assign):
        name = last_name(node.targets[0])
        loop = _loop(spot)
        if loop is None or not isinstance(node.targets[0], ast.Name):
            continue
        new = f"own_{name}"
        if name not in read_names(spot.nodes) or new in spot.scope:
            continue
        later = _reads_after(spot, loop, node, name)
        if later:
            edits: list[Edit] = [spot.file.replace(node.targets[0], new)]
            edits += [spot.file.replace(place, new) for place in later]
            yield Suggestion(
                spot,
                tuple(edits),
                f"Keep the `{name}` of each round of {spot.where} apart",
                f"Each round changes `{name}`, which the next one starts from.",
            )


def _loop(spot: Spot) -> ast.stmt | None:
    """Return the loop in whose own body the statement stands, under conditions at most."""
    for outer in spot.file.ancestors(spot.statement):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        if isinstance(outer, LOOPS):
            return outer
    return None


def _reads_after(spot: Spot, loop: ast.stmt, node: ast.Assign, name: str) -> list[ast.Name]:
    """Return reads in the loop after the assignment; none where the value is needed later."""
    last = loop.end_lineno or loop.lineno
    after = [n for n in spot.inside if isinstance(n, ast.Name) and n.id == name]
    stored = [n for n in after if not isinstance(n.ctx, ast.Load) and n is not node.targets[0]]
    reads = [n for n in after if isinstance(n.ctx, ast.Load)]
    if any(n.lineno > last for n in reads) or any(node.lineno < n.lineno <= last for n in stored):
        return []
    return [n for n in reads if (node.end_lineno or node.lineno) < n.lineno <= last]


ASSERTED = frozenset({Shape.ASSERTION})

PATTERNS = (
    Pattern("throughout.unread", unread_names, 0.9, ASSERTED, 0.7),
    Pattern("throughout.attribute", needless_attribute, 0.5, ASSERTED, 0.3),
    Pattern("throughout.confused", confused_everywhere, 0.3, ASSERTED, 0.2, broad=True),
    Pattern("throughout.rounds", own_name, 0.8, ASSERTED, 0.3),
)
