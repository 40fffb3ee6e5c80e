"""Which lines of a failed job's log are offered as the reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.traces.cause_lines import MAX_CAUSE_LINES, find_cause_lines, template

PASSING = """2026-11-20T10:00:00.1234567Z ##[group]Run make test
2026-11-20T10:00:00.1234567Z echo "error: never mind"
2026-11-20T10:00:00.1234567Z ##[endgroup]
2026-11-20T10:00:01.1234567Z [INFO] Compiling 80 source files in 312 ms
2026-11-20T10:00:02.1234567Z warning: 0 errors so far, exception list is empty
2026-11-20T10:00:03.1234567Z java.io.IOException: an exception that a test wants
2026-11-20T10:00:03.1234567Z ok  \tshop/cart\t0.038s
"""
FAILED = """2026-11-21T10:00:00.1234567Z ##[group]Run make test
2026-11-21T10:00:00.1234567Z echo "error: never mind"
2026-11-21T10:00:00.1234567Z ##[endgroup]
2026-11-21T10:00:01.1234567Z [INFO] Compiling 81 source files in 298 ms
2026-11-21T10:00:02.1234567Z warning: 0 errors so far, exception list is empty
2026-11-21T10:00:03.1234567Z java.io.IOException: an exception that a test wants
2026-11-21T10:00:03.2234567Z Using mirror 7
2026-11-21T10:00:04.1234567Z --- FAIL: TestTotal (0.00s)
2026-11-21T10:00:04.1234567Z     cart_test.go:6: got 3
2026-11-21T10:00:04.1234567Z         want 4
2026-11-21T10:00:04.1234567Z FAIL
2026-11-21T10:00:04.1234567Z FAIL\tshop/cart\t0.038s
2026-11-21T10:00:05.1234567Z --- FAIL: TestTotal (0.00s)
2026-11-21T10:00:05.1234567Z make: *** [Makefile:3: test] Error 1
2026-11-21T10:00:05.1234567Z ##[error]Process completed with exit code 2.
2026-11-21T10:00:06.1234567Z Post job cleanup.
2026-11-21T10:00:06.1234567Z Sending e-mails to: somebody@example.com
"""


def texts(log: str, passing: str | None = None) -> list[str]:
    return [line.text for line in find_cause_lines(log, passing)]


def test_what_is_new_and_speaks_of_a_failure_is_offered_with_what_follows() -> None:
    assert texts(FAILED, PASSING) == [
        "--- FAIL: TestTotal (0.00s)",
        "    cart_test.go:6: got 3",
        "        want 4",
        "make: *** [Makefile:3: test] Error 1",
        "##[error]Process completed with exit code 2.",
    ]


def test_lines_are_numbered_as_in_the_log() -> None:
    assert [line.number for line in find_cause_lines(FAILED, PASSING)] == [8, 9, 10, 14, 15]
    overwritten = FAILED.replace("Using mirror", "10 %\r20 %\rUsing mirror")
    assert find_cause_lines(overwritten, PASSING)[0].number == 10


def test_without_a_passing_log_the_statements_are_offered() -> None:
    told = texts(FAILED)
    assert told[0] == "java.io.IOException: an exception that a test wants"
    assert '    echo "error: never mind"' not in told
    assert {"--- FAIL: TestTotal (0.00s)", "        want 4"} < set(told)
    assert texts("all is well\n") == []


def test_a_log_in_which_nothing_new_speaks_of_a_failure_is_read_as_if_alone() -> None:
    assert texts(FAILED, FAILED) == texts(FAILED)


def test_the_last_of_many_statements_count_without_a_passing_log() -> None:
    log = "".join(f"a{number}.py:{number}: error: no\nfine\n" for number in range(50))
    told = texts(log)
    assert len(told) == MAX_CAUSE_LINES
    assert told[-1] == "a49.py:49: error: no"
    assert texts(log, "fine\n")[0] == "a0.py:0: error: no"


def test_a_huge_block_does_not_take_more_than_there_is_room_for() -> None:
    log = "Traceback (most recent call last):\n" + "".join(f"  line {n}x\n" for n in range(900))
    assert len(texts(log, "fine\n")) == MAX_CAUSE_LINES
    assert len(texts(log)) == MAX_CAUSE_LINES


def test_numbers_and_hashes_do_not_tell_lines_apart() -> None:
    assert template("took 12 ms at 0a1b2c3d4e") == template("took  7 ms at 9f8e7d6c5b")
    assert template("took 12 ms") != template("took 12 s")


SCRAPS = st.sampled_from(FAILED.splitlines())


@settings(max_examples=60)
@given(st.lists(SCRAPS | st.text(max_size=40), max_size=30), st.none() | st.text(max_size=60))
def test_whatever_comes_is_read_without_an_error(lines: list[str], passing: str | None) -> None:
    log = "\n".join(lines)
    for line in find_cause_lines(log, passing):
        assert 1 <= line.number <= log.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


@pytest.mark.parametrize(
    "line", ["a.b" * 1_300, " " * 3_900, "0 errors " * 440, "# a/" * 990, "error " * 660,
             "aA" * 1_900],
    ids=lambda line: line[:5].strip(),
)  # fmt: skip
def test_hostile_lines_cost_little(line: str) -> None:
    find_cause_lines(f"{line}\n" * 50, f"{line}x\n")
