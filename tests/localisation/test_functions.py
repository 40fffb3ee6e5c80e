import pytest

from suture.localisation.functions import function_at, functions_in, lines_of, parse_python

SOURCE = """\
import functools

class Cart:
    limit = 3

    @functools.cache
    def total(self):
        def inner(x):
            return x
        return inner(1)

async def fetch(): return 1
"""


def test_functions_are_found_with_qualified_names_and_extents() -> None:
    found = [(span.qualified_name, span.first, span.last) for span in functions_in(SOURCE)]
    assert found == [("Cart.total", 6, 10), ("Cart.total.inner", 8, 9), ("fetch", 12, 12)]


@pytest.mark.parametrize(
    ("line", "name"),
    [(6, "Cart.total"), (9, "Cart.total.inner"), (10, "Cart.total"), (4, None), (99, None)],
)
def test_a_line_belongs_to_its_innermost_function(line: int, name: str | None) -> None:
    span = function_at(SOURCE, line)
    assert (span.qualified_name if span else None) == name


@pytest.mark.parametrize(
    "hostile",
    [
        "def broken(:\n",
        "\0",
        "x = " + "(" * 5_000 + ")" * 5_000,
        "x = " + "-" * 100_000 + "1",
        "x = 1" + "+1" * 5_000,
        "#" * 2_000_001,
    ],
)
def test_what_is_no_sound_python_has_no_functions(hostile: str) -> None:
    assert parse_python(hostile) is None
    assert functions_in(hostile) == ()


def test_odd_escapes_do_not_warn() -> None:
    assert parse_python("x = '\\d'\n") is not None


def test_lines_are_counted_as_python_counts_them() -> None:
    assert lines_of("a\r\nb\rc\nd\x0ce\u2028f") == ["a", "b", "c", "d\x0ce\u2028f"]
    assert lines_of("a\n") == ["a"]
    assert lines_of("") == []
