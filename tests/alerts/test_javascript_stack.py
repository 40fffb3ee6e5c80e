"""Stack traces of JavaScript as engines and bundlers print them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.domain.alert import AlertKind, AlertSource, Frame
from suture.errors import InvalidInput
from suture.traces.detect import parse_report
from suture.traces.javascript import read_javascript, read_javascript_frame
from suture.traces.origin import is_in_app, source_name
from suture.traces.stacks import read_stack

NOW = datetime(2026, 5, 4, tzinfo=UTC)
UNCAUGHT = """/app/src/cart.js:12
  return items.price * count;
               ^

TypeError: Cannot read properties of undefined (reading 'price')
    at total (/app/src/cart.js:12:16)
    at async Promise.all (index 0)
    at async checkout (/app/src/orders.js:3:9)
    at Array.map (<anonymous>)
    at Layer.handle [as handle_request] (/app/node_modules/express/lib/router/layer.js:95:5)
    at /app/src/server.js:40:7
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)

Node.js v20.20.2
"""
NESTED = """AggregateError: many
    at file:///app/a.mjs:6:7 {
  [errors]: [
    Error: outer failed
    second line
        at outer (file:///app/a.mjs:4:67)
        ... 2 lines matching cause stack trace ...
        at async file:///app/a.mjs:5:17 {
      [cause]: TypeError: Cannot read properties of undefined (reading 'z')
          at new Foo (file:///app/a.mjs:2:44)
          at inner (file:///app/a.mjs:3:45)
    },
    RangeError [ERR_OUT_OF_RANGE]: r
        at file:///app/a.mjs:5:67
        at ModuleJob.run (node:internal/modules/esm/module_job:325:25)
  ]
}
"""
OWN = [
    ("src/cart.js", "total", 12),
    ("src/orders.js", "checkout", 3),
]


def test_an_uncaught_error_is_read_with_the_line_that_node_prints() -> None:
    alert = parse_report(UNCAUGHT, service="shop", received_at=NOW)
    assert (alert.source, alert.kind) == (AlertSource.TRACEBACK, AlertKind.EXCEPTION)
    assert alert.title == "TypeError: Cannot read properties of undefined (reading 'price')"
    [error] = alert.exceptions
    last = error.frames[-1]
    assert (last.filename, last.function, last.lineno) == ("/app/src/cart.js", "total", 12)
    assert last.context_line == "return items.price * count;"
    assert [frame.filename for frame in error.frames if frame.in_app] == [
        "/app/src/server.js",
        "/app/src/orders.js",
        "/app/src/cart.js",
    ]
    assert [frame.function for frame in error.frames if not frame.in_app] == [
        "process.processTicksAndRejections",
        "Layer.handle",
        "Array.map",
        "Promise.all",
    ]


def test_causes_and_members_stand_before_what_holds_them() -> None:
    chain = read_javascript(NESTED)
    assert [each.type for each in chain] == ["TypeError", "Error", "RangeError", "AggregateError"]
    assert chain[1].value == "outer failed\nsecond line"
    assert [frame.function for frame in chain[0].frames] == ["inner", "new Foo"]
    assert {frame.filename for each in chain for frame in each.frames if frame.in_app} == {
        "/app/a.mjs"
    }


def test_a_cause_may_stand_as_far_left_as_its_effect() -> None:
    text = "Error: top\n    at a (/x/a.js:1:1)\nCaused by: TypeError: low\n    at b (/x/b.js:2:2)\n"
    assert [each.type for each in read_javascript(text)] == ["TypeError", "Error"]


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-21T10:00:00.123Z ",
        "web-1  | ",
        "[pod/web-abc/web] ",
        "2026-11-21T10:00:00.1234567Z stderr F ",
        "\x1b[31mERR\x1b[0m ",
        "Nov 21 10:00:00 host node[312]: ",
        "2026-11-21T10:00:00+00:00 app[web.1]: ",
    ],
)
def test_what_a_log_puts_before_each_line_is_taken_off(prefix: str) -> None:
    text = "".join(f"{prefix}{line}\n" for line in UNCAUGHT.splitlines())
    [error] = parse_report(text, service="shop", received_at=NOW).exceptions
    assert error.type == "TypeError"
    assert error.frames[-1].filename == "/app/src/cart.js"
    assert error.frames[-1].context_line == "return items.price * count;"


def test_containers_that_write_in_turn_are_told_apart() -> None:
    other = UNCAUGHT.replace("TypeError", "RangeError").replace("cart.js", "stock.js")
    pairs = zip(UNCAUGHT.splitlines(), other.splitlines(), strict=True)
    text = "".join(f"web-1   | {one}\nstock-1 | {two}\n" for one, two in pairs)
    [error] = read_javascript(text)
    assert error.type == "RangeError"
    assert error.frames[-1].filename == "/app/src/stock.js"
    assert len(error.frames) == 7


def test_a_log_line_in_the_middle_does_not_end_a_stack() -> None:
    text = UNCAUGHT.replace(
        "    at Array.map", "2026-11-21 10:00:00 INFO GET /health\n    at Array.map"
    )
    [error] = read_javascript(text)
    assert (error.type, len(error.frames)) == ("TypeError", 7)


def test_the_last_stack_of_the_services_own_counts() -> None:
    library = "Error: deep\n    at x (/app/node_modules/y/z.js:1:1)\n"
    text = f"{UNCAUGHT}\n\n2026-11-21 10:00:01 WARN next\n{library}"
    assert [each.type for each in read_javascript(text)] == ["TypeError"]
    assert [each.type for each in read_javascript(library)] == ["Error"]


def test_a_stack_whose_beginning_is_missing_is_still_one() -> None:
    [error] = read_javascript("    at total (/app/src/cart.js:12:16)\n    at a (/app/b.js:1:1)\n")
    assert (error.type, error.value) == ("Error", "")
    assert error.frames[-1].function == "total"
    [whole] = read_javascript(f"{UNCAUGHT}\n\n\nat last\n    at total (/app/src/cart.js:12:16)\n")
    assert whole.type == "TypeError"


def test_a_message_does_not_reach_beyond_a_log_line() -> None:
    text = "Error: old\n2026-11-21 10:00:00 INFO next\nand so on\n    at a (/app/a.js:1:1)\n"
    [error] = read_javascript(text)
    assert (error.type, error.value) == ("Error", "")


def test_a_stack_inside_a_broken_line_of_json_is_read() -> None:
    whole = '{"stack": "TypeError: x\\n    at a (/app/a.js:1:1)\\n    at b (/app/b.js:2:2)"}'
    for line in (f"plain\n{whole}", whole[1:-2], whole.replace(": x", ": \\x")):
        assert read_stack(f"before\n{line}")[0].type == "TypeError"


def test_errors_of_other_names_and_warnings_are_read() -> None:
    [named] = read_javascript("PaymentRefused: no money\n    at pay (/app/pay.js:1:2)\n")
    assert (named.type, named.value) == ("PaymentRefused", "no money")
    [warned] = read_javascript(
        "(node:7) UnhandledPromiseRejectionWarning: TypeError: x is not a function\n"
        "    at /app/pay.js:1:2\n"
    )
    assert (warned.type, warned.value) == ("TypeError", "x is not a function")
    [bare] = read_javascript("Error\n    at pay (/app/pay.js:1:2)\n")
    assert (bare.type, bare.value) == ("Error", "")


def test_other_engines_are_read() -> None:
    [error] = read_javascript(
        "Uncaught TypeError: cart is undefined\n"
        "total@https://shop.example/static/main.js?v=3:12:11\n"
        "async*checkout/<@https://shop.example/static/main.js:9:1\n"
        "@webpack-internal:///./src/index.js:40\n"
        "global code@https://shop.example/:1:1\n"
    )
    assert error.type == "TypeError"
    assert [(each.filename, each.function, each.lineno) for each in error.frames] == [
        ("https://shop.example/", "global code", 1),
        ("src/index.js", None, 40),
        ("https://shop.example/static/main.js", "checkout/<", 9),
        ("https://shop.example/static/main.js", "total", 12),
    ]


def test_the_marked_line_of_a_code_frame_belongs_to_its_frame() -> None:
    jest = (
        "    TypeError: cart is undefined\n\n"
        "      11 | function total(cart) {\n    > 12 |   return cart.price;\n"
        "         |               ^\n\n      at total (src/cart.js:12:15)\n"
    )
    vitest = (
        "AssertionError: expected 3 to be 4 // Object.is equality\n"
        " \u276f test/cart.test.ts:5:20\n      4|   \n      5|   expect(total()).toBe(4)\n"
        "       |                   ^\n \u276f run src/run.ts:9:1\n"
    )
    [error] = read_javascript(jest)
    assert error.frames[-1].context_line == "return cart.price;"
    [error] = read_javascript(vitest)
    assert error.frames[-1].context_line == "expect(total()).toBe(4)"
    assert error.frames[0].function == "run"


@pytest.mark.parametrize(
    ("line", "filename", "function"),
    [
        ("    at go (eval at run (/app/x.js:2:17), <anonymous>:1:23)", "/app/x.js", "go"),
        ("    at eval (eval at <anonymous>, <anonymous>)", "<anonymous>", "eval"),
        ("    at Module../src/a.ts (webpack://shop/./src/a.ts?1f2e:3:9)", "src/a.ts",
         "Module../src/a.ts"),
        ("    at Page (webpack-internal:///(rsc)/./app/page.tsx:3:9)", "app/page.tsx", "Page"),
        ("    at C:\\app\\x.js:3:9", "C:\\app\\x.js", None),
        ("    at x (/home/me (old)/x.js:3:9) {", "/home/me (old)/x.js", "x"),
    ],
)  # fmt: skip
def test_calls_are_read(line: str, filename: str, function: str | None) -> None:
    frame = read_javascript_frame(line)
    assert isinstance(frame, Frame)
    assert (frame.filename, frame.function) == (filename, function)


@pytest.mark.parametrize(
    "line",
    ["at home", "\tat com.shop.Cart.total(Cart.java:12)", "mail@example.com:12", "at (x)", "at "],
)
def test_other_lines_are_no_calls(line: str) -> None:
    assert read_javascript_frame(line) is None


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("/app/src/a.js", True),
        ("events.js", False),
        ("internal/modules/cjs/loader.js", False),
        ("node:fs", False),
        ("webpack/bootstrap", False),
        ("https://cdn.jsdelivr.net/npm/vue.js", False),
        ("/srv/.yarn/cache/x.js", False),
        ("src/internal/net.js", True),
    ],
)
def test_libraries_and_the_runtime_are_not_the_services_own(name: str, own: bool) -> None:  # noqa: FBT001 - a parameter of the case
    assert is_in_app(name) is own


def test_a_bare_scheme_stays_as_it_is() -> None:
    assert source_name("webpack:///") == "webpack:///"
    assert source_name("app:///dist/x.js") == "dist/x.js"


def test_nothing_is_made_of_text_without_a_stack() -> None:
    assert read_javascript("") == ()
    with pytest.raises(InvalidInput):
        parse_report("Look: x\n at some time", service="shop", received_at=NOW)


SCRAPS = st.sampled_from(
    [
        *UNCAUGHT.splitlines(),
        *NESTED.splitlines(),
        "web-1 | x",
        "> 1 | x",
        "   | ^",
        "at (",
        "@",
        "",
    ]
)


@settings(max_examples=60)
@given(st.lists(SCRAPS | st.text(max_size=40), max_size=30))
def test_whatever_comes_is_read_without_an_error(lines: list[str]) -> None:
    read_javascript("\n".join(lines))


@pytest.mark.parametrize(
    "line", ["Error" * 5_000, "    at " + "a (" * 5_000, "at " + "x:1" * 5_000, " " * 20_000 + "at",
             "@" * 20_000, "[cause]: " * 3_000, "a" * 20_000 + ":1:1"],
    ids=lambda line: line[:6],
)  # fmt: skip
def test_hostile_lines_cost_little(line: str) -> None:
    read_javascript(f"{UNCAUGHT}{line}\n{line}\n    at x (/a.js:1:1)\n")
