"""Symbols are read from seven languages, and from bytes that are none."""

import random
import zlib

import pytest

from suture.errors import InvalidInput
from suture.index import reading
from suture.index.languages import ENDS, Language, language_of
from suture.index.reading import LONG_LINE, MAX_BYTES, read_symbols
from suture.index.symbols import NOTHING, Call, Import, SymbolKind, decode, encode

PYTHON = """\
import shop.prices
import shop.tax as tax
from ..stock import count as counted, Item
from rates import *


@cached
@app.get("/")
def total(cart):
    def line(item):
        return tax.of(item)
    return sum(map(line, cart.items()), start=zero)


class Cart(Base):
    @property
    def size(self):
        return self.count()
"""
SCRIPT = """\
import Cart, { total as sum, Item } from "./cart";
import * as tax from "../tax";
const { rate, price: cost } = require("./rates");
const stock = require("./stock");
const other = load("./nothing");
const add = (a) => sum(a);
exports.take = function () {};
class Shop extends Base {
  open() { this.greet(); }
  close = () => 1;
}
const desk = { ask: function () {}, tell() {} };
describe("the shop", () => { it("opens. at nine", () => { new Shop(add); tax.of(1); }); });
"""
TYPED = """\
import { type Price, total } from "./cart";
interface Item { price: Price }
enum Kind { A }
abstract class Shelf {
  private find = () => 1;
  put<T>(item: T): void { this.find(); total<T>(item); }
}
"""
GO = """\
package shop

import (
\t"fmt"
\tprices "example.org/shop/cart"
)

type Cart struct{ items []int }

func (c *Cart) Total() int { return prices.Sum(c.items) }
func (s Stack[T]) Push() {}
func Run() { go serve(Run); _ = Cart{items: nil}; fmt.Println(1) }
"""
JAVA = """\
import shop.cart.Item;
import static shop.cart.Prices.sum;
import shop.tax.*;
class Cart {
  Cart() {}
  int total() { items.forEach(this::add); return new Item().price() + sum(1); }
  class Line { int size() { return 1; } }
}
interface Priced { int price(); }
enum Kind { A; void name2() {} }
record Pair(int a) { int twice() { return a; } }
"""
KOTLIN = """\
import shop.cart.Item
import shop.tax.Rate as R
import shop.stock.*

class Cart(val items: List<Item>) {
  fun total(): Int {
    return this.sum(1) + Item(3).price() + add(2)
  }
}

object Shop {
  fun open() {
    run(::close)
  }
}
"""


def names(path: str, source: str) -> list[str]:
    return [each.name for each in read_symbols(path, source.encode()).definitions]


def calls(path: str, source: str) -> set[tuple[str, str, bool]]:
    found = read_symbols(path, source.encode()).calls
    return {(call.receiver, call.name, call.passed) for call in found}


def test_python_is_read() -> None:
    found = read_symbols("shop/cart.py", PYTHON.encode())
    assert [each.name for each in found.definitions] == ["total", "total.line", "Cart", "Cart.size"]
    assert [(each.first, each.last) for each in found.definitions] == [
        (7, 12),
        (10, 11),
        (15, 18),
        (16, 18),
    ]
    assert found.definitions[2].kind is SymbolKind.CLASS
    assert Call("of", 11, "tax") in found.calls
    assert Call("line", 12, "", passed=True) in found.calls
    assert Call("zero", 12, "", passed=True) in found.calls
    assert Call("cached", 7) in found.calls
    assert Call("get", 8, "app") in found.calls
    assert found.imports == (
        Import("shop.prices", "shop.prices"),
        Import("tax", "shop.tax"),
        Import("counted", "..stock", "count"),
        Import("Item", "..stock", "Item"),
        Import("*", "rates", "*"),
    )
    assert {"total", "line", "Cart", "size", "of", "map"} <= found.names


def test_javascript_is_read() -> None:
    found = read_symbols("shop.js", SCRIPT.encode())
    assert [each.name for each in found.definitions] == [
        "add",
        "take",
        "Shop",
        "Shop.open",
        "Shop.close",
        "ask",
        "tell",
        "the shop",
        "the shop.opens  at nine",
    ]
    assert {("", "sum", False), ("this", "greet", False), ("", "Shop", False)} <= calls(
        "shop.js", SCRIPT
    )
    assert ("", "add", True) in calls("shop.js", SCRIPT)
    assert set(found.imports) == {
        Import("Cart", "./cart", "default"),
        Import("sum", "./cart", "total"),
        Import("Item", "./cart", "Item"),
        Import("tax", "../tax"),
        Import("rate", "./rates", "rate"),
        Import("cost", "./rates", "price"),
        Import("stock", "./stock"),
    }


def test_typescript_is_read() -> None:
    assert names("shelf.ts", TYPED) == ["Item", "Kind", "Shelf", "Shelf.find", "Shelf.put"]
    assert {("this", "find", False), ("", "total", False)} <= calls("shelf.ts", TYPED)
    assert {each.local for each in read_symbols("shelf.ts", TYPED.encode()).imports} == {
        "Price",
        "total",
    }


def test_components_count_as_called_where_they_are_shown() -> None:
    source = "export function Page() { return <Shop.Desk on={press}><Row /></Shop.Desk> }"
    for path in ("page.tsx", "page.jsx"):
        assert names(path, source) == ["Page"]
        assert calls(path, source) == {
            ("Shop", "Desk", False),
            ("", "press", True),
            ("", "Row", False),
        }


def test_go_is_read() -> None:
    assert names("shop/cart.go", GO) == ["Cart", "Cart.Total", "Stack.Push", "Run"]
    assert {("prices", "Sum", False), ("", "Run", True), ("", "Cart", False)} <= calls("c.go", GO)
    assert read_symbols("c.go", GO.encode()).imports == (
        Import("fmt", "fmt"),
        Import("prices", "example.org/shop/cart"),
    )


def test_java_is_read() -> None:
    assert names("Cart.java", JAVA) == [
        "Cart",
        "Cart.Cart",
        "Cart.total",
        "Cart.Line",
        "Cart.Line.size",
        "Priced",
        "Priced.price",
        "Kind",
        "Kind.name2",
        "Pair",
        "Pair.twice",
    ]
    assert {("", "Item", False), ("this", "add", True), ("", "sum", False)} <= calls("C.java", JAVA)
    assert read_symbols("C.java", JAVA.encode()).imports == (
        Import("Item", "shop.cart", "Item"),
        Import("sum", "shop.cart.Prices", "sum"),
        Import("*", "shop.tax", "*"),
    )


def test_kotlin_is_read() -> None:
    assert names("Cart.kt", KOTLIN) == ["Cart", "Cart.total", "Shop", "Shop.open"]
    assert {("this", "sum", False), ("", "add", False), ("", "close", True)} <= calls(
        "C.kt", KOTLIN
    )
    assert read_symbols("C.kt", KOTLIN.encode()).imports == (
        Import("Item", "shop.cart", "Item"),
        Import("R", "shop.tax", "Rate"),
        Import("*", "shop.stock", "*"),
    )


def test_the_innermost_function_holds_a_line() -> None:
    found = read_symbols("cart.py", PYTHON.encode())
    inner, outer = found.function_at(11), found.function_at(12)
    assert inner is not None
    assert outer is not None
    assert (inner.name, inner.simple, inner.owner) == ("total.line", "line", "total")
    assert outer.name == "total"
    assert found.function_at(1) is None
    assert found.find("Cart.size") == found.definitions[3]
    assert found.find("absent") is None


@pytest.mark.parametrize("path", ["a.rs", "README", "shop.txt", "go"])
def test_other_files_have_no_symbols(path: str) -> None:
    assert language_of(path) is None
    assert read_symbols(path, b"def f(): pass") == NOTHING


def test_what_nobody_wrote_by_hand_has_no_symbols() -> None:
    function = b"def f():\n    pass\n"
    assert read_symbols("a.py", function) != NOTHING
    assert read_symbols("a.py", function + b"\0") == NOTHING
    assert read_symbols("a.py", function + b"#" * LONG_LINE * 2) == NOTHING
    assert read_symbols("a.py", function + b"#\n" * (MAX_BYTES // 2)) == NOTHING
    assert read_symbols("a.py", function + (b"#" * 100 + b"\n") * 1_000) != NOTHING


def test_what_cannot_be_read_in_time_has_no_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_SECONDS", -1.0)
    assert read_symbols("a.py", b"def f():\n    pass\n" * 5_000) == NOTHING


@pytest.mark.parametrize("language", list(Language), ids=str)
def test_nonsense_in_any_language_comes_to_an_end(language: Language) -> None:
    path = f"a.{next(end for end, each in ENDS.items() if each is language)}"
    chance = random.Random(1)  # noqa: S311 -- the same nonsense every time
    noise = bytes(chance.choice(range(1, 256)) for _ in range(30_000))
    marks = bytes(chance.choice(b"(){}[]<>=.,;:\"'`ab \n") for _ in range(30_000))
    for source in (noise, marks, b"(" * 9_000, b"f(\n" * 9_000, b"a.\n" * 9_000):
        symbols = read_symbols(path, source)
        assert decode(encode(symbols)) == symbols


def test_endless_expressions_are_named_by_nothing() -> None:
    source = "x" * 300 + "." + "y" * 60 + "." + "z" * 60 + ".f()\n"
    [call] = read_symbols("a.py", source.encode()).calls
    assert (call.receiver, call.name) == ("...", "f")


@pytest.mark.parametrize("packed", [b"", b"x", zlib.compress(b"[]"), zlib.compress(b"[[1],[],[]]")])
def test_what_was_not_packed_here_is_refused(packed: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode(packed)
