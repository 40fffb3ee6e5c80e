"""REPAIR: a container or an iterator that is used in a way it does not allow."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit, SourceFile

NORMALISERS = {"lower", "upper", "strip", "casefold", "title", "lstrip", "rstrip"}


def changed_while_iterated(scene: Scene) -> Iterator[Suggestion]:
    """Loop over a copy of what the loop changes.

    Before:
        def purge(stock):
            for name in stock:
                if not stock[name]:
                    del stock[name]
        >>> purge({"a": 0, "b": 1})
    After:
        def purge(stock):
            for name in list(stock):
                if not stock[name]:
                    del stock[name]
    """
    for spot, node in scene.each(ast.For):
        mutated = _mutated(node)
        owners = {last_name(inner) for inner in ast.walk(node.iter)}
        if mutated & owners and not _is_copy(node.iter):
            yield Suggestion(
                spot,
                spot.file.wrap(node.iter, "list(", ")"),
                f"Loop over a copy of `{spot.file.shown(node.iter)}` in {spot.where}",
                "The loop changes the container that it walks through.",
            )


def _mutated(loop: ast.For) -> set[str]:
    methods = {"remove", "pop", "append", "add", "discard", "clear", "update", "insert"}
    found: set[str] = set()
    for node in ast.walk(loop):
        stored = isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)
        if stored or (isinstance(node, ast.Attribute) and node.attr in methods):
            found.add(last_name(node.value))  # type: ignore[attr-defined]
    return found - {""}


def _is_copy(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in {"list", "tuple", "sorted", "set"}


def not_materialised(scene: Scene) -> Iterator[Suggestion]:
    """Make a list of an iterator that is measured, indexed or read twice.

    Before:
        def summary(values):
            even = filter(lambda value: value % 2 == 0, values)
            return len(even)
        >>> summary([1, 2])
    After:
        def summary(values):
            even = list(filter(lambda value: value % 2 == 0, values))
            return len(even)
    """
    for spot, node in scene.each(ast.expr):
        lazy = isinstance(node, ast.Call) and last_name(node.func) in {
            "filter",
            "map",
            "zip",
            "keys",
            "values",
            "items",
            "reversed",
            "iter",
            "chain",
        }
        if isinstance(node, ast.GeneratorExp):
            if isinstance(spot.file.parents[node], ast.Assign | ast.Return):
                start, end = spot.file.span(node)
                edits: tuple[Edit, ...] = (Edit(start, start + 1, "["), Edit(end - 1, end, "]"))
            else:
                continue
        elif lazy:
            edits = spot.file.wrap(node, "list(", ")")
        else:
            continue
        yield Suggestion(
            spot,
            edits,
            f"Make a list of `{spot.file.shown(node)}` in {spot.where}",
            "An iterator has no length and no index, and is empty once it was read.",
        )


def measured_iterator(scene: Scene) -> Iterator[Suggestion]:
    """Make a list of a parameter or result where it is measured or indexed.

    Before:
        def first(values):
            return values[0]
        >>> first({"a": 1}.keys())
    After:
        def first(values):
            return list(values)[0]
    """
    for spot, node in scene.each(ast.expr):
        if _is_measured(node, spot.file.parents[node]):
            yield Suggestion(
                spot,
                spot.file.wrap(node, "list(", ")"),
                f"Make a list of `{spot.file.shown(node)}` in {spot.where}",
                "What comes here is an iterator or a view, not a list.",
                0.9,
            )


def _is_measured(node: ast.expr, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Call):
        return node in parent.args and last_name(parent.func) in {"len", "reversed"}
    return isinstance(parent, ast.Subscript) and parent.value is node


def counted_key(scene: Scene) -> Iterator[Suggestion]:
    """Start a count, a sum or a group at its first key.

    Before:
        def count(words):
            counts = {}
            for word in words:
                counts[word] += 1
            return counts
        >>> count(["a"])
    After:
        def count(words):
            counts = {}
            for word in words:
                counts[word] = counts.get(word, 0) + 1
            return counts
    """
    for spot, node in scene.each(ast.AugAssign):
        target, file = node.target, spot.file
        neutral = _neutral(node)
        if isinstance(target, ast.Subscript) and neutral:
            container, key = file.segment(target.value), file.segment(target.slice)
            operator = file.text[file.span(target)[1] : file.span(node.value)[0]].strip(" =")
            start, end = file.span(target)[1], file.span(node.value)[0]
            text = f" = {container}.get({key}, {neutral}) {operator} "
            yield Suggestion(
                spot,
                (Edit(start, end, text),),
                f"Start `{file.shown(target)}` at {neutral} in {spot.where}",
                f"The first time a key comes, there is nothing yet; {neutral} is neutral.",
            )
    for spot, subscript in scene.each(ast.Subscript):
        yield from _grouped(spot, subscript)


def _neutral(node: ast.AugAssign) -> str:
    if isinstance(node.value, ast.List | ast.ListComp):
        return "[]"
    if isinstance(node.value, ast.JoinedStr) or isinstance(getattr(node.value, "value", 0), str):
        return '""'
    return {ast.Add: "0", ast.Sub: "0", ast.Mult: "1", ast.BitOr: "0"}.get(type(node.op), "")


def _grouped(spot: Spot, node: ast.Subscript) -> Iterator[Suggestion]:
    empty = {"append": "[]", "extend": "[]", "add": "set()", "update": "{}"}
    parent = spot.file.parents[node]
    if isinstance(parent, ast.Attribute) and parent.attr in empty:
        file = spot.file
        start, end = file.span(node.value)[1], file.span(node)[1]
        text = f".setdefault({file.segment(node.slice)}, {empty[parent.attr]})"
        yield Suggestion(
            spot,
            (Edit(start, end, text),),
            f"Start `{file.shown(node)}` empty in {spot.where}",
            "The first time a key comes, there is no group for it yet.",
        )


def default_of_sibling(scene: Scene) -> Iterator[Suggestion]:
    """Read a key with the default that the code reads it with elsewhere.

    Before:
        def total(row):
            return row["price"] * row["count"]
        def show(row):
            return row.get("count", 1)
        >>> total({"price": 2})
    After:
        def total(row):
            return row["price"] * row.get("count", 1)
        def show(row):
            return row.get("count", 1)
    """
    defaults = _defaults(scene)
    for spot, node in scene.each(ast.Subscript):
        file = spot.file
        key = ast.dump(node.slice)
        same = f"'{getattr(node.slice, 'value', '')}'" == scene.complaint.name
        if not isinstance(node.ctx, ast.Load) or key not in defaults:
            continue
        default, where = defaults[key]
        start, end = file.span(node.value)[1], file.span(node)[1]
        rest = f", {default}" if default else ""
        yield Suggestion(
            spot,
            (Edit(start, end, f".get({file.segment(node.slice)}{rest})"),),
            f"Read `{file.shown(node)}` in {spot.where} with the default it has elsewhere",
            f"{where} reads this key with `.get` and the default {default or 'None'}.",
            1.0 if same else 0.7,
        )


def _defaults(scene: Scene) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for file in scene.files.values():
        for node in file.nodes:
            if isinstance(node, ast.Call) and last_name(node.func) == "get" and node.args:
                default = file.segment(node.args[1]) if node.args[1:] else ""
                found.setdefault(ast.dump(node.args[0]), (default, f"{file.path}:{node.lineno}"))
    return found


def not_normalised(scene: Scene) -> Iterator[Suggestion]:
    """Normalise a text the way a sibling does.

    Before:
        PRICES = {"bolt": 2}
        def price(name):
            return PRICES[name]
        def known(name):
            return name.lower() in PRICES
        >>> price("Bolt")
    After:
        PRICES = {"bolt": 2}
        def price(name):
            return PRICES[name.lower()]
        def known(name):
            return name.lower() in PRICES
    """
    chains = {chain for file in scene.files.values() for chain in _chains(file)}
    for spot, node in scene.each(ast.expr):
        parent = spot.file.parents[node]
        place = isinstance(parent, ast.Subscript | ast.Compare | ast.Assign | ast.Call)
        if not place or not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            continue
        called = isinstance(parent, ast.Call) and parent.func is node
        if called or not isinstance(node.ctx, ast.Load):
            continue
        for chain in sorted(chains):
            end = spot.file.span(node)[1]
            yield Suggestion(
                spot,
                (Edit(end, end, chain),),
                f"Normalise `{spot.file.shown(node)}` with `{chain}` in {spot.where}",
                f"Neighbouring code uses `{chain}` before it compares or looks up.",
                1.0 if isinstance(parent, ast.Subscript) else 0.8,
            )


def _chains(file: SourceFile) -> Iterator[str]:
    for node in file.nodes:
        method = _normaliser(node)
        if method:
            inner = _normaliser(node.func.value)  # type: ignore[attr-defined]
            yield f"{inner}{method}"
            yield method


def _normaliser(node: ast.AST) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        return f".{node.func.attr}()" if node.func.attr in NORMALISERS else ""
    return ""


def unhashable(scene: Scene) -> Iterator[Suggestion]:
    """Make a key or a set member of something that does not change.

    Before:
        def unique(rows):
            return {row for row in rows}
        >>> unique([[1], [1]])
    After:
        def unique(rows):
            return {tuple(row) for row in rows}
    """
    function = {"set": "frozenset", "dict": "str"}.get(scene.complaint.subject, "tuple")
    for spot, node in scene.each(ast.expr):
        parent = spot.file.parents[node]
        key = isinstance(parent, ast.Subscript) and parent.slice is node
        member = isinstance(parent, ast.SetComp | ast.Set) or (
            isinstance(parent, ast.DictComp) and parent.key is node
        )
        passed = isinstance(parent, ast.Call) and node in parent.args
        if (key or member or passed) and not isinstance(node, ast.Constant):
            yield Suggestion(
                spot,
                spot.file.wrap(node, f"{function}(", ")"),
                f"Use a {function} of `{spot.file.shown(node)}` in {spot.where}",
                f"A {scene.complaint.subject} can change, so it cannot be a key.",
                1.0 if key or member else 0.7,
            )


LAZY = frozenset({Shape.ITERATOR_USED, Shape.ASSERTION, Shape.OPERANDS, Shape.EMPTY})
KEYS = frozenset({Shape.KEY})

PATTERNS = (
    Pattern(
        "containers.changed", changed_while_iterated, 0.95, frozenset({Shape.CHANGED_SIZE}), 0.4
    ),
    Pattern("containers.materialised", not_materialised, 0.9, LAZY, 0.1),
    Pattern("containers.measured", measured_iterator, 0.85, frozenset({Shape.ITERATOR_USED})),
    Pattern("containers.counted", counted_key, 1.0, KEYS),
    Pattern("containers.sibling_default", default_of_sibling, 0.9, KEYS, 0.0),
    Pattern("containers.normalised", not_normalised, 0.7, KEYS | {Shape.ASSERTION}, 0.1),
    Pattern("containers.unhashable", unhashable, 0.9, frozenset({Shape.UNHASHABLE})),
)
