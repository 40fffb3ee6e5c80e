"""What test runners and other tools print, as recorded from real runs of them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.domain.alert import Alert, AlertKind
from suture.traces.ci import find_ci_failure
from suture.traces.ci_lines import clean_lines
from suture.traces.detect import parse_report
from suture.traces.java_tests import read_java_tests
from suture.traces.javascript_tests import read_javascript_tests
from suture.traces.test_output import read_test_report
from suture.traces.test_report import MAX_SECTION_LINES
from suture.traces.tool_findings import MAX_FINDINGS, read_findings

NOW = datetime(2026, 5, 4, tzinfo=UTC)
OUTPUTS = Path(__file__).parent / "outputs"
TIMED = "2026-11-21T10:00:00.1234567Z "
AMOUNT = "TypeError: Cannot read properties of undefined (reading 'amount')"


def output(name: str) -> str:
    return (OUTPUTS / f"{name}.log").read_text()


def alert_of(text: str) -> Alert:
    alert = find_ci_failure(text, service="shop", received_at=NOW)
    assert alert is not None
    return alert


@pytest.mark.parametrize(
    ("name", "ids", "message", "place"),
    [
        ("jest", ["test/cart.test.js::cart > adds", "test/cart.test.js::cart > crashes"],
         "AssertionError: expect(received).toBe(expected) // Object.is equality",
         ("test/cart.test.js", 3)),
        ("vitest", ["vt/cart.test.mjs::cart > adds", "vt/cart.test.mjs::cart > crashes"],
         "AssertionError: expected 3 to be 4 // Object.is equality", ("vt/cart.test.mjs", 4)),
        ("mocha", ["mo/cart.js::cart > sums > adds", "mo/cart.js::cart > sums > crashes"],
         "AssertionError: Expected values to be strictly equal:", ("mo/cart.js", 3)),
        ("node-spec", ["nt/cart.test.js::adds", "nt/cart.test.js::crashes",
                       "nt/cart.test.js::top level"],
         "AssertionError: Expected values to be strictly equal:", ("/app/nt/cart.test.js", 3)),
        ("node-tap", ["/app/nt/cart.test.js::cart > adds", "/app/nt/cart.test.js::cart > crashes",
                      "/app/nt/cart.test.js::top level"],
         "AssertionError: Expected values to be strictly equal:", ("/app/nt/cart.test.js", 3)),
        ("go", ["example.com/shop/cart::TestTotal/sub_case", "example.com/shop/cart::TestPanics"],
         "TestFailure: got 3", ("example.com/shop/cart/cart_test.go", 6)),
        ("go-v", ["example.com/shop/cart::TestTotal/sub_case", "example.com/shop/cart::TestPanics"],
         "TestFailure: got 3", ("example.com/shop/cart/cart_test.go", 6)),
        ("surefire", ["com.shop.CartTest::crash", "com.shop.CartTest::total"],
         "NullPointerException: Cannot invoke", ("com/shop/Cart.java", 3)),
        ("gradle", ["shop.PriceTest::anUnknownPriceIsZero", "shop.BasketTest::countsEveryLine",
                    "shop.BasketTest::anEmptyBasketHasNoAverage"],
         "NullPointerException", ("shop/PriceTest.java", 8)),
        ("gradle-nested", ["CartTest::total", "com.shop.PriceTest::low"],
         "AssertionFailedError", ("CartTest.java", 9)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["", TIMED], ids=["plain", "timed"])
def test_failed_tests_are_named_with_their_error_and_place(
    name: str, ids: list[str], message: str, place: tuple[str, int], prefix: str
) -> None:
    text = "\n".join(prefix + line for line in output(name).splitlines())
    alert = parse_report(text, service="shop", received_at=NOW)
    assert alert.kind is AlertKind.TEST_FAILURE
    assert [test.node_id for test in alert.failed_tests] == ids
    assert alert.failed_tests[0].message.startswith(message)
    own = [frame for each in alert.exceptions for frame in each.frames if frame.in_app]
    assert (own[-1].filename, own[-1].lineno) == place


def test_a_crash_below_a_test_is_followed_into_the_code() -> None:
    for name in ("jest", "vitest", "mocha", "node-spec", "node-tap"):
        report = read_test_report(clean_lines(output(name)))
        assert report.failed_tests[1].message == AMOUNT, name


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("tsc", "tsc: src/t.ts:1: error TS2322: Type 'string' is not assignable to type 'number'."),
        ("eslint", "eslint: /app/mo/cart.js:1: 'require' is not defined   no-undef"),
        ("go-build", "go: bad/b.go:3: undefined: x"),
        ("ruff", "ruff: m.py:1: I001 [*] Import block is un-sorted or un-formatted"),
        ("mypy", 'mypy: m.py:4: error: Name "undefined" is not defined  [name-defined]'),
    ],
)
def test_what_a_tool_objects_to_is_told_with_its_place(name: str, title: str) -> None:
    alert = alert_of(output(name))
    assert (alert.kind, alert.title) == (AlertKind.SIGNAL, title)
    [error] = alert.exceptions
    assert f"{error.frames[0].filename}:{error.frames[0].lineno}" in title


@pytest.mark.parametrize(
    ("line", "tool", "lineno"),
    [
        ("m.py:4:16: F821 Undefined name `x`", "ruff", 4),
        ("##[error]m.py:4:16: F821 Undefined name `x`", "ruff", 4),
        ("src/a.ts:3:5 - error TS2322: no", "tsc", 3),
        ("  /app/m.py:7:2 - error: no (reportAny)", "pyright", 7),
        ("[ERROR] /app/src/main/java/A.java:[3,13] cannot find symbol", "javac", 3),
        ("e: file:///app/A.kt:3:5 Unresolved reference: x", "kotlinc", 3),
        ("/app/A.java:3: error: cannot find symbol", "compiler", 3),
        ("src/x.c:9:1: fatal error: y.h: No such file or directory", "compiler", 9),
    ],
)
def test_objections_are_read(line: str, tool: str, lineno: int) -> None:
    [finding] = read_findings([line])
    assert (finding.tool, finding.lineno) == (tool, lineno)


def test_rustc_prints_the_place_below_the_rule() -> None:
    [finding] = read_findings(["error[E0425]: cannot find value `x`", "  --> src/main.rs:2:5"])
    assert (finding.tool, finding.path, finding.lineno) == ("rustc", "src/main.rs", 2)
    assert read_findings(["error: no place", "", "  --> src/main.rs:2:5"]) == ()


def test_findings_are_bounded() -> None:
    assert len(read_findings(["m.py:4:16: F821 x"] * 500)) == MAX_FINDINGS


def test_what_stopped_a_job_outranks_what_was_printed_before() -> None:
    text = f"{output('tsc')}\nKilled\n##[error]Process completed with exit code 137."
    assert alert_of(text).title.startswith("Out of memory")


def test_a_job_that_only_says_that_it_failed_is_known_by_the_line_that_says_why() -> None:
    why = "Could not migrate column price\n  expected 3 columns\n"
    quiet = "quiet\n" * 90_000
    log = f"{why}{quiet}##[error]Process completed with exit code 1.\n"
    alert = alert_of(log)
    assert alert.title == "The job failed: Could not migrate column price"
    assert "expected 3 columns" in alert.log
    bare = alert_of("##[error]Process completed with exit code 1.\n")
    assert bare.title == "The job failed: Process completed with exit code 1."


def test_a_suite_that_does_not_load_is_a_failure_of_its_file() -> None:
    jest = (
        "FAIL src/a.test.js\n  \u25cf Test suite failed to run\n\n"
        "    Cannot find module './x' from 'src/a.test.js'\n\n"
        "      at Resolver._throw (node_modules/jest-resolve/build/index.js:1:1)\n\n"
        "Test Suites: 1 failed, 1 total\n"
    )
    [test] = read_javascript_tests(jest.splitlines()).failed_tests
    assert test.node_id == "src/a.test.js"
    assert "Cannot find module" in test.message
    vitest = " FAIL  src/a.test.ts [ src/a.test.ts ]\nError: Cannot find module './x'\n"
    [test] = read_javascript_tests(vitest.splitlines()).failed_tests
    assert (test.node_id, test.message) == ("src/a.test.ts", "Error: Cannot find module './x'")


def test_what_is_to_be_done_or_only_holds_failures_is_no_failure() -> None:
    tap = (
        "not ok 1 - later # TODO\n  ---\n  error: 'x'\n  ...\n"
        "not ok 2 - parent\n  ---\n  failureType: 'subtestsFailed'\n  error: '2 subtests failed'\n"
        "  location: '/app/a.js:1:1'\n  ...\nnot ok 3 - bare\n"
    )
    assert read_javascript_tests(tap.splitlines()).failed_tests == ()
    spec = "\u2716 failing tests:\n\ntest at a.js:1:1\ntest at b.js:1:1\n\u2716 b (1ms)\n"
    [test] = read_javascript_tests(spec.splitlines()).failed_tests
    assert (test.node_id, test.message) == ("b.js::b", "")


def test_mocha_failures_without_an_end_are_read() -> None:
    text = "  1 failing\n\n  1) cart\n       adds:\n"
    [test] = read_javascript_tests(text.splitlines()).failed_tests
    assert test.node_id == "cart > adds"


def test_a_test_that_is_shown_twice_is_one_with_what_either_shows() -> None:
    text = (
        "--- FAIL: TestTotal (0.00s)\nFAIL\tshop\t0.1s\n--- FAIL: TestTotal (0.00s)\n"
        "    cart_test.go:9: no\n\nFAIL\tshop\t0.1s\n"
    )
    [test] = read_test_report(text.splitlines()).failed_tests
    assert (test.node_id, test.message) == ("shop::TestTotal", "TestFailure: no")


def test_a_test_that_says_too_much_is_cut() -> None:
    said = ["    cart_test.go:9: no", *["      more"] * (MAX_SECTION_LINES + 9)]
    [test] = read_test_report(["--- FAIL: TestTotal (0.00s)", *said]).failed_tests
    assert test.message.startswith("TestFailure: no")


def test_a_go_assertion_library_names_the_place() -> None:
    text = (
        "--- FAIL: TestTotal (0.00s)\n    cart_test.go:9: \n"
        "        \tError Trace:\t/app/cart/cart_test.go:12\n        \tError:      \tNot equal\n"
        "--- FAIL: TestSilent (0.00s)\nFAIL\n"
    )
    report = read_test_report(text.splitlines())
    assert [test.node_id for test in report.failed_tests] == ["TestTotal", "TestSilent"]
    assert (report.exceptions[0].frames[0].filename, report.exceptions[0].frames[0].lineno) == (
        "/app/cart/cart_test.go",
        12,
    )


@pytest.mark.parametrize(
    ("text", "node_id", "message"),
    [
        (("total(com.shop.CartTest)  Time elapsed: 0.01 sec  <<< FAILURE!\n"
         "java.lang.AssertionError: no\n\tat com.shop.CartTest.total(CartTest.java:3)\n"),
         "com.shop.CartTest::total", "AssertionError: no"),
        ("[ERROR] com.shop.CartTest.sum(int)[1]  Time elapsed: 0.01 s  <<< ERROR!\nplain words\n\n",
         "com.shop.CartTest::sum", "TestFailure: plain words"),
        ("[ERROR] com.shop.CartTest.sum  Time elapsed: 0.01 s  <<< ERROR!\n",
         "com.shop.CartTest::sum", ""),
        ("[ERROR] Failures: \n[ERROR]   CartTest.total:6 sum ==> expected\n",
         "CartTest::total", "TestFailure: sum ==> expected"),
        ("Tests in error: \n  CartTest.total:6->inner:9 » NullPointer\n",
         "CartTest::total", "TestFailure: » NullPointer"),
    ],
)  # fmt: skip
def test_failures_of_the_jvm_are_read(text: str, node_id: str, message: str) -> None:
    [test] = read_java_tests(text.splitlines()).failed_tests
    assert (test.node_id, test.message) == (node_id, message)


SCRAPS = st.sampled_from(
    [line for path in sorted(OUTPUTS.glob("*.log")) for line in clean_lines(path.read_text())]
)


@settings(max_examples=60)
@given(st.lists(SCRAPS | st.text(max_size=40), max_size=40))
def test_whatever_comes_is_read_without_an_error(lines: list[str]) -> None:
    read_test_report(lines)
    read_findings(lines)


@pytest.mark.parametrize(
    "line", ["a." * 2_000, " " * 3_990 + "x", "FAIL " + "a/" * 1_990, "a > " * 990, "1) " * 1_300,
             "error " * 660, "\u25cf " * 1_900, "a-" * 1_900 + ".js:1", "x(" * 1_900],
    ids=lambda line: line[:5].strip(),
)  # fmt: skip
def test_hostile_lines_cost_little(line: str) -> None:
    read_test_report([line] * 50)
    read_findings([line] * 50)


def test_what_a_test_failed_with_goes_before_what_failed_when_it_was_over() -> None:
    alert = alert_of(output("pytest-teardown"))
    messages = {test.node_id: test.message.partition(":")[0] for test in alert.failed_tests}
    assert messages == {
        "test_till.py::test_counts": "TypeError",
        "test_till.py::test_leaves_it_open": "OSError",
    }
    assert [link.type for link in alert.exceptions] == ["TypeError"]
