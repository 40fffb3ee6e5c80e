"""REPAIR: a value of the wrong type where another is needed, and no conversion between."""

import ast
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit

NUMBERS = {"int", "float", "complex", "decimal.Decimal"}
SEQUENCES = {"list", "tuple", "set"}
VIEWS = {"dict_keys", "dict_values", "map", "range", "generator"}
MOMENTS = {"datetime", "date", "time"}
TEXTUAL = {"set": "list", "frozenset": "list", "Decimal": "str", "UUID": "str"}


def _wrapped(spot: Spot, node: ast.expr, function: str, why: str, fit: float = 1.0) -> Suggestion:
    return Suggestion(
        spot,
        spot.file.wrap(node, f"{function}(", ")"),
        f"Convert `{spot.file.shown(node)}` with `{function}` in {spot.where}",
        why,
        fit,
    )


def mixed_operands(scene: Scene) -> Iterator[Suggestion]:
    """Convert one operand to the type of the other.

    Before:
        def label(name, count):
            return name + ": " + count
        >>> label("bolt", 3)
    After:
        def label(name, count):
            return name + ": " + str(count)
    """
    types = [name for name in (scene.complaint.subject, scene.complaint.other) if name]
    functions = _conversions(types)
    for spot, node in scene.each(ast.expr):
        parent = spot.file.parents[node]
        if not _is_operand(node, parent) or isinstance(node, ast.Constant):
            continue
        for function, fit in functions:
            # Ordering numbers as texts is rarely meant.
            odd = function == "str" and isinstance(parent, ast.Compare)
            why = f"The other side is of another type: {' and '.join(types)}."
            yield _wrapped(spot, node, function, why, 0.6 * fit if odd else fit)


def _conversions(types: list[str]) -> list[tuple[str, float]]:
    found: dict[str, float] = {}
    if "str" in types:
        found["str"] = 0.9
    found.update({n.rpartition(".")[2]: 0.9 for n in types if n in NUMBERS | SEQUENCES})
    if "str" in types:
        found.setdefault("float", 0.7)
    if VIEWS & set(types):
        found["list"] = 1.0
    return list(found.items())


def _is_operand(node: ast.AST, parent: ast.AST) -> bool:
    if isinstance(parent, ast.Call):
        return node in parent.args
    return isinstance(parent, ast.BinOp | ast.Compare | ast.AugAssign | ast.Assign | ast.Return)


def joined_items(scene: Scene) -> Iterator[Suggestion]:
    """Convert the items before they are joined.

    Before:
        def csv(values):
            return ",".join(values)
        >>> csv([1, 2])
    After:
        def csv(values):
            return ",".join(map(str, values))
    """
    for spot, node in scene.each(ast.Call):
        if last_name(node.func) in {"join", "sum", "max", "min"} and node.args:
            item = node.args[0]
            if isinstance(item, ast.GeneratorExp | ast.ListComp):
                for function in ("str", "float", "int"):
                    yield _wrapped(spot, item.elt, function, "The items are of another type.", 0.9)
            else:
                for function in ("str", "float", "int"):
                    why = "The items are of another type."
                    yield Suggestion(
                        spot,
                        spot.file.wrap(item, f"map({function}, ", ")"),
                        f"Convert the items of `{spot.file.shown(item)}` in {spot.where}",
                        why,
                        1.0 if (function == "str") == (last_name(node.func) == "join") else 0.3,
                    )


def wrong_index_type(scene: Scene) -> Iterator[Suggestion]:
    """Convert an index or a count to an int.

    Before:
        def pick(values, at):
            return values[at]
        >>> pick([1, 2], "1")
    After:
        def pick(values, at):
            return values[int(at)]
    """
    for spot, node in scene.each(ast.expr):
        parent = spot.file.parents[node]
        index = isinstance(parent, ast.Subscript) and parent.slice is node
        bound = isinstance(parent, ast.Slice)
        passed = isinstance(parent, ast.Call) and node in parent.args
        if (index or bound or passed) and not isinstance(node, ast.Slice | ast.Constant):
            why = "An index or a count must be an int."
            yield _wrapped(spot, node, "int", why, 0.8 if passed else 1.0)


def text_and_bytes(scene: Scene) -> Iterator[Suggestion]:
    """Encode a text where bytes are needed, or decode bytes where a text is.

    Before:
        import hashlib
        def digest(text):
            return hashlib.new("sha256", text).hexdigest()
        >>> digest("a")
    After:
        import hashlib
        def digest(text):
            return hashlib.new("sha256", text.encode()).hexdigest()
    """
    for spot, node in scene.each(ast.expr):
        parent = spot.file.parents[node]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isascii():
            if _is_operand(node, parent):
                start = spot.file.span(node)[0]
                yield Suggestion(
                    spot,
                    (Edit(start, start, "b"),),
                    f"Use bytes for {spot.file.shown(node)} in {spot.where}",
                    "The other value is bytes, not text.",
                    0.8,
                )
        elif _is_operand(node, parent) and isinstance(node, ast.Name | ast.Attribute | ast.Call):
            for method, fit in (("encode", 1.0), ("decode", 0.9)):
                end = spot.file.span(node)[1]
                yield Suggestion(
                    spot,
                    (Edit(end, end, f".{method}()"),),
                    f"{method.title()} `{spot.file.shown(node)}` in {spot.where}",
                    "Text and bytes meet here without a conversion.",
                    fit,
                )


def naive_datetime(scene: Scene) -> Iterator[Suggestion]:
    """Give a moment the time zone that the other one has.

    Before:
        from datetime import datetime, timezone
        def age(at):
            return datetime.now() - at
        >>> age(datetime.now(timezone.utc))
    After:
        from datetime import datetime, timezone
        def age(at):
            return datetime.now(timezone.utc) - at
    """
    for spot, node in scene.each(ast.Call):
        name = last_name(node.func)
        utc = _utc(spot)
        if name in {"now", "utcnow"} and not node.args and not node.keywords:
            function = spot.file.segment(node.func).removesuffix(name)
            text = f"{function}now({utc})"
        elif name in {"strptime", "fromisoformat", "utcfromtimestamp", "combine", "datetime"}:
            text = f"{spot.file.segment(node)}.replace(tzinfo={utc})"
        else:
            continue
        yield Suggestion(
            spot,
            (spot.file.replace(node, text),),
            f"Make `{spot.file.shown(node)}` in {spot.where} aware of its time zone",
            "It has no time zone, and the moment that it meets has one.",
            1.0,
        )
    for spot, name_node in scene.each(ast.Name):
        if isinstance(spot.file.parents[name_node], ast.BinOp | ast.Compare):
            end = spot.file.span(name_node)[1]
            yield Suggestion(
                spot,
                (Edit(end, end, f".replace(tzinfo={_utc(spot)})"),),
                f"Give `{name_node.id}` in {spot.where} a time zone",
                "One of the two moments has no time zone.",
                0.6,
            )


def _utc(spot: Spot) -> str:
    if "UTC" in spot.scope:
        return "UTC"
    return "timezone.utc" if "timezone" in spot.scope else "datetime.timezone.utc"


def not_json(scene: Scene) -> Iterator[Suggestion]:
    """Write values that JSON does not know as text.

    Before:
        import json
        from decimal import Decimal
        def write(row):
            return json.dumps(row)
        >>> write({"price": Decimal("1")})
    After:
        import json
        from decimal import Decimal
        def write(row):
            return json.dumps(row, default=str)
    """
    for spot, node in scene.each(ast.Call):
        known = {keyword.arg for keyword in node.keywords}
        if last_name(node.func) in {"dumps", "dump"} and node.args and "default" not in known:
            end = spot.file.span(node)[1] - 1
            function = "list" if scene.complaint.subject in {"set", "frozenset"} else "str"
            yield Suggestion(
                spot,
                (Edit(end, end, f", default={function}"),),
                f"Write values that JSON does not know with `{function}` in {spot.where}",
                f"JSON knows no {scene.complaint.subject}; `default` says how to write it.",
                1.0,
            )


def json_value(scene: Scene) -> Iterator[Suggestion]:
    """Put a value that JSON knows into the result.

    Before:
        import json
        def tags(row):
            return {"tags": set(row)}
        def write(row):
            found = tags(row)
            return json.dumps(found)
        >>> write("ab")
    After:
        import json
        def tags(row):
            return {"tags": list(set(row))}
        def write(row):
            found = tags(row)
            return json.dumps(found)
    """
    kind = scene.complaint.subject
    if kind not in MOMENTS | TEXTUAL.keys():
        return
    for spot, node in scene.each(ast.Dict):
        for value in node.values:
            if isinstance(value, ast.Constant):
                continue
            why = f"JSON knows no {kind}."
            if kind in MOMENTS:
                end = spot.file.span(value)[1]
                yield Suggestion(
                    spot,
                    (Edit(end, end, ".isoformat()"),),
                    f"Write `{spot.file.shown(value)}` as text in {spot.where}",
                    why,
                    0.8,
                )
            else:
                yield _wrapped(spot, value, TEXTUAL[kind], why, 0.8)


def unread_number(scene: Scene) -> Iterator[Suggestion]:
    """Read a number from a text that is written in another way.

    Before:
        def amount(text):
            return int(text)
        >>> amount("12.5")
    After:
        def amount(text):
            return int(float(text))
    """
    literal = scene.complaint.other
    for spot, node in scene.each(ast.Call):
        if last_name(node.func) not in {"int", "float", "Decimal"} or len(node.args) != 1:
            continue
        file, argument = spot.file, node.args[0]
        start, end = file.span(argument)
        edits = {
            f"float({file.segment(argument)})": "." in literal or "e" in literal,
            f'{file.segment(argument)}.replace(",", "")': "," in literal,
            f'{file.segment(argument)}.replace("_", "")': "_" in literal,
            f"{file.segment(argument)}, 16": literal.lower().startswith("0x"),
            f'{file.segment(argument)}.strip("$€£% ")': literal.strip("$€£% ") != literal,
        }
        for text, fits in edits.items():
            if fits and literal:
                yield Suggestion(
                    spot,
                    (Edit(start, end, text),),
                    f"Read `{file.shown(argument)}` as it is written in {spot.where}",
                    "The text is a number, but not written the way the conversion reads it.",
                )


BOTH = frozenset({Shape.OPERANDS, Shape.LITERAL})
INTS = frozenset({Shape.INDEX_TYPE, Shape.FLOAT_FOR_INT, Shape.OPERANDS})

PATTERNS = (
    Pattern("conversions.operand", mixed_operands, 0.9, frozenset({Shape.OPERANDS})),
    Pattern("conversions.items", joined_items, 0.95, frozenset({Shape.OPERANDS})),
    Pattern("conversions.index", wrong_index_type, 0.85, INTS),
    Pattern("conversions.bytes", text_and_bytes, 0.9, frozenset({Shape.BYTES})),
    Pattern("conversions.datetime", naive_datetime, 0.95, frozenset({Shape.DATETIME})),
    Pattern("conversions.json", not_json, 0.9, frozenset({Shape.JSON})),
    Pattern("conversions.json_value", json_value, 0.9, frozenset({Shape.JSON})),
    Pattern("conversions.number", unread_number, 0.9, frozenset({Shape.LITERAL})),
)
