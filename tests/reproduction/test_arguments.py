"""Rebuilding locals: what can be rebuilt is, and nothing else gets through."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from suture.reproduction.arguments import Expression, Reading, Rebuilder
from suture.reproduction.layout import ProjectLayout
from suture.reproduction.reprs import Unbuildable

MODELS = """
import enum
from dataclasses import dataclass, field
from typing import NamedTuple

class Color(enum.Enum):
    RED = 1
    BLUE = 2

@dataclass
class Line:
    sku: str
    seen: int = field(init=False, default=0)

class Cart:
    def __init__(self, lines=()):
        self.lines = lines

class Point(NamedTuple):
    x: int
    y: int

class Outer:
    class Inner:
        pass

class Needy:
    def __init__(self, dsn):
        pass

def price_of(line):
    return 1
"""
LAYOUT = ProjectLayout(
    files=("shop/__init__.py", "shop/models.py", "shop/a.py", "shop/b.py"),
    sources={
        "shop/models.py": MODELS,
        "shop/a.py": "class Twice: pass\nclass Decimal: pass\n",
        "shop/b.py": "class Twice: pass\n",
        "shop/user.py": "from shop.b import Twice\n",
        "9bad/x.py": "class Unreachable: pass\n",
    },
)
PLAIN = ProjectLayout(files=("shop/models.py",), sources={"shop/models.py": MODELS})


def rebuild(
    value: JsonValue,
    annotation: str = "",
    *,
    near: str = "shop/user.py",
    reading: Reading | None = None,
    layout: ProjectLayout = PLAIN,
) -> Expression:
    hint = ast.parse(annotation, mode="eval").body if annotation else None
    return Rebuilder(layout, near, reading or Reading()).rebuild(value, hint)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("'a'", "'a'"),
        ("b'\\x00'", "b'\\x00'"),
        ("-1", "-1"),
        ("(1+2j)", "1 + 2j"),
        ("1.5", "1.5"),
        (None, "None"),
        (7, "7"),
        ("None", "None"),
        ("Ellipsis", None),
        ("inf", "float('inf')"),
        ("-inf", "-float('inf')"),
        ("nan", "float('nan')"),
        ("{1: (2,), 'a': {3}}", "{1: (2,), 'a': {3}}"),
        ("Decimal('1.20')", "Decimal('1.20')"),
        ("Fraction(1, 3)", "Fraction(1, 3)"),
        ("PosixPath('/x')", "Path('/x')"),
        (
            "datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)",
            "datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)",
        ),
        ("zoneinfo.ZoneInfo(key='Europe/Paris')", "zoneinfo.ZoneInfo(key='Europe/Paris')"),
        ("UUID('12345678123456781234567812345678')", "UUID('12345678123456781234567812345678')"),
        ("frozenset({1})", "frozenset({1})"),
        ("set()", "set()"),
        ("range(0, 3)", "range(0, 3)"),
        ("namespace(a=1)", "SimpleNamespace(a=1)"),
        ("OrderedDict([('a', 1)])", "OrderedDict([('a', 1)])"),
        ("<Color.RED: 1>", "Color.RED"),
        ("Line(sku='a', seen=3)", "Line(sku='a')"),
        ("[Line(sku='<b>')]", "[Line(sku='<b>')]"),
        ("Point(x=1, y=2)", "Point(x=1, y=2)"),
        ("<class 'shop.models.Cart'>", "Cart"),
        ("<class 'int'>", "int"),
        (["1", ["'a'"]], "[1, ['a']]"),
        ({"a": "1", "b": {"c": "None"}}, "{'a': 1, 'b': {'c': None}}"),
        ("<shop.models.Cart object at 0x7f00>", "Cart()"),
        ("<function price_of at 0x7f00>", "price_of"),
    ],
)
def test_values_come_back_as_they_were(value: JsonValue, text: str | None) -> None:
    if text is None:
        with pytest.raises(Unbuildable):
            rebuild(value)
        return
    assert rebuild(value).text == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("'cut off...", "truncated"),
        ("[1, 2, 'half", "truncated"),
        ("<shop.models.Needy object at 0x7f00>", "address"),
        ("<elsewhere.Thing object at 0x7f00>", "address"),
        ("<shop.models.Color object>", "address"),
        ("Line(sku=<x.Y object at 0x7f>)", "address"),
        ("<broken repr>", "address"),
        ("<function unknown at 0x7f00>", "not in the repository"),
        ("<function Needy.__init__ at 0x7f00>", "not in the repository"),
        ("Thing(1)", "not in the repository"),
        ("<class 'os.PathLike'>", "not in the repository"),
        ("Cart", "no value"),
        ("Line.sku", "no value"),
        ("x.y.z", "no value"),
        ("a b", "does not say"),
        ("(yield)", "no value"),
        ("f(**{})", "does not say"),
        ("(lambda: 1)()", "does not say"),
        ("[1][0]", "no value"),
        ("[*[1]]", "no value"),
        ("{**{}}", "no value"),
        ("1 if 1 else 2", "no value"),
        ("'a' + 'b'", "no value"),
        ("~1", "no value"),
        ("2 ** 999999", "no value"),
        ("f'{1}'", "no value"),
        ("x" * 30_000, "too long"),
        ("(" * 60 + ")" * 60, "nested too deeply"),
        ("-" * 5_000 + "1", "build it|too deeply"),
        ("-" * 400 + "1", "too deeply"),
        (float("inf"), "JSON"),
        ([["1"] * 60] * 60, "too large"),
        ("1" * 5_000, "build it"),
        ("\x00", "build it"),
    ],
)
def test_what_cannot_be_rebuilt_says_why(value: JsonValue, reason: str) -> None:
    with pytest.raises(Unbuildable, match=reason):
        rebuild(value)


@pytest.mark.parametrize(
    "attack",
    [
        "__import__('os').system('id')",
        "eval('1')",
        "open('/etc/passwd')",
        "getattr(1, 'x')",
        "shop.models.os.system('id')",
        "[x for x in (1,)]",
        "Line(sku=__import__('os'))",
        "range(__import__('os'))",
        "<Color.RED: 1>.__class__",
        "<Color.__class__: 1>()",
        "Decimal.__init__.__globals__",
        "'a'.join([])",
        "(x := 1)",
        "print('hi')",
    ],
)
def test_hostile_locals_inject_nothing(attack: str) -> None:
    with pytest.raises(Unbuildable):
        rebuild(attack)
    assert rebuild({"k'); import os; ('": repr(attack)}).text == repr(
        {"k'); import os; ('": attack}
    )


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_a_harmless_expression_or_a_reason(text: str) -> None:
    try:
        rebuilt = rebuild(text).text
    except Unbuildable:
        return
    names = {node.id for node in ast.walk(ast.parse(rebuilt)) if isinstance(node, ast.Name)}
    assert names <= {"float", "set", "frozenset", "range", "Ellipsis"}


def test_annotations_say_what_a_json_list_was() -> None:
    assert rebuild(["1"], "tuple[int, ...]").text == "(1,)"
    assert rebuild(["1", "'a'"], "tuple[int, str]").text == "(1, 'a')"
    assert rebuild(["1", ["2"]], "tuple[int]").text == "(1, [2])"
    assert rebuild(["1"], "set[int] | None").text == "{1}"
    assert rebuild([], "Optional[set[int]]").text == "set()"
    assert rebuild(["1"], "'frozenset[int]'").text == "frozenset([1])"
    assert rebuild([["1", "2"]], "list[Point]").text == "[Point(1, 2)]"
    assert rebuild([["1"]], "Sequence[tuple]").text == "[(1,)]"
    assert rebuild(["1"], "int | str").text == "[1]"
    assert rebuild(["1"], "'not python('").open_sequence
    assert not rebuild(["1"], "list").open_sequence


def test_annotations_say_what_mapping_keys_were() -> None:
    assert rebuild({"1": "2"}, "dict[int, int]").text == "{1: 2}"
    assert rebuild({"1": "2"}, "dict[str, int]").text == "{'1': 2}"
    assert rebuild({"1": "2"}).text == "{'1': 2}"
    assert rebuild({"1": "2"}).open_keys
    assert rebuild({"-1": "2"}, reading=Reading(number_keys=True)).text == "{-1: 2}"
    assert rebuild({"Color.RED": "2"}, "dict[Color, int]").text == "{Color.RED: 2}"
    assert rebuild({"a": "2"}, "dict[Cart, int]").text == "{'a': 2}"
    assert rebuild({"a": "2"}, "Mapping").text == "{'a': 2}"


def test_a_further_reading_takes_lists_for_tuples() -> None:
    assert rebuild([["1"]], reading=Reading(sequence="tuple")).text == "((1,),)"


def test_what_was_assumed_is_noted() -> None:
    assert "ten items" in rebuild(["1"] * 10).notes[0]
    assert "ten entries" in rebuild({str(n): "1" for n in range(10)}, "dict[int, int]").notes[0]
    assert "redacted" in rebuild("[redacted]").notes[0]
    assert rebuild("[Filtered]", "str").text == "'redacted'"
    assert "stands for" in rebuild("<shop.models.Cart object at 0x7f>").notes[0]
    with pytest.raises(Unbuildable, match="redacted"):
        rebuild("[redacted]", "int")


def test_names_are_resolved_to_the_one_class_that_is_meant() -> None:
    assert rebuild("Twice()", layout=LAYOUT).imports[0].statement == "from shop.b import Twice"
    assert rebuild("Twice()", layout=LAYOUT, near="shop/a.py").imports[0].module == "shop.a"
    with pytest.raises(Unbuildable, match="more than once"):
        rebuild("Twice()", layout=LAYOUT, near="shop/models.py")
    with pytest.raises(Unbuildable, match="imported by name"):
        rebuild("Unreachable()", layout=LAYOUT)
    assert rebuild("Decimal('1')", layout=LAYOUT).imports[0].module == "shop.a"
    assert rebuild("<class 'shop.b.Twice'>", layout=LAYOUT, near="x.py").imports[0].module == (
        "shop.b"
    )
    with pytest.raises(Unbuildable, match="at once"):
        rebuild(["<class 'shop.b.Twice'>", "<class 'shop.a.Twice'>"], layout=LAYOUT, near="x.py")
    assert rebuild("Outer.Inner()").text == "Outer.Inner()"
