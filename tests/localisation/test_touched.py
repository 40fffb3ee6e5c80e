"""Which lines a change touched."""

import ast

from suture.localisation.commit_changes import _touched_units
from suture.localisation.touched import touched_blocks, touched_numbers, touched_units, touches

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


def test_a_line_that_only_moved_is_touched() -> None:
    assert touched_numbers("a\nb\nc\nd\n", "a\nc\nb\nd\n") == ((3,), (2,))
    assert touched_numbers("a\n", "a\nb\n") == ((), (2,))
    assert touched_numbers("a\nb\n", "x\ny\n", around=5) == ((1, 2), (1, 2))


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


def test_only_the_touched_definitions_are_left_of_both_texts() -> None:
    new = CODE.replace("return sum(items, start())", "return sum(items)")
    found = touched_blocks(CODE, new)
    assert found is not None
    before, after = found
    assert before.startswith("@cached\ndef total(items):")
    assert "return sum(items, start())" in before
    assert "return sum(items)\n" in after
    assert "class Cart" not in before + after


def test_what_is_only_in_one_text_is_looked_for_in_both() -> None:
    longer = CODE.replace("self.items.append(item)\n", "pass\n" + "            pass\n" * 9)
    found = touched_blocks(CODE, longer)
    assert found is not None
    assert all(text.startswith("class Cart") for text in found)
    lost = CODE[: CODE.index("def last")]
    assert touched_blocks(CODE, lost) == (CODE[CODE.index("def last") :].rstrip("\n"), "")


def test_a_whole_file_is_compared_where_its_definitions_cannot_be_told_apart() -> None:
    was, now = _touched_units("def f():\n    pass\n", "def f(:\n    pass\n", "a.py")
    assert set(was) == {"f", ""}
    assert now == {}
    assert touched_blocks("def f():\n    return 1\n", "    return 2\n") is None


def test_a_change_outside_of_definitions_leaves_no_blocks() -> None:
    assert touched_blocks(CODE, CODE.replace("LIMIT = 3", "LIMIT = 4")) is None
    assert touched_blocks("    x = 1\n", "    x = 2\n") is None
    assert touched_blocks(CODE, CODE) == ("", "")


def test_text_that_looks_like_code_is_compared_as_a_whole() -> None:
    old = 'X = """\ndef f():\n    return 1\n"""\n\n\ndef g():\n    return 2\n'
    new = old.replace("return 1", "return 3")
    was, now = _touched_units(old, new, "a.py")
    assert set(was) == set(now) == {""}
    assert was[""].meaning != now[""].meaning
