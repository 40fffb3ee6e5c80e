"""Stack traces of Java and Kotlin as the runtime and logging libraries print them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.traces.detect import parse_report
from suture.traces.java import read_java
from suture.traces.javascript import read_javascript
from suture.traces.origin import is_java_in_app

NOW = datetime(2026, 5, 4, tzinfo=UTC)
CHAIN = """Exception in thread "main" java.lang.IllegalArgumentException: bad cart
line two
\tat com.shop.App.mid(App.java:6)
\tat com.shop.App.lambda$main$0(App.java:8)
\tat java.base/java.lang.Iterable.forEach(Iterable.java:75)
\tat app//com.shop.App.main(App.java:8) ~[shop.jar:1.0]
\tSuppressed: java.lang.IllegalStateException: close
\t\tat com.shop.App$Res.close(App.java:4)
\t\t... 1 more
\tCaused by: java.io.IOException: disk
\t\tat com.shop.App$Res.flush(App.java:3)
Caused by: com.shop.NoPrice: Cannot invoke "String.length()"
\tat com.shop.Prices$Companion.low(Prices.kt:5)
\tat com.shop.Prices.<init>(Prices.kt)
\t... 3 more
"""


def test_causes_stand_first_with_the_calls_that_they_share() -> None:
    alert = parse_report(CHAIN, service="shop", received_at=NOW)
    cause, last = alert.exceptions
    assert alert.title == "IllegalArgumentException: bad cart"
    assert (last.module, last.value) == ("java.lang", "bad cart\nline two")
    assert (cause.type, cause.module) == ("NoPrice", "com.shop")
    assert [(each.filename, each.module, each.function, each.lineno) for each in cause.frames] == [
        ("com/shop/App.java", "com.shop.App", "main", 8),
        ("java/lang/Iterable.java", "java.lang.Iterable", "forEach", 75),
        ("com/shop/App.java", "com.shop.App", "lambda$main$0", 8),
        ("com/shop/Prices.kt", "com.shop.Prices", "<init>", None),
        ("com/shop/Prices.kt", "com.shop.Prices$Companion", "low", 5),
    ]
    assert [frame.in_app for frame in cause.frames] == [True, False, True, True, True]


def test_a_root_cause_that_is_printed_first_stays_first() -> None:
    text = (
        "2026-11-21 10:00:00 ERROR [main] c.s.App - failed\n"
        "java.lang.NullPointerException: null\n\tat com.shop.Low.low(Low.java:5)\n"
        "Wrapped by: java.lang.RuntimeException: top\n\tat com.shop.App.main(App.java:6)\n"
        "\t... 2 common frames omitted\n"
    )
    assert [each.type for each in read_java(text)] == ["NullPointerException", "RuntimeException"]


def test_an_exception_in_a_log_line_and_one_without_a_package_are_read() -> None:
    logged = (
        "2026-11-21 10:00:00 ERROR handler java.util.NoSuchElementException: no value\n"
        "\tat java.base/java.util.Optional.get(Optional.java:143)\n"
        "2026-11-21 10:00:00 INFO other\n\tat Main.main(Main.java:3)\n\t[2 skipped]\n"
        "\tat jdk.internal.reflect.Method.invoke(Unknown Source)\n"
    )
    [error] = read_java(logged)
    assert (error.type, error.value) == ("NoSuchElementException", "no value")
    assert [each.filename for each in error.frames] == [
        "<Unknown Source>", "Main.java", "java/util/Optional.java",
    ]  # fmt: skip
    [short] = read_java("CartException: empty\n  at com.shop.Cart.total(Cart.java:3)\n")
    assert (short.type, short.value) == ("CartException", "empty")


def test_a_message_may_name_classes_and_the_line_above_any_type() -> None:
    [error] = read_java(
        "java.lang.IllegalStateException: first\nsee com.shop.Docs: there\nand more\n"
        "\tat com.shop.Cart.total(Cart.java:3)\n"
    )
    assert (error.type, error.value) == (
        "IllegalStateException",
        "first\nsee com.shop.Docs: there\nand more",
    )
    [odd] = read_java("com.shop.Oops\n\tat com.shop.Cart.total(Cart.java:3)\n")
    assert (odd.type, odd.value) == ("Oops", "")


def test_what_has_lost_its_beginning_is_still_a_stack() -> None:
    text = "\tat com.shop.Cart.total(Cart.java:3)\n\tat com.shop.App.main(App.java:8)\n"
    [error] = read_java(f"2026-11-21 10:00:00 INFO started\n{text}")
    assert (error.type, error.frames[-1].function) == ("Error", "total")
    assert read_java("\t... 3 more\n") == ()
    assert read_java("\tat nowhere(Cart.java:3)\n") == ()


def test_each_of_several_exceptions_is_its_own() -> None:
    other = "java.lang.IllegalStateException: later\n\tat com.shop.Late.go(Late.java:1)\n"
    assert [each.value for each in read_java(f"{CHAIN}\n{other}")] == ["later"]


@pytest.mark.parametrize("prefix", ["web-1  | ", "2026-11-21T10:00:00.123Z stderr F ", "[ERROR] "])
def test_what_a_log_puts_before_each_line_is_taken_off(prefix: str) -> None:
    text = "".join(f"{prefix}{line}\n" for line in CHAIN.splitlines())
    cause, last = parse_report(text, service="shop", received_at=NOW).exceptions
    assert (cause.type, last.type) == ("NoPrice", "IllegalArgumentException")
    assert len(cause.frames) == 5


def test_calls_of_the_one_language_are_none_of_the_other() -> None:
    assert read_javascript(CHAIN) == ()
    assert read_java("Error: x\n    at Object.go (/app/x.js:1:1)\n    at Cart.go (x.ts:1:2)") == ()


def test_a_kotlin_test_may_be_called_anything() -> None:
    [error] = read_java(
        "java.lang.AssertionError\n\tat shop.CartTest.adds two items(CartTest.kt:9)"
    )
    assert error.frames[-1].function == "adds two items"


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("com.shop.Cart", True),
        ("javascript.Cart", True),
        ("java.util.List", False),
        ("org.springframework.web.Filter", False),
        ("kotlinx.coroutines.Job", False),
        ("_COROUTINE._BOUNDARY", False),
        ("com.shop.Cart$$Lambda$14", False),
    ],
)
def test_libraries_are_not_the_services_own(name: str, own: bool) -> None:  # noqa: FBT001 - a parameter of the case
    assert is_java_in_app(name) is own


SCRAPS = st.sampled_from(
    [*CHAIN.splitlines(), "Caused by: ", "Wrapped by: a.B", "... 9 more", "", "\tat "]
)


@settings(max_examples=60)
@given(st.lists(SCRAPS | st.text(max_size=40), max_size=30))
def test_whatever_comes_is_read_without_an_error(lines: list[str]) -> None:
    read_java("\n".join(lines))


@pytest.mark.parametrize(
    "line",
    ["a." * 9_000, "\tat " + "a." * 9_000, " " * 20_000 + "at", "Caused by: " * 2_000,
     "\tat a.b(A.java:1)" * 900, "(" * 20_000, "\tat " + "a/" * 9_000 + "b.c(A.java:1)"],
    ids=lambda line: line[:8].strip(),
)  # fmt: skip
def test_hostile_lines_cost_little(line: str) -> None:
    read_java(f"{CHAIN}{line}\n{line}\n\tat com.shop.Cart.total(Cart.java:3)\n")
