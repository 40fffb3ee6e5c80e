"""Writing values back as source: equal to what was observed, in the project's quotes."""

import ast
import collections
import datetime as dt
import uuid
from decimal import Decimal
from fractions import Fraction

import pytest
from pydantic import JsonValue

from suture.reproduction.harness import Description
from suture.reproduction.layout import ImportPath, ProjectLayout
from suture.reproduction.rendering import Inexpressible, literal_of, quoted, render
from suture.reproduction.style import TestStyle, new_test_path, style_of

NAMES = {
    "Decimal": Decimal,
    "Fraction": Fraction,
    "UUID": uuid.UUID,
    "datetime": dt,
}


def literal(value: object) -> str:
    return literal_of(Description(consume=True).of(value)).text


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        0.1,
        float("inf"),
        "it's",
        b"\x00",
        [],
        [1, [2]],
        (),
        (1,),
        {1, 2},
        set(),
        frozenset({1}),
        frozenset(),
        {"a": {1: None}},
        Decimal("1.50"),
        Fraction(1, 3),
        uuid.UUID(int=5),
        dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        [dt.date(2026, 1, 2), dt.timedelta(1)],
        range(3),
    ],
)
def test_a_literal_equals_the_value_it_describes(value: object) -> None:
    text = literal(value)
    assert eval(text, {**NAMES}) == value  # noqa: S307 (a literal that this test made)


def test_literals_know_their_imports() -> None:
    described = Description(consume=True).of([Decimal(1), dt.date(2026, 1, 2)])
    statements = {item.statement for item in literal_of(described).imports}
    assert statements == {"from decimal import Decimal", "import datetime"}


@pytest.mark.parametrize(
    "value",
    [
        object(),
        float("nan"),
        Decimal("NaN"),
        [0] * 900,
        dict.fromkeys(range(900), 1),
        "x" * 3_000,
        ["x" * 1_500] * 9,
        collections.OrderedDict(a=1),
        collections.deque([1]),
        ValueError("x"),
        len,
    ],
)
def test_what_has_no_literal_is_not_asserted(value: object) -> None:
    with pytest.raises(Inexpressible):
        literal(value)


@pytest.mark.parametrize(
    "described",
    [
        None,
        [],
        {"type": "int"},
        {"type": "int", "repr": "__import__('os')"},
        {"type": "value", "class": "decimal.Decimal", "repr": "eval('1')"},
        {"type": "dict", "class": "dict", "pairs": [[1]], "size": 1},
        {"type": "dict", "class": "dict", "pairs": [3], "size": 1},
        {"type": "sequence", "class": "list", "items": [], "size": 3},
    ],
)
def test_a_forged_description_writes_no_code(described: JsonValue) -> None:
    with pytest.raises(Inexpressible):
        literal_of(described)


def test_a_description_nested_beyond_reason_has_no_literal() -> None:
    described: JsonValue = {"type": "int", "repr": "1"}
    for _ in range(40):
        described = {"type": "iterator", "items": [described]}
    with pytest.raises(Inexpressible):
        literal_of(described)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        ("it's", '"it\'s"'),
        ('say "a"', "'say \"a\"'"),
        (b"a", 'b"a"'),
        ("a\n", '"a\\n"'),
    ],
)
def test_quotes_follow_the_project(value: str | bytes, text: str) -> None:
    assert quoted(value, double=True) == text
    assert ast.literal_eval(quoted(value, double=False)) == value
    assert quoted("a", double=False) == "'a'"


def test_long_expressions_are_laid_out_over_lines() -> None:
    row = f"{{'sku': 'a long name', 'counts': {list(range(40))}, 'price': Decimal('1.50')}}"
    source = f"go([{row}, {row}], (1, {row}), *[{row}, {row}], key={row}, **{row})"
    text = render(source, 4, double=True)
    assert max(len(line) for line in text.splitlines()) <= 88
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(source))
    assert text.splitlines()[-1] == "    )"
    assert render("{}", 200, double=True) == "{}"
    assert '"a long name"' in text
    assert render("f(a=1)", 0, double=True) == "f(a=1)"
    word = "'" + "x" * 200 + "'"
    assert render(word, 0, double=False) == word


WAY = ImportPath(root="", module="shop.cart")
CASE = "import unittest\nfrom shop.cart import x\nclass A(unittest.TestCase): pass\ny = 'a'\n"


def test_the_style_is_that_of_the_tests_nearest_to_the_module() -> None:
    sources = {
        "shop/cart_test.py": CASE,
        "tests/test_a.py": 'x = "a"\n',
        "tests/test_b.py": 'x = "a"\n',
    }
    layout = ProjectLayout(files=tuple(sources), sources=sources)
    assert style_of(layout, WAY) == TestStyle(
        folder="shop", unittest=True, suffix=True, double_quotes=False
    )
    other = style_of(layout, ImportPath(root="", module="shop.order"))
    assert other == TestStyle(folder="tests")


def test_a_project_without_tests_gets_the_usual_place() -> None:
    assert style_of(ProjectLayout(files=(), root="svc"), WAY).folder == "svc/tests"
    assert style_of(ProjectLayout(files=()), WAY).folder == "tests"


def test_no_file_is_ever_overwritten() -> None:
    digest = "0123456789abcdef"
    first = "tests/test_cart_regression_01234567.py"
    assert new_test_path(ProjectLayout(files=()), TestStyle(), "shop.cart", digest) == first
    taken = ProjectLayout(files=(first,))
    second = "tests/test_cart_regression_01234567_2.py"
    assert new_test_path(taken, TestStyle(), "shop.cart", digest) == second
    suffix = TestStyle(folder="", suffix=True)
    assert new_test_path(taken, suffix, "cart", digest) == "cart_regression_01234567_test.py"
