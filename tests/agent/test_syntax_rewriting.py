"""Whole functions of JavaScript, TypeScript, Go, Java and Kotlin, put in the old ones' places."""

import pytest

from suture.agent.refusals import CannotRewrite
from suture.agent.rewriting import rewrite_function
from suture.agent.syntax_rewriting import checked
from suture.index.languages import Language
from suture.redaction import MARK

BASKET = """\
'use strict';

// Sums up.
function total(lines) {
  let sum = 0;
  return sum;
}

class Basket {
  /** Its size. */
  size() {
    return this.lines.length;
  }
}

const names = {
  plain: function (line) {
    return line.name;
  },
};

exports.first = (lines) => lines[0];
const last = async (lines) => lines.at(-1);
module.exports = { total, Basket, names, last };
"""
TYPED = """\
export default class Cart {
  private items: Item[] = [];

  @logged()
  async total(rate: number): Promise<number> {
    return rate;
  }

  add = (item: Item): void => {
    this.items.push(item);
  };
}

export const empty = <T>(of: T[]): boolean => of.length == 0;
"""
INVOICE = """\
package invoice

// Total sums up.
func (c *Cart) Total(rate int) int {
\treturn rate
}

func Total(lines []int) int {
\treturn len(lines)
}
"""
ORDER = """\
package shop;

public class Order {
    @Override
    public int total(int rate) {
        return rate;
    }

    public int total(long rate) {
        return 0;
    }
}
"""
ORDER_KT = """\
package shop

class Order {
    override fun total(rate: Int): Int {
        return rate
    }
}

fun empty(of: List<Int>) = of.size == 0
"""


@pytest.mark.parametrize(
    ("path", "content", "function", "source", "expected"),
    [
        (
            "a.js",
            BASKET,
            "total",
            "function total(lines) {\n  f();\n  \n  return lines.length;\n}",
            BASKET.replace("  let sum = 0;\n  return sum;\n", "  f();\n\n  return lines.length;\n"),
        ),
        (
            "a.js",
            BASKET,
            "Basket.size",
            "```js\nsize() {\n  // All.\n  return `a\nb`;\n}\n```",
            BASKET.replace("return this.lines.length;", "// All.\n    return `a\nb`;"),
        ),
        (
            "a.js",
            BASKET,
            "plain",
            "plain: function (line) {\n  return line?.name;\n}",
            BASKET.replace("line.name", "line?.name"),
        ),
        (
            "a.js",
            BASKET,
            "first",
            "exports.first = (lines) => lines.at(0);",
            BASKET.replace("lines[0]", "lines.at(0)"),
        ),
        (
            "a.js",
            BASKET,
            "last",
            "const last = async (lines) => lines.pop();",
            BASKET.replace("lines.at(-1)", "lines.pop()"),
        ),
        (
            "a.ts",
            TYPED,
            "Cart.total",
            "    async total(rate: number): Promise<number> {\n        return rate * 2;\n    }",
            TYPED.replace("    return rate;", "      return rate * 2;"),
        ),
        (
            "a.ts",
            TYPED,
            "Cart.add",
            "add = (item: Item): void => {\n  this.items.unshift(item);\n};",
            TYPED.replace("push", "unshift"),
        ),
        (
            "a.ts",
            TYPED,
            "empty",
            "export const empty = <T>(of: T[]): boolean => of.length === 0;",
            TYPED.replace("of.length == 0", "of.length === 0"),
        ),
        (
            "a.go",
            INVOICE,
            "Cart.Total",
            "// Total sums up.\nfunc (c *Cart) Total(rate int) int {\n\treturn 2 * rate\n}",
            INVOICE.replace("return rate", "return 2 * rate"),
        ),
        (
            "a.go",
            INVOICE,
            "Total",
            "package invoice\n\nfunc Total(lines []int) int {\n\treturn 1\n}\n",
            INVOICE.replace("len(lines)", "1"),
        ),
        (
            "A.java",
            ORDER,
            "Order.total",
            "@Override\npublic int total(int rate) {\n    return 2 * rate;\n}",
            ORDER.replace("return rate", "return 2 * rate"),
        ),
        (
            "A.kt",
            ORDER_KT,
            "Order.total",
            "override fun total(rate: Int): Int {\n    return 2 * rate\n}",
            ORDER_KT.replace("return rate", "return 2 * rate"),
        ),
        (
            "A.kt",
            ORDER_KT,
            "empty",
            "fun empty(of: List<Int>) = of.isEmpty()",
            ORDER_KT.replace("of.size == 0", "of.isEmpty()"),
        ),
    ],
)
def test_a_function_is_replaced_and_everything_else_stays(
    path: str, content: str, function: str, source: str, expected: str
) -> None:
    assert rewrite_function(path, content, function, source) == expected
    windows = content.replace("\n", "\r\n")
    if "`a\nb`" not in source:
        assert rewrite_function(path, windows, function, source) == expected.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("path", "content", "function", "source", "complaint"),
    [
        ("a.js", BASKET, "missing", "function missing() {}", "It has: total, Basket.size"),
        ("a.js", "let a;", "missing", "function missing() {}", "It has: none"),
        ("a.js", BASKET, "total", "function sum(lines) {}", "defines 'sum' instead of 'total'"),
        ("a.js", BASKET, "total", "function total(lines, more) {}", "keep the parameters (lines)"),
        ("a.js", BASKET, "total", "const total = (lines) => 0;", "in the same form"),
        ("a.js", BASKET, "total", "function total(lines) {}\nalert()", "exactly one whole"),
        ("a.js", BASKET, "total", "{ function total(lines) {} }", "exactly one whole"),
        ("a.js", BASKET, "total", "function total(lines) {", "exactly one whole"),
        ("a.js", BASKET, "total", "class A { total(lines) {} b = 1 }", "exactly one whole"),
        ("a.js", BASKET, "total", f"function total(lines) {{ f('{MARK}') }}", "for a secret"),
        ("a.js", BASKET, "last", BASKET.splitlines()[-2], "nothing would change"),
        ("A.java", ORDER, "Order.total", "public int total(int rate) { return 1; }", "@Override"),
        ("A.java", ORDER, "Order.total", "public int total(char rate) { return 1; }", "several"),
        ("a.txt", "x (", "total", "x", "use `replace_text`"),
    ],
)
def test_what_is_not_exactly_that_function_is_refused_with_the_reason(
    path: str, content: str, function: str, source: str, complaint: str
) -> None:
    with pytest.raises(
        CannotRewrite, match="(?s)" + complaint.replace("(", r"\(").replace(")", r"\)")
    ):
        rewrite_function(path, content, function, source)


def test_a_file_that_would_no_longer_parse_is_refused_and_a_broken_one_may_stay_so() -> None:
    with pytest.raises(CannotRewrite, match="no longer parse"):
        checked(b"function {", b"function f() {}", Language.JAVASCRIPT)
    assert checked(b"function {", b"function (", Language.JAVASCRIPT) == "function {"


def test_a_rewrite_that_only_parses_by_itself_is_refused() -> None:
    content = "x = {\n  'use': function use() { return 1 },\n}\nfunction f() { return 1 }\n"
    assert rewrite_function("a.js", content, "f", "function f() { return 2 }").endswith("2 }\n")
    generator = "function g() {\n  return 1\n}\n"
    with pytest.raises(CannotRewrite):
        rewrite_function("a.js", generator, "g", "function* g() {\n  return 1\n}")


@pytest.mark.parametrize("source", ["{" * 20_000, "(" * 20_000, "function f() {" * 1_300, "`" * 9])
def test_hostile_sources_are_refused_in_time(source: str) -> None:
    with pytest.raises(CannotRewrite):
        rewrite_function("a.js", BASKET, "total", source)
