"""Definitions, callers, callees and tests, in every language that is read."""

from collections.abc import Mapping

import pytest

from suture.index.meaning import Certainty, meaning
from suture.index.questions import MAX_POSSIBLE, CodeQuestions, Place
from suture.index.symbols import Call, Definition, FileSymbols, SymbolKind
from suture.index.testing import is_test_file, is_test_function
from tests.fakes.code_index import MemoryCodeIndex

SHA = "a" * 40

PYTHON = {
    "shop/__init__.py": "from shop.cart import total\n",
    "shop/cart.py": (
        "from shop import prices\n\n\n"
        "class Cart:\n"
        "    def __init__(self, items):\n        self.items = items\n\n"
        "    def total(self):\n        return self.rounded(prices.add(self.items))\n\n"
        "    def rounded(self, value):\n        return round(value)\n\n\n"
        "def total(items):\n    def start():\n        return Cart(items)\n"
        "    return start().total()\n"
    ),
    "shop/prices.py": "def add(items):\n    return sum(items)\n",
    "shop/desk.py": (
        "from . import prices as p\nfrom .cart import Cart\n\n\n"
        "def ask(items):\n    return Cart(items).total() + p.add(items)\n\n\n"
        "def hand_over(pool, items):\n    pool.submit(p.add, items)\n"
    ),
    "shop/aliased.py": "from .prices import add as plus\n\n\ndef g():\n    return plus([])\n",
    "shop/other.py": "from elsewhere import add, total\n\n\ndef f():\n    return add(total())\n",
    "tests/test_desk.py": (
        "from shop.desk import ask\n\n\ndef help_out():\n    return ask([1])\n\n\n"
        "def test_ask():\n    assert help_out() == 2\n"
    ),
    "web/app.js": "function add(a) { return a }\nadd(1)\n",
}


def ask(files: Mapping[str, str] = PYTHON) -> CodeQuestions:
    return CodeQuestions(MemoryCodeIndex(files), SHA)


def only(found: tuple[Place, ...]) -> Place:
    [place] = found
    return place


def told(files: Mapping[str, str], name: str, near: str = "") -> set[tuple[str, str, bool]]:
    questions = ask(files)
    place = only(questions.definitions(name, near))
    return {
        (caller.path, caller.function.name if caller.function else "", caller.sure)
        for caller in questions.callers(place)
    }


def test_a_definition_is_found_by_its_plain_or_its_whole_name() -> None:
    found = ask().definitions("total")
    assert [(each.path, each.definition.name) for each in found] == [
        ("shop/cart.py", "Cart.total"),
        ("shop/cart.py", "total"),
    ]
    assert only(ask().definitions("Cart.total")).definition.first == 8
    assert ask().definitions("Basket.total") == ()


def test_the_nearest_definition_comes_first_and_other_languages_do_not() -> None:
    assert {each.path for each in ask().definitions("add")} == {"shop/prices.py", "web/app.js"}
    assert only(ask().definitions("add", near="shop/cart.py")).path == "shop/prices.py"
    assert only(ask().definitions("add", near="web/more.ts")).path == "web/app.js"


def test_the_definition_at_a_line_is_the_innermost_function() -> None:
    place = ask().definition_at("shop/cart.py", 16)
    assert place is not None
    assert place.definition.name == "total.start"
    assert ask().definition_at("shop/cart.py", 1) is None
    assert ask().definition_at("absent.py", 1) is None


def test_callers_are_told_through_modules_aliases_and_handed_on_functions() -> None:
    assert told(PYTHON, "add", "shop/prices.py") == {
        ("shop/aliased.py", "g", True),
        ("shop/cart.py", "Cart.total", True),
        ("shop/desk.py", "ask", True),
        ("shop/desk.py", "hand_over", True),
    }


def test_methods_are_told_as_sure_on_self_and_as_possible_elsewhere() -> None:
    assert told(PYTHON, "Cart.rounded") == {("shop/cart.py", "Cart.total", True)}
    assert told(PYTHON, "Cart.total") == {
        ("shop/cart.py", "total", False),
        ("shop/desk.py", "ask", False),
    }


def test_a_constructor_is_called_by_the_name_of_its_class() -> None:
    assert told(PYTHON, "Cart.__init__") == {
        ("shop/cart.py", "total.start", True),
        ("shop/desk.py", "ask", True),
    }


def test_nested_functions_are_called_where_they_stand() -> None:
    assert told(PYTHON, "total.start") == {("shop/cart.py", "total", True)}


def test_callees_are_the_repositorys_own() -> None:
    questions = ask()
    place = only(questions.definitions("Cart.total"))
    assert [each.definition.name for each in questions.callees(place)] == ["Cart.rounded", "add"]
    place = only(questions.definitions("ask"))
    found = {(each.path, each.definition.name) for each in questions.callees(place)}
    assert ("shop/prices.py", "add") in found
    assert ("shop/cart.py", "Cart") in found
    absent = Place(path="absent.py", definition=place.definition)
    assert questions.callees(absent) == ()


def test_tests_are_found_through_what_they_call() -> None:
    questions = ask()
    place = only(questions.definitions("add", "shop/prices.py"))
    [found] = questions.tests_reaching(place)
    assert (found.path, found.test.name, found.sure) == ("tests/test_desk.py", "test_ask", True)
    assert [each.definition.name for each in found.through] == ["help_out", "ask"]
    assert questions.tests_reaching(place, depth=1) == ()
    alone = Place(path="shop/x.py", definition=Definition("nobody", SymbolKind.FUNCTION, 1, 2))
    assert questions.tests_reaching(alone) == ()


def test_a_name_that_everybody_has_leads_to_no_test() -> None:
    users = {
        f"shop/user{number}.py": f"def use{number}(thing):\n    return thing.get(1)\n"
        for number in range(MAX_POSSIBLE + 1)
    }
    files = {
        "shop/box.py": "class Box:\n    def get(self, key):\n        return key\n",
        "tests/test_box.py": "def test_get(box):\n    assert box.get(1)\n",
    }
    questions = ask(files)
    place = only(questions.definitions("Box.get"))
    assert [each.sure for each in questions.tests_reaching(place)] == [False]
    assert ask({**files, **users}).tests_reaching(place) == ()


def test_recursion_comes_to_an_end() -> None:
    files = {"a.py": "def one():\n    two()\n\n\ndef two():\n    one()\n\n\none()\n"}
    questions = ask(files)
    assert questions.tests_reaching(only(questions.definitions("one"))) == ()
    assert told(files, "one") == {("a.py", "two", True), ("a.py", "", True)}


SCRIPTS = {
    "src/cart/index.ts": "export function total(a) { return a }\nexport class Cart { size() {} }\n",
    "src/desk.js": 'import { total as sum } from "./cart";\nexport const ask = () => sum(1);\n',
    "src/old.js": 'const cart = require("./cart/index.js");\nfunction f() { cart.total(1) }\n',
    "src/far.js": 'import { total } from "./elsewhere";\nfunction g() { total(1) }\n',
    "src/same.js": 'import { total } from "@shop/cart";\nfunction h() { total(1) }\n',
    "src/desk.test.js": 'import { ask } from "./desk";\nit("asks", () => { ask() });\n',
}


def test_scripts_are_followed_through_their_imports() -> None:
    assert told(SCRIPTS, "total") == {
        ("src/desk.js", "ask", True),
        ("src/old.js", "f", True),
        ("src/same.js", "h", True),
    }
    questions = ask(SCRIPTS)
    [found] = questions.tests_reaching(only(questions.definitions("total")))
    assert (found.path, found.test.name) == ("src/desk.test.js", "asks")


GO = {
    "cart/cart.go": (
        "package cart\n\nfunc Total(a int) int { return add(a) }\n\n"
        "type Cart struct{}\n\nfunc (c *Cart) Size() int { return c.count() }\n\n"
        "func (c *Cart) count() int { return 1 }\n"
    ),
    "cart/add.go": "package cart\n\nfunc add(a int) int { return a }\n",
    "desk/desk.go": (
        'package desk\n\nimport "example.org/shop/cart"\n\n'
        "func Ask() int { return cart.Total(1) }\n"
    ),
    "desk/other.go": "package desk\n\nfunc add(a int) int { return a }\n",
    "desk/desk_test.go": "package desk\n\nfunc TestAsk(t *testing.T) { Ask() }\n",
}


def test_go_is_followed_through_packages_and_receivers() -> None:
    assert told(GO, "Total") == {("desk/desk.go", "Ask", True)}
    assert told(GO, "count") == {("cart/cart.go", "Cart.Size", True)}
    near = ask(GO).definitions("add", near="cart/cart.go")[0]
    assert [caller.path for caller in ask(GO).callers(near)] == ["cart/cart.go"]
    [found] = ask(GO).tests_reaching(only(ask(GO).definitions("Total")))
    assert found.test.name == "TestAsk"


JVM = {
    "shop/Cart.java": (
        "package shop;\nclass Cart {\n  int total() { return add(1); }\n"
        "  int add(int a) { return a; }\n}\n"
    ),
    "shop/Prices.kt": "package shop\n\nfun priced() {\n  Cart().total()\n}\n",
    "desk/Desk.java": "import shop.Cart;\nclass Desk {\n int ask() { return new Cart().x(); }\n}\n",
    "desk/Far.java": "import far.Cart;\nclass Far {\n  int ask() { return new Cart().x(); }\n}\n",
    "desk/Star.java": "import shop.*;\nclass Star {\n  int ask() { return new Cart().x(); }\n}\n",
    "desk/Named.java": "import shop.Cart;\nclass N { int ask() { return Cart.total(); } }\n",
    "test/DeskTest.java": "class DeskTest {\n  void asks() { new desk.Desk().ask(); }\n}\n",
}


def test_the_jvm_is_followed_through_classes_and_packages() -> None:
    assert told(JVM, "Cart.add") == {("shop/Cart.java", "Cart.total", True)}
    found = told(JVM, "Cart")
    assert ("shop/Prices.kt", "priced", True) in found
    assert ("desk/Desk.java", "Desk.ask", True) in found
    assert ("desk/Star.java", "Star.ask", False) in found
    assert not any(path == "desk/Far.java" for path, _, _ in found)
    assert ("desk/Named.java", "N.ask", True) in told(JVM, "Cart.total")


MEANT: dict[str, tuple[dict[str, str], str, set[tuple[str, str, bool]]]] = {
    "an instance is called": (
        {"a.py": "class F:\n    def __call__(self):\n        pass\n\n\ndef g():\n    F()()\n"},
        "F.__call__",
        {("a.py", "g", True)},
    ),
    "a class is named": (
        {"a.py": "class F:\n    def h(self):\n        pass\n\n\ndef g(x):\n    F.h(x)\n"},
        "F.h",
        {("a.py", "g", True)},
    ),
    "a class of a neighbour is named": (
        {
            "s/A.java": "class A {\n int f() {}\n}\n",
            "s/B.java": "class B {\n int g() { A.f(); }\n}",
        },
        "A.f",
        {("s/B.java", "B.g", True)},
    ),
    "all of a module is imported": (
        {"a.py": "def f():\n    pass\n", "b.py": "from a import *\nf()\n", "c.py": "f()\n"},
        "f",
        {("b.py", "", False)},
    ),
    "a package is imported from itself": (
        {"p/__init__.py": "def f():\n    pass\n", "p/b.py": "from . import f\nf()\n"},
        "f",
        {("p/b.py", "", True)},
    ),
    "something else of the module is imported": (
        {"a.py": "def f():\n    pass\n", "b.py": "from a import g\ng.f()\n"},
        "f",
        set(),
    ),
    "an imported object may have the method": (
        {"a.py": "class A:\n    def f(self):\n        pass\n", "b.py": "from c import g\ng.f()\n"},
        "A.f",
        {("b.py", "", False)},
    ),
    "a neighbour is made": (
        {"s/A.java": "class A { A() {}\n}\n", "s/B.java": "class B { int g() { new A(); } }"},
        "A.A",
        {("s/B.java", "B.g", True)},
    ),
    "nothing of another language is meant": (
        {"a.py": "def f():\n    pass\n", "b.js": "f()\n"},
        "f",
        set(),
    ),
    "what a script imports is no module": (
        {"a.js": "export function f() {}\n", "b.js": 'import { g } from "./a";\ng.f();\n'},
        "f",
        set(),
    ),
    "a module has the function, not the method": (
        {"a.py": "import c\n\n\nclass A:\n    def f(self):\n        c.f()\n"},
        "A.f",
        set(),
    ),
}


@pytest.mark.parametrize("case", list(MEANT))
def test_a_call_means_what_names_and_imports_say(case: str) -> None:
    files, name, expected = MEANT[case]
    assert told(files, name) == expected


def test_nothing_calls_into_another_language() -> None:
    call, target = Call("f", 1), Definition("f", SymbolKind.FUNCTION, 1, 2)
    assert meaning(call, ("b.js", FileSymbols()), "a.py", target) is Certainty.NO


@pytest.mark.parametrize(
    ("path", "name", "is_test"),
    [
        ("tests/test_a.py", "test_f", True),
        ("tests/test_a.py", "Suite.test_f", True),
        ("tests/test_a.py", "build", False),
        ("shop/test_a.py", "test_f", True),
        ("shop/a.py", "test_f", False),
        ("shop/a_test.go", "TestF", True),
        ("shop/a_test.go", "build", False),
        ("tests/a.go", "TestF", False),
        ("src/a.spec.tsx", "adds", True),
        ("src/a.ts", "adds", False),
        ("src/test/java/ATest.java", "ATest.adds", True),
        ("src/ATest.kt", "ATest.adds", True),
        ("src/A.kt", "A.adds", False),
        ("README.md", "adds", False),
    ],
)
def test_tests_are_known_by_what_their_runners_look_for(
    path: str, name: str, *, is_test: bool
) -> None:
    definition = Definition(name, SymbolKind.FUNCTION, 1, 2)
    assert (is_test_file(path) and is_test_function(path, definition)) is is_test


@pytest.mark.parametrize("name", ["", ".", "a.b.", "..", "\0", "x" * 10_000])
def test_nonsense_is_defined_nowhere(name: str) -> None:
    assert ask().definitions(name) == ()
