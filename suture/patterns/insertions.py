"""REPAIR: a statement that is missing, put together from the names in reach. Tried last."""

import ast
from collections.abc import Iterator, Sequence

from suture.patterns.complaint import Shape
from suture.patterns.index import stored_names
from suture.patterns.ingredients import bound_type, likeliest, variables, whole_function
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit, SourceFile, shown

ADDING = {"list": "append", "set": "add", "deque": "append"}
GROWING = frozenset({"append", "add", "appendleft", "insert", "push", "put", "extend", "update"})
TAKING = frozenset({"pop", "popleft", "remove", "get"})
LOOPS = (ast.For, ast.AsyncFor, ast.While)
FINAL = (ast.Return, ast.Raise, ast.Break, ast.Continue)
MAX_ARGUMENTS = 8


def missing_growth(scene: Scene) -> Iterator[Suggestion]:
    """Put into a container what the code has and does not keep.

    Before:
        def unique(values):
            seen = set()
            found = []
            for value in values:
                if value not in seen:
                    found.append(value)
            return found
        >>> assert unique([1, 1, 2]) == [1, 2]
    After:
        def unique(values):
            seen = set()
            found = []
            for value in values:
                if value not in seen:
                    seen.add(value)
                    found.append(value)
            return found
    """
    for spot, edit, place in _places(scene):
        for owner, method, fit in _containers(spot):
            for name in variables(spot):
                if name != owner:
                    yield _inserted(
                        spot,
                        edit(f"{owner}.{method}({name})"),
                        f"{owner}.{method}({name})",
                        fit * place * _freshness(spot, name),
                    )


def missing_step(scene: Scene) -> Iterator[Suggestion]:
    """Let a variable move on, such as to what follows.

    Before:
        def differences(values):
            before = 0
            found = []
            for value in values:
                found.append(value - before)
            return found
        >>> assert differences([1, 3, 4]) == [1, 2, 1]
    After:
        def differences(values):
            before = 0
            found = []
            for value in values:
                found.append(value - before)
                before = value
            return found
    """
    for spot, edit, place in _places(scene):
        stored = _assigned(spot)
        for target in variables(spot):
            if target not in stored:
                continue
            # What starts as something and never changes was hardly meant to be a variable.
            stuck = 1.0 if stored[target] == 1 else 0.5
            for name in variables(spot):
                if name != target:
                    text = f"{target} = {name}"
                    fit = stuck * place * _freshness(spot, name)
                    yield _inserted(spot, edit(text), text, fit)
            for text in (f"{target} += 1", f"{target} -= 1"):
                yield _inserted(spot, edit(text), text, 0.6 * stuck * place)


def missing_exit(scene: Scene) -> Iterator[Suggestion]:
    """Leave a loop or the function where it goes on for nothing.

    Before:
        def first_even(values):
            found = None
            for value in values:
                if value % 2 == 0:
                    found = value
            return found
        >>> assert first_even([2, 4]) == 2
    After:
        def first_even(values):
            found = None
            for value in values:
                if value % 2 == 0:
                    found = value
                    break
            return found
    """
    for spot, edit, place in _places(scene):
        looped = any(isinstance(o, LOOPS) for o in spot.file.ancestors(spot.statement))
        texts = ["break", "continue"] if looped else []
        texts += [f"return {name}" for name in variables(spot)[:4]]
        for text in texts:
            yield _inserted(spot, edit(text), text, place * (0.8 if text == "break" else 0.5))


def replaced_update(scene: Scene) -> Iterator[Suggestion]:
    """Assign a value instead of merging it into the old one, or through a method that changes it.

    Before:
        def settle(groups, old, new):
            groups[old].update(groups[new])
            return groups
        >>> shared = {1}
        >>> other = {2}
        >>> groups = settle({"a": shared, "b": other}, "a", "b")
        >>> assert groups["a"] is groups["b"]
    After:
        def settle(groups, old, new):
            groups[old] = groups[new]
            return groups
    """
    for spot in likeliest(scene):
        node = spot.statement
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        owner = call.func.value
        if len(call.args) == 1 and isinstance(owner, ast.Name | ast.Subscript | ast.Attribute):
            text = f"{spot.file.segment(owner)} = {spot.file.segment(call.args[0])}"
            yield Suggestion(
                spot,
                (spot.file.replace(call, text),),
                f"Assign `{shown(text)}` in {spot.where}",
                "What is merged here stays two things where one was meant.",
            )


def _places(scene: Scene) -> Iterator[tuple[Spot, "_Inserting", float]]:
    """Yield where a statement may be put: before each, and after the last of a block."""
    for spot in likeliest(scene):
        node, file = spot.statement, spot.file
        defining = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if spot.function is None or defining or not spot.alone:
            continue
        looped = any(isinstance(o, LOOPS) for o in file.ancestors(node))
        yield spot, _Inserting(file, node, after=False), 1.0 if looped else 0.8
        block = _block_of(file, node)
        if block and block[-1] is node and not isinstance(node, FINAL):
            yield spot, _Inserting(file, node, after=True), 1.0 if looped else 0.8


class _Inserting:
    """Makes the edit that puts a line before or after a statement."""

    def __init__(self, file: SourceFile, node: ast.stmt, *, after: bool) -> None:
        self.file, self.node, self.after = file, node, after

    def __call__(self, text: str) -> Edit:
        insert = self.file.after if self.after else self.file.before
        return insert(self.node, text)


def _block_of(file: SourceFile, node: ast.stmt) -> Sequence[ast.stmt]:
    parent = file.parents[node]
    blocks = (getattr(parent, name, None) for name in ("body", "orelse", "finalbody"))
    return next((block for block in blocks if isinstance(block, list) and node in block), ())


def _inserted(spot: Spot, edit: Edit, text: str, fit: float) -> Suggestion:
    return Suggestion(
        spot,
        (edit,),
        f"Add `{text}` to {spot.where}",
        "The code needs this step and never takes it.",
        fit,
    )


def _containers(spot: Spot) -> Iterator[tuple[str, str, float]]:
    """Yield containers with the method that adds to them; those that are only read come first."""
    methods: dict[str, set[str]] = {}
    for node in whole_function(spot):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            methods.setdefault(node.value.id, set()).add(node.attr)
    for name in variables(spot):
        used = methods.get(name, set())
        grows = sorted(used & GROWING & set(ADDING.values()))
        kind = bound_type(spot, name)
        if grows:
            yield name, grows[0], 0.7
        elif kind in ADDING:
            yield name, ADDING[kind], 1.0
        elif used & TAKING:
            yield name, "append", 0.8


def _assigned(spot: Spot) -> dict[str, int]:
    """Return how often each variable of the function is bound by a statement of its own."""
    found: dict[str, int] = {}
    for node in spot.inside:
        if isinstance(node, ast.Assign | ast.AugAssign):
            for name in stored_names(node):
                found[name] = found.get(name, 0) + 1
    return found


def _freshness(spot: Spot, name: str) -> float:
    """Return 1 for the variable of the innermost loop or one that the statement uses, else less."""
    for outer in spot.file.ancestors(spot.statement):
        if isinstance(outer, ast.For | ast.AsyncFor):
            if name in stored_names(outer.target):
                return 1.0
            break
    own = {node.id for node in spot.nodes if isinstance(node, ast.Name)}
    return 0.9 if name in own else 0.7


FAILED = frozenset({Shape.ASSERTION, Shape.OTHER, Shape.RECURSION, Shape.EMPTY, Shape.INDEX})

PATTERNS = (
    Pattern("insertions.growth", missing_growth, 0.2, FAILED, 0.05, broad=True),
    Pattern("insertions.step", missing_step, 0.14, FAILED, 0.05, broad=True),
    Pattern("insertions.exit", missing_exit, 0.08, FAILED, 0.05, broad=True),
    Pattern("insertions.assigned", replaced_update, 0.2, FAILED, 0.05, broad=True),
)
