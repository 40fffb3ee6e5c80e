"""REPAIR: a call that is made the wrong way, or not at all."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name, parameter_names
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.similarity import LEAST, similarity
from suture.patterns.source import Edit

CONFUSED = (
    ("min", "max"),
    ("any", "all"),
    ("append", "extend"),
    ("append", "add"),
    ("add", "update"),
    ("lower", "upper"),
    ("startswith", "endswith"),
    ("lstrip", "rstrip"),
    ("lstrip", "strip"),
    ("rstrip", "strip"),
    ("floor", "ceil"),
    ("round", "int"),
    ("keys", "values"),
    ("keys", "items"),
    ("values", "items"),
    ("find", "index"),
    ("find", "rfind"),
    ("split", "rsplit"),
    ("split", "splitlines"),
    ("pop", "popleft"),
    ("append", "appendleft"),
    ("remove", "discard"),
    ("isdigit", "isnumeric"),
    ("union", "intersection"),
    ("issubset", "issuperset"),
    ("difference", "symmetric_difference"),
    ("sort", "sorted"),
    ("date", "datetime"),
    ("loads", "load"),
    ("dumps", "dump"),
    ("total_seconds", "seconds"),
    ("encode", "decode"),
    ("match", "search"),
    ("match", "fullmatch"),
    ("sum", "len"),
    ("isinstance", "issubclass"),
    ("getattr", "hasattr"),
    ("floor", "round"),
    ("ceil", "round"),
    ("strftime", "strptime"),
    ("partition", "rpartition"),
    ("now", "utcnow"),
    ("median", "mean"),
)
"""Functions that people take for one another."""


def _other_names(name: str) -> list[str]:
    return [b if a == name else a for a, b in CONFUSED if name in {a, b}]


def missing_await(scene: Scene) -> Iterator[Suggestion]:
    """Await a coroutine before its result is used.

    Before:
        import asyncio
        async def load():
            return {"name": "bolt"}
        async def label():
            row = load()
            return row["name"]
        >>> asyncio.run(label())
    After:
        import asyncio
        async def load():
            return {"name": "bolt"}
        async def label():
            row = await load()
            return row["name"]
    """
    for spot, node in scene.each(ast.Call):
        parent = spot.file.parents[node]
        outside = not isinstance(spot.function, ast.AsyncFunctionDef)
        if outside or isinstance(parent, ast.Await) or spot.statement is spot.function:
            continue
        found = scene.index.called(node)
        known = any(isinstance(f.node, ast.AsyncFunctionDef) for f in found)
        if found and not known:
            continue
        bare = isinstance(parent, ast.Assign | ast.Return | ast.Expr | ast.keyword | ast.Call)
        yield Suggestion(
            spot,
            spot.file.wrap(node, "await " if bare else "(await ", "" if bare else ")"),
            f"Await `{spot.file.shown(node)}` in {spot.where}",
            f"`{last_name(node.func)}` makes a coroutine, and its result is needed.",
            1.0 if known else 0.6,
        )


def missing_call(scene: Scene) -> Iterator[Suggestion]:
    """Call a function where only its name stands.

    Before:
        class Cart:
            def items(self):
                return [1, 2]
        def count(cart):
            return len(cart.items)
        >>> count(Cart())
    After:
        class Cart:
            def items(self):
                return [1, 2]
        def count(cart):
            return len(cart.items())
    """
    complained = scene.complaint.shape is Shape.METHOD_USED
    for spot, node in scene.each(ast.expr):
        parent = spot.file.parents[node]
        called = isinstance(parent, ast.Call) and parent.func is node
        if called or not isinstance(node, ast.Attribute | ast.Name) or _is_written(node):
            continue
        named = scene.index.functions.get(last_name(node), [])
        ready = any(not parameter_names(f.node) and not f.node.decorator_list for f in named)
        if complained or ready:
            end = spot.file.span(node)[1]
            yield Suggestion(
                spot,
                (Edit(end, end, "()"),),
                f"Call `{spot.file.shown(node)}` in {spot.where}",
                "The function itself is used where its result is needed.",
                1.0 if ready else 0.7,
            )


def _is_written(node: ast.Attribute | ast.Name) -> bool:
    return not isinstance(node.ctx, ast.Load)


def needless_call(scene: Scene) -> Iterator[Suggestion]:
    """Read a property or value that was called.

    Before:
        class Cart:
            @property
            def total(self):
                return 5
        def show(cart):
            return str(cart.total())
        >>> show(Cart())
    After:
        class Cart:
            @property
            def total(self):
                return 5
        def show(cart):
            return str(cart.total)
    """
    for spot, node in scene.each(ast.Call):
        if not node.args and not node.keywords:
            start, end = spot.file.span(node.func)[1], spot.file.span(node)[1]
            yield Suggestion(
                spot,
                (Edit(start, end, ""),),
                f"Read `{spot.file.shown(node.func)}` without calling it in {spot.where}",
                f"`{last_name(node.func)}` is a value, not a function.",
            )


def unwrapped(scene: Scene) -> Iterator[Suggestion]:
    """Use a value as it is, without the function that was put around it.

    Before:
        def join(words):
            return "-".join(sorted(words))
        >>> assert join(["b", "a"]) == "b-a"
    After:
        def join(words):
            return "-".join(words)
    """
    for spot, node in scene.each(ast.Call):
        if len(node.args) == 1 and not node.keywords and isinstance(node.func, ast.Name):
            file = spot.file
            yield Suggestion(
                spot,
                (file.replace(node, file.segment(node.args[0])),),
                f"Use `{file.shown(node.args[0])}` without `{node.func.id}` in {spot.where}",
                f"`{node.func.id}` changes a value that is needed as it is.",
                0.5,
            )


def confused_function(scene: Scene) -> Iterator[Suggestion]:
    """Call the function that was meant instead of its neighbour.

    Before:
        def highest(scores):
            return min(scores)
        >>> assert highest([1, 3]) == 3
    After:
        def highest(scores):
            return max(scores)
    """
    for spot, node in scene.each(ast.Call):
        name = last_name(node.func)
        others = dict.fromkeys(_other_names(name), 0.9)
        for other in scene.index.functions if name in scene.index.functions else ():
            if other != name and similarity(name, other) >= LEAST:
                others.setdefault(other, 0.8 * similarity(name, other))
        for other, fit in others.items():
            function = node.func
            if isinstance(function, ast.Attribute):
                edit = spot.file.rename(function, other)
            else:
                edit = spot.file.replace(function, other)
            yield Suggestion(
                spot,
                (edit,),
                f"Call `{other}` instead of `{name}` in {spot.where}",
                f"`{name}` does something like `{other}`, but not what is needed.",
                fit,
            )


ASSERTED = frozenset({Shape.ASSERTION})
TYPES = frozenset({Shape.OPERANDS, Shape.NOT_ITERABLE, Shape.NOT_SUBSCRIPTABLE, Shape.ATTRIBUTE})

PATTERNS = (
    Pattern("calls.await", missing_await, 1.0, frozenset({Shape.COROUTINE}), 0.4),
    Pattern("calls.parentheses", missing_call, 1.0, frozenset({Shape.METHOD_USED}), 0.5),
    Pattern("calls.needless", needless_call, 0.9, frozenset({Shape.NOT_CALLABLE})),
    Pattern("calls.unwrapped", unwrapped, 0.6, ASSERTED, 0.15),
    Pattern("calls.function", confused_function, 0.75, ASSERTED | TYPES, 0.4),
)
