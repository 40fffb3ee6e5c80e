"""Which lines a change touched."""

import ast

from suture.localisation.touched import touched_numbers, touched_units, touches

OLD = "\n".join(f"line_{number} = {number}" for number in range(20))


def test_nothing_is_touched_where_nothing_changed() -> None:
    assert touched_numbers(OLD, OLD) == ((), ())
    assert not touches(OLD, OLD, frozenset({"line_1"}))


def test_changed_new_and_lost_lines_are_touched_with_those_around_them() -> None:
    new = OLD.replace("line_10 = 10", "line_10 = price")
    assert touches(OLD, new, frozenset({"price"}))
    assert touches(OLD, new, frozenset({"line_7"}))
    assert not touches(OLD, new, frozenset({"line_6", "10"}))
    assert touches("", OLD, frozenset({"line_3"}))
    assert touches(OLD, "", frozenset({"line_3"}))


def test_part_of_a_name_is_no_name() -> None:
    assert not touches("", "prices = 1", frozenset({"price"}))
    assert touches("", "m\u00f6bel.price(1)", frozenset({"price"}))


CODE = """\
LIMIT = 3


@cached
def total(items):
    def start():
        return 0

    return sum(items, start())


class Cart:
    size = 1

    def add(self, item):
        if item:
            self.items.append(item)


def last():
    try:
        pass
    except ValueError:
        def inner():
            return 1
"""


def test_units_are_touched_by_the_lines_that_they_hold() -> None:
    tree = ast.parse(CODE)
    assert touched_units(tree, ()) == frozenset()
    assert touched_units(tree, (1,)) == {""}
    assert touched_units(tree, (4,)) == {"total"}
    assert touched_units(tree, (7,)) == {"total", "total.start"}
    assert touched_units(tree, (13,)) == {"Cart"}
    assert touched_units(tree, (17,)) == {"Cart", "Cart.add"}
    assert touched_units(tree, (2, 25)) == {"", "last", "last.inner"}
