"""What Go programs print when they crash."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.traces.detect import parse_report
from suture.traces.golang import read_go
from suture.traces.origin import is_go_in_app

NOW = datetime(2026, 5, 4, tzinfo=UTC)
NIL = """panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a1a57]

goroutine 18 [running]:
example.com/shop/cart.(*Cart).Total(...)
\t/app/cart/cart.go:12
main.main.func1()
\t/app/main.go:34 +0x45
created by main.main in goroutine 1
\t/app/main.go:33 +0x248

goroutine 1 [semacquire]:
sync.runtime_Semacquire(0xc0000b4010?)
\t/usr/local/go/src/runtime/sema.go:71 +0x25
main.main()
\t/app/main.go:36 +0x91
exit status 2
"""
REPANICKED = """panic: runtime error: index out of range [5] with length 1 [recovered]
\tpanic: wrapped: runtime error: index out of range [5] with length 1
\tmore of it

goroutine 1 [running]:
main.nested.func1()
\t/app/main.go:17 +0x59
panic({0x4bf100?, 0x15fe02df2090?})
\t/usr/local/go/src/runtime/panic.go:860 +0x13a
main.index[...](...)
\t/app/main.go:13
main.main()
\t/app/main.go:28 +0x1d8
"""
RACE = """==================
WARNING: DATA RACE
Read at 0x00c0000180e8 by goroutine 7:
  main.main.func2()
      /app/main.go:42 +0x33

Previous write at 0x00c0000180e8 by main goroutine:
  main.main()
      /app/main.go:43 +0x22a

Goroutine 7 (running) created at:
  main.main()
      /app/main.go:42 +0x208
==================
Found 1 data race(s)
"""


def test_a_panic_is_read_from_the_goroutine_that_crashed() -> None:
    alert = parse_report(NIL, service="shop", received_at=NOW)
    assert alert.title.startswith("panic: runtime error: invalid memory address")
    [panic] = alert.exceptions
    assert [(each.filename, each.module, each.function, each.lineno) for each in panic.frames] == [
        ("/app/main.go", None, "main", 33),
        ("/app/main.go", None, "main.func1", 34),
        ("/app/cart/cart.go", "example.com/shop/cart", "(*Cart).Total", 12),
    ]


def test_what_was_recovered_and_raised_again_is_the_cause() -> None:
    first, last = read_go(REPANICKED)
    assert first.value == "runtime error: index out of range [5] with length 1"
    assert first.frames[-1].function == "index[...]"
    assert last.value.endswith("length 1\nmore of it")
    assert last.frames[-1].function == "nested.func1"


def test_a_panic_in_a_test_shows_where_it_began() -> None:
    text = (
        "--- FAIL: TestTotal (0.00s)\n"
        "panic: boom [recovered, repanicked]\n\ngoroutine 22 [running]:\n"
        "testing.tRunner.func1.2({0x574440, 0x111b97bda078})\n"
        "\t/usr/local/go/src/testing/testing.go:1974 +0x232\n"
        "panic({0x574440?, 0x111b97bda078?})\n\t/usr/local/go/src/runtime/panic.go:860 +0x13a\n"
        "example.com/shop/cart.Total(...)\n\t/app/cart/cart.go:3\n"
        "testing.tRunner(0x111b97bac908, 0x592e50)\n"
        "\t/usr/local/go/src/testing/testing.go:2036 +0xea\n"
    )
    [panic] = read_go(text)
    assert (panic.value, panic.frames[-1].function) == ("boom", "Total")
    assert [frame.in_app for frame in panic.frames] == [False, True]


def test_of_a_deadlock_the_first_goroutine_with_own_code_counts() -> None:
    text = (
        "fatal error: all goroutines are asleep - deadlock!\n\n"
        "goroutine 1 [semacquire]:\nsync.runtime_Semacquire(0xc0000b4010?)\n"
        "\t/usr/local/go/src/runtime/sema.go:71 +0x25\n\n"
        "goroutine 6 [chan receive, 2 minutes]:\nmain.wait()\n\t/app/main.go:9 +0x1\n"
    )
    [error] = read_go(text)
    assert (error.type, error.frames[-1].function) == ("fatal error", "wait")


def test_both_accesses_of_a_race_are_read_in_the_order_of_their_places() -> None:
    first, second = read_go(RACE)
    assert {first.type, second.type} == {"data race"}
    assert (first.frames[-1].lineno, second.frames[-1].lineno) == (43, 42)
    assert read_go(RACE.replace("created at", "x")) == (first, second)
    assert read_go("WARNING: DATA RACE\nRead at 0x1 by goroutine 7:") == ()


def test_stacks_without_a_panic_are_read() -> None:
    handled = (
        "2026/11/21 10:00:00 http: panic serving 10.0.0.1:4711: runtime error: index out of range\n"
        "goroutine 34 [running]:\nnet/http.(*conn).serve.func1()\n"
        "\t/usr/local/go/src/net/http/server.go:1868 +0xb9\n"
        "panic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:920 +0x1\n"
        "main.handle({0x1, 0x2}, 0x3)\n\t/app/main.go:20 +0x1\n"
        "net/http.HandlerFunc.ServeHTTP(...)\n\t/usr/local/go/src/net/http/server.go:2136\n"
    )
    [panic] = read_go(handled)
    assert (panic.value, panic.frames[-1].function) == (
        "runtime error: index out of range",
        "handle",
    )
    [error] = read_go("no such cart\nmain.find\n\t/app/main.go:20\nruntime.main\n"
                      "\t/usr/local/go/src/runtime/proc.go:250\n")  # fmt: skip
    assert (error.type, error.value, error.frames[-1].function) == ("error", "no such cart", "find")
    [bare] = read_go("main.find(...)\n\t/app/main.go:20\n")
    assert (bare.type, bare.value) == ("error", "")


def test_a_fatal_log_line_is_the_place_that_a_program_gave_up() -> None:
    text = "2026/11/21 10:00:00 main.go:23: no database: refused\nexit status 1\n"
    [error] = read_go(text)
    assert (error.type, error.value) == ("log.Fatal", "no database: refused")
    assert (error.frames[0].filename, error.frames[0].lineno) == ("main.go", 23)
    assert read_go(text.replace("exit", "no exit")) == ()


@pytest.mark.parametrize(
    "prefix", ["web-1  | ", "2026-11-21T10:00:00.123Z ", "2026-11-21T10:00:00.123Z stderr F "]
)
def test_what_a_log_puts_before_each_line_is_taken_off(prefix: str) -> None:
    text = "".join(f"{prefix}{line}\n" for line in NIL.splitlines())
    [panic] = read_go(text)
    assert (panic.type, panic.frames[-1].lineno, len(panic.frames)) == ("panic", 12, 3)


def test_a_log_line_in_the_middle_does_not_end_a_stack() -> None:
    text = NIL.replace("main.main.func1", "2026/11/21 10:00:00 GET /\nmain.main.func1")
    [panic] = read_go(text)
    assert len(panic.frames) == 3


def test_a_stack_inside_a_line_of_json_is_read() -> None:
    line = json.dumps({"level": "error", "stack": NIL})
    alert = parse_report(f"{line}\n", service="shop", received_at=NOW)
    assert alert.exceptions[0].frames[-1].lineno == 12


@pytest.mark.parametrize(
    ("filename", "package", "own"),
    [
        ("/app/vendor/github.com/x/y/z.go", "github.com/x/y", False),
        ("/go/pkg/mod/github.com/x/y@v1.2.3/z.go", "github.com/x/y", False),
        ("github.com/x/y@v1.2.3/z.go", "github.com/x/y", False),
        ("/opt/hostedtoolcache/go/1.21.5/x64/src/net/http/server.go", "net/http", False),
        ("net/http/server.go", "net/http", False),
        ("/home/me/sdk/go1.22/src/fmt/print.go", "fmt", False),
        ("/go/src/app/main.go", "main", False),
        ("/app/main.go", "main", True),
        ("example.com/shop/net/dial.go", "example.com/shop/net", True),
        ("shop/cart.go", "shop", True),
    ],
)
def test_dependencies_and_the_toolchain_are_not_the_services_own(
    filename: str, package: str, own: bool  # noqa: FBT001 - a parameter of the case
) -> None:  # fmt: skip
    assert is_go_in_app(filename, package) is own


SCRAPS = st.sampled_from([*NIL.splitlines(), *REPANICKED.splitlines(), *RACE.splitlines(), "(", ""])


@settings(max_examples=60)
@given(st.lists(SCRAPS | st.text(max_size=40), max_size=30))
def test_whatever_comes_is_read_without_an_error(lines: list[str]) -> None:
    read_go("\n".join(lines))


@pytest.mark.parametrize(
    "line", ["panic: " * 5_000, "goroutine 1 " * 2_000, "\t" * 20_000 + "/x.go:1",
             "a/" * 9_000 + "x.go:1", "(" * 20_000, " x.go:1" * 3_000, "created by " * 2_000],
    ids=lambda line: line[:6].strip(),
)  # fmt: skip
def test_hostile_lines_cost_little(line: str) -> None:
    read_go(f"{NIL}{line}\n{line}\n\t/a.go:1\n")
