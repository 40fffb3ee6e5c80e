import json
import textwrap
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.domain.alert import Alert, AlertKind, AlertSource
from suture.errors import InvalidInput
from suture.traces.bounds import MAX_FRAMES, MAX_LOG_BYTES
from suture.traces.detect import parse_report
from suture.traces.python import read_exceptions
from suture.traces.stacks import parse_stack

NOW = datetime(2026, 5, 4, tzinfo=UTC)
SIMPLE = """Traceback (most recent call last):
  File "/app/shop/cart.py", line 12, in average
    return total / count
           ~~~~~~^~~~~~~
ZeroDivisionError: division by zero
"""


def read(text: str) -> Alert:
    return parse_stack(text, service="shop", received_at=NOW)


def printed(call: Callable[[], object]) -> str:
    try:
        call()
    except Exception:  # noqa: BLE001 - whatever it raises is to be printed
        return traceback.format_exc()
    raise AssertionError


def lookup() -> NoReturn:
    raise KeyError("zone")


def chained() -> None:
    try:
        lookup()
    except KeyError as error:
        raise ValueError("no zone\nfor order 7") from error


def while_handling() -> None:
    try:
        chained()
    except ValueError:
        lookup()


def grouped() -> None:
    errors: list[Exception] = [OSError("bare")]
    for call in (lookup, chained):
        try:
            call()
        except (KeyError, ValueError) as error:
            errors.append(error)
    raise ExceptionGroup("several", [*errors, ExceptionGroup("inner", [TypeError("t")])])


def recursive(depth: int = 0) -> int:
    return recursive(depth + 1)


class Refused(Exception):
    pass


def refused() -> None:
    raise Refused


def test_a_simple_traceback_is_read() -> None:
    alert = read(SIMPLE)
    assert (alert.source, alert.kind) == (AlertSource.TRACEBACK, AlertKind.EXCEPTION)
    assert alert.title == "ZeroDivisionError: division by zero"
    assert (alert.occurred_at, alert.log) == (NOW, SIMPLE)
    [error] = alert.exceptions
    [frame] = error.frames
    assert (frame.filename, frame.lineno, frame.function) == ("/app/shop/cart.py", 12, "average")
    assert (frame.context_line, frame.in_app) == ("return total / count", True)
    assert alert.alert_id == read(SIMPLE).alert_id != read(SIMPLE + "x").alert_id


@pytest.mark.parametrize(
    ("call", "types", "functions"),
    [
        (chained, ["KeyError", "ValueError"], ["lookup", "chained"]),
        (while_handling, ["KeyError", "ValueError", "KeyError"], ["lookup", "chained", "lookup"]),
        (
            grouped,
            ["OSError", "KeyError", "KeyError", "ValueError", "TypeError", "ExceptionGroup",
             "ExceptionGroup"],
            [None, "lookup", "lookup", "chained", None, None, "grouped"],
        ),
        (refused, ["Refused"], ["refused"]),
        (recursive, ["RecursionError"], ["recursive"]),
        (lambda: compile("a b", "x.py", "exec"), ["SyntaxError"], [None]),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "prefix", ["", "2026-05-04T03:12:4{0}.{0}1Z api-{0} | ", "\x1b[31m[{0}]\x1b[0m "]
)
def test_what_the_interpreter_prints_is_read_behind_any_prefix(
    call: Callable[[], object], types: list[str], functions: list[str | None], prefix: str
) -> None:
    lines = printed(call).splitlines()
    text = "\n".join(prefix.format(number % 10) + line for number, line in enumerate(lines))
    exceptions = read_exceptions(text)
    assert [error.type for error in exceptions] == types
    raised = [error.frames[-1].function if error.frames else None for error in exceptions]
    assert raised == functions


def test_a_message_of_several_lines_is_kept() -> None:
    last = read_exceptions(printed(chained))[-1]
    assert last.value == "no zone\nfor order 7"
    assert last.frames[-1].context_line
    assert last.frames[-1].context_line.startswith("raise ValueError(")


def test_a_very_long_message_is_cut() -> None:
    [error] = read_exceptions(SIMPLE + "more\n" * 500)
    assert error.value.splitlines() == ["division by zero", *["more"] * 39]


def test_the_types_module_is_told_apart() -> None:
    [error] = read_exceptions(SIMPLE.replace("ZeroDivisionError:", "shop.errors.Bad.<locals>.E:"))
    assert (error.module, error.type) == ("shop.errors.Bad.<locals>", "E")


@pytest.mark.parametrize("last", ["KeyError", "KeyError:", "E: a\n\nINFO more"])
def test_a_message_may_be_empty(last: str) -> None:
    text = SIMPLE.replace("ZeroDivisionError: division by zero", last)
    assert read(text).title == last.splitlines()[0].rstrip(":")


@pytest.mark.parametrize(
    "after",
    [
        "2026-05-04 03:00:00 INFO next",
        "INFO: next",
        "",
        '{"a": 1}',
        SIMPLE,
        "Uploading artifacts for failed job",
        "shop.views INFO hello",
        "web [WARNING] x",
        "make: *** [test] Error 1",
    ],
)
def test_what_the_log_says_next_is_not_part_of_the_message(after: str) -> None:
    assert read_exceptions(SIMPLE + after)[-1].value == "division by zero"


STRIPPED = "\n".join(line.strip() for line in SIMPLE.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        SIMPLE.replace("    ", "\t\t").replace("  File", "\tFile"),
        SIMPLE.replace("    ", " \t").replace("  File", " File"),
        STRIPPED,
        textwrap.dedent(SIMPLE.split("\n", 1)[1]),
        SIMPLE.split("\n", 1)[1],
        "log\n" + STRIPPED.split("\n", 1)[1] + "\n\nlog",
    ],
)
def test_a_copied_traceback_may_have_lost_its_indentation_or_header(text: str) -> None:
    alert = parse_report(text, service="shop", received_at=NOW)
    [error] = alert.exceptions
    assert (error.type, error.value) == ("ZeroDivisionError", "division by zero")
    assert [frame.context_line for frame in error.frames] == ["return total / count"]


def test_what_looks_like_an_exception_is_source_where_one_follows() -> None:
    lines = STRIPPED.splitlines()
    text = "\n".join([*lines[:2], "total: int", *lines[3:], "", *lines[:2], lines[-1]])
    assert [frame.context_line for frame in read_exceptions(text)[0].frames] == [None]
    [error] = read_exceptions(text.split("\n\n")[0])
    assert [frame.context_line for frame in error.frames] == ["total: int"]


def test_a_syntax_error_has_no_header() -> None:
    text = '  File "x.py", line 1\n    a b\n      ^\nSyntaxError: invalid syntax\n'
    [error] = read_exceptions(text)
    assert (error.type, error.frames[0].context_line) == ("SyntaxError", "a b")


def test_calls_without_header_and_exception_are_no_traceback() -> None:
    assert read_exceptions('  File "x.py", line 1, in f\n    f()\n') == ()


def test_a_groups_size_is_no_part_of_its_message() -> None:
    values = [error.value for error in read_exceptions(printed(grouped))]
    assert values[-2:] == ["inner", "several"]


def test_only_the_header_may_stand_on_the_logs_own_line() -> None:
    [error] = read_exceptions("2026-05-04 ERROR web: " + SIMPLE)
    assert error.frames[0].context_line == "return total / count"


def test_the_last_complete_traceback_counts() -> None:
    first = SIMPLE.replace("ZeroDivisionError", "KeyError")
    cut = "\n".join(SIMPLE.splitlines()[:3])
    assert [error.type for error in read_exceptions(first + SIMPLE)] == ["ZeroDivisionError"]
    assert [error.type for error in read_exceptions(f"{first}log\n{cut}")] == ["KeyError"]


def test_a_traceback_that_ends_too_early_still_shows_its_calls() -> None:
    cut = "\n".join(SIMPLE.splitlines()[:3])
    assert read(cut).title == "Error"
    assert read_exceptions(cut)[0].frames[0].function == "average"
    odd = SIMPLE.replace("ZeroDivisionError: division by zero", "...")
    assert read_exceptions(odd)[0].type == "Error"


def test_source_lines_and_marks_may_be_missing() -> None:
    text = textwrap.dedent(
        """\
        Traceback (most recent call last):
          File "/app/main.py", line 3, in <module>
          File "/app/shop/cart.py", line 12, in average
            return total / count
          [Previous line repeated 3 more times]
        ZeroDivisionError: division by zero
        """
    )
    [error] = read_exceptions(text)
    assert [frame.context_line for frame in error.frames] == [None, "return total / count"]


def test_a_traceback_inside_of_a_json_log_line_is_read() -> None:
    text = json.dumps({"level": "error", "exc_info": SIMPLE, "message": "x"})
    [error] = read_exceptions(text)
    assert (error.type, len(error.frames)) == ("ZeroDivisionError", 1)
    assert error.value == "division by zero\n".strip()
    # A log line that was cut is no JSON.
    [cut] = read_exceptions(text.rpartition('"')[0].rpartition('"')[0].rpartition('"')[0][:-3])
    assert cut.type == "ZeroDivisionError"
    [odd] = read_exceptions(text.replace("total", "\\q"))
    assert odd.type == "ZeroDivisionError"


def test_windows_line_ends_are_read() -> None:
    [error] = read_exceptions(SIMPLE.replace("\n", "\r\n"))
    assert error.value == "division by zero"


def test_a_long_traceback_and_log_are_bounded() -> None:
    call = '  File "/app/a.py", line {}, in f\n    f()\n'
    calls = "".join(call.format(number) for number in range(5_000))
    alert = read(("x" * 99 + "\n") * 5_000 + SIMPLE.replace("  File", calls + "  File", 1))
    frames = alert.exceptions[0].frames
    assert len(frames) == MAX_FRAMES
    assert (frames[0].lineno, frames[-1].lineno) == (0, 12)
    assert len(alert.log.encode()) <= MAX_LOG_BYTES
    assert alert.log.endswith(SIMPLE.splitlines(keepends=True)[-1])


def test_secrets_in_messages_and_source_are_scrubbed() -> None:
    text = SIMPLE.replace("total / count", "f(password='x1')").replace("by zero", "token=abc")
    assert "x1" not in read(text).model_dump_json()
    assert "abc" not in read(text).model_dump_json()


@pytest.mark.parametrize("text", ["", "nothing here", "Traceback (most recent call last):", "+---"])
def test_a_text_without_a_traceback_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no stack trace"):
        read(text)


def test_a_text_that_is_far_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput, match="longer than"):
        read("x" * (8 * 1024 * 1024 + 1))


LINES = st.sampled_from(
    [*printed(grouped).splitlines(), *printed(while_handling).splitlines(), "", "x", "  + ", "    "]
)


@settings(max_examples=50, deadline=None)
@given(st.lists(LINES | st.text(max_size=20), max_size=40).map("\n".join))
def test_no_text_breaks_the_parser(text: str) -> None:
    for error in read_exceptions(text):
        assert error.type


def test_a_line_of_open_quotes_takes_no_time() -> None:
    assert read_exceptions('"\\' * 200_000 + "Traceback (most recent call last):\\n") == ()
