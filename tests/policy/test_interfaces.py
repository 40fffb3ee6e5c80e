"""What callers rely on stays."""

import pytest

from suture.policy.interfaces import broken_interfaces

BEFORE = """
class Cart:
    def add(self, item, count=1): ...
    def total(): ...

async def send(message, *, urgent): ...
def find(radius, places): ...
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("count=1", "count=2"),
        ("count=1", "count=1, note=None"),
        ("def total()", "def total(self)"),
        ("*, urgent", "*, urgent, later=False"),
        ("places): ...", "places): return 1"),
    ],
)
def test_what_breaks_no_caller_is_no_broken_interface(old: str, new: str) -> None:
    assert broken_interfaces(BEFORE, BEFORE.replace(old, new)) == ()


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("def find(radius, places)", "def find(places, radius)", "find"),
        ("def find(radius, places)", "def find(radius)", "find"),
        ("def find(radius, places)", "def find(radius, places, unit)", "find"),
        ("def find(", "def search(", "find"),
        ("async def send", "def send", "send"),
        ("*, urgent", "*, soon", "send"),
        ("*, urgent): ...", "*, urgent, later): ...", "send"),
        ("count=1", "count", "Cart.add"),
        ("class Cart:", "class Basket:", "Cart"),
    ],
)
def test_what_breaks_a_caller_is_named(old: str, new: str, name: str) -> None:
    assert name in broken_interfaces(BEFORE, BEFORE.replace(old, new))


def test_what_is_no_python_breaks_nothing_that_could_be_seen() -> None:
    assert broken_interfaces("def (", "x") == broken_interfaces("x = 1", "def (") == ()


def test_functions_inside_functions_have_no_outside_callers() -> None:
    before = "def outer():\n    def inner(a): ...\n    return inner(1)\n"
    assert broken_interfaces(before, before.replace("inner(a)", "inner(a, b)")) == ()
