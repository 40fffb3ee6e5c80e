"""What a model is told by the code index and the history, and what it is not."""

from pathlib import Path

import pytest

from activities.tool_use import Effect
from tests.builders.repository import RepositoryBuilder
from tests.model.stage import Shop, build_shop
from tests.model.test_tools import Hands, crash

FILES = {
    "cart.py": "class Cart:\n    def total(self):\n        return add([1])\n\n\n"
    "def add(prices):\n    return sum(prices)\n",
    "hub.py": "def go():\n    return 1\n",
    "show.py": "from cart import add\n\n\ndef show(prices):\n    return add(prices)\n",
    "client_secrets.py": "from cart import add\n\nTOKEN = add([7])\n",
    "tests/test_show.py": "from show import show\n\n\ndef test_it():\n    assert show([2]) == 2\n",
    "web/cart.js": "function add(prices) { return prices.length; }\nadd([]);\n",
    **{f"many/m{n}.py": "from hub import go\n\n\ndef f():\n    go()\n" for n in range(50)},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = Path(tmp_path_factory.mktemp("store"))
    shop = build_shop(folder, "127.0.0.1:1", FILES, crash())
    changed = FILES["cart.py"].replace("sum(prices)", "sum(prices) / 2")
    RepositoryBuilder(folder / "origin").commit({"cart.py": changed}, "Halve\n\nAs they said")
    return shop


def test_a_definition_is_found_near_a_file_and_shown_with_its_first_line(store: Shop) -> None:
    hands = Hands(store)
    said = hands.said("find_definition", symbol="add", path="show.py")
    assert "cart.py:6-7 function add: def add(prices):" in said
    assert "web/cart.js" not in said
    assert "web/cart.js:1-1 function add" in hands.said("find_definition", symbol="add")
    assert "Nothing was found" in hands.said("find_definition", symbol="--output=/etc/passwd")
    assert "Nothing was found" in hands.said("find_definition", symbol="(a+)+$" * 40)


def test_callers_are_shown_within_bounds_and_none_of_what_may_hold_secrets(store: Shop) -> None:
    said = Hands(store).said("find_callers", path="cart.py", function="add")
    assert "show.py:5 in show: return add(prices)" in said
    assert "cart.py:3 in Cart.total: return add([1])" in said
    assert "secrets" not in said
    many = Hands(store).said("find_callers", path="hub.py", function="go")
    assert many.count(" in f: go()") == 40
    assert "and 10 more" in many
    possible = Hands(store).said("find_callers", path="show.py", function="show")
    assert "tests/test_show.py:5 in test_it" in possible


def test_tests_are_found_through_what_they_call(store: Shop) -> None:
    said = Hands(store).said("find_tests_reaching", path="cart.py", function="add")
    assert "tests/test_show.py:4 test_it > show" in said


def test_the_last_changes_of_a_file_and_of_one_function(store: Shop) -> None:
    hands = Hands(store)
    whole = hands.said("last_changes", path="cart.py")
    assert "Halve" in whole
    assert "Split bills" in whole
    assert "+    return sum(prices) / 2" in whole
    only = hands.said("last_changes", path="cart.py", function="Cart.total")
    assert "Split bills" in only
    assert "Halve" not in only


@pytest.mark.parametrize(
    ("name", "arguments", "effect"),
    [
        ("find_callers", {"path": "../x.py", "function": "f"}, Effect.REFUSED),
        ("find_callers", {"path": "client_secrets.py", "function": "f"}, Effect.REFUSED),
        ("find_callers", {"path": "missing.py", "function": "f"}, Effect.COMPLAINED),
        ("find_callers", {"path": "cart.py", "function": "missing"}, Effect.COMPLAINED),
        ("find_tests_reaching", {"path": "/etc/passwd", "function": "f"}, Effect.REFUSED),
        ("last_changes", {"path": ".git/config"}, Effect.REFUSED),
        ("last_changes", {"path": "cart.py", "function": "x" * 301}, Effect.COMPLAINED),
        ("find_definition", {"symbol": "add", "path": "~/x.py"}, Effect.REFUSED),
        ("find_definition", {"symbol": ""}, Effect.COMPLAINED),
    ],
)
def test_what_is_out_of_bounds_is_not_answered(
    store: Shop, name: str, arguments: dict[str, str], effect: Effect
) -> None:
    assert Hands(store).use(name, (), **arguments).effect is effect
