from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.domain.alert import Alert, AlertKind, AlertSource
from suture.errors import InvalidInput
from suture.traces.bounds import MAX_LOG_BYTES
from suture.traces.ci import find_ci_failure, parse_ci_log
from suture.traces.test_output import read_test_report
from suture.traces.test_report import MAX_FAILED_TESTS
from tests.alerts import logs

NOW = datetime(2026, 5, 5, tzinfo=UTC)


def read(text: str) -> Alert:
    return parse_ci_log(text, service="shop", received_at=NOW)


def failed(alert: Alert) -> dict[str, str]:
    return {test.node_id: test.message for test in alert.failed_tests}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return logs.write_project(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def output(project: Path) -> str:
    return logs.pytest_output(project)


@pytest.mark.parametrize("wrap", [str, logs.github, logs.github_cli, logs.gitlab])
def test_failed_tests_are_found_in_any_ci_systems_log(
    output: str, wrap: Callable[[str], str]
) -> None:
    alert = read(wrap(output))
    assert (alert.source, alert.kind) == (AlertSource.CI_LOG, AlertKind.TEST_FAILURE)
    assert alert.environment == "ci"
    assert failed(alert) == logs.FAILED
    assert alert.title.startswith("6 tests failed, first test_shop.py::test_average_of_nothing: Z")
    [error] = alert.exceptions
    assert [(frame.filename, frame.function) for frame in error.frames] == [
        ("test_shop.py", "test_average_of_nothing"),
        ("shop.py", "average"),
    ]
    assert error.frames[-1].context_line == "return sum(items) / len(items)"
    assert "\x1b" not in alert.log
    assert "section_start" not in alert.log


@pytest.mark.parametrize(
    "options",
    [("--tb=short",), ("--tb=native",), ("--tb=long", "-v", "-rN"), ("-q", "-rN"), ("--tb=line",)],
)
def test_every_style_of_output_is_read(project: Path, options: tuple[str, ...]) -> None:
    alert = read(logs.pytest_output(project, *options, "--deselect=test_lost.py", "test_shop.py"))
    wanted = {name: said for name, said in logs.FAILED.items() if name != "test_lost.py"}
    assert set(failed(alert)) == set(wanted)
    if options != ("--tb=line",):
        assert failed(alert) == wanted
    if options != ("-q", "-rN"):
        assert alert.exceptions[-1].type == "ZeroDivisionError"
        assert Path(alert.exceptions[-1].frames[-1].filename).name == "shop.py"


def test_the_output_of_unittest_is_read(project: Path) -> None:
    alert = read(logs.run(project, "unittest", "test_shop"))
    assert failed(alert) == {"test_shop.Old.test_old": "AssertionError: 1 != 2"}
    assert alert.title == "Test failed: test_shop.Old.test_old: AssertionError: 1 != 2"
    assert alert.exceptions[-1].frames[-1].function == "test_old"


def test_a_chain_is_read_with_its_cause_first(project: Path) -> None:
    for style in ("long", "short"):
        report = logs.pytest_output(project, f"--tb={style}", "test_shop.py", "-k", "none")
        chain = read(report).exceptions
        assert [link.type for link in chain] == ["ZeroDivisionError", "ValueError"]
        assert [link.frames[-1].function for link in chain] == ["average", "report"]


def test_a_failure_without_a_section_has_what_the_summary_says() -> None:
    text = "FAILED a/test_x.py::test_y[1.5::2] - KeyError: 'a'\nERROR a/test_z.py\n"
    alert = read(text)
    assert failed(alert) == {"a/test_x.py::test_y[1.5::2]": "KeyError: 'a'", "a/test_z.py": ""}
    assert alert.exceptions == ()
    assert read("ERROR a/test_z.py").title == "Test failed: a/test_z.py"


def test_tests_of_one_name_in_two_files_are_told_apart() -> None:
    part = "___ test_x ___\n{}/test_a.py:3: in test_x\n    f()\nE   {}\n"
    text = (
        "=== FAILURES ===\n" + part.format("a", "KeyError: 1") + part.format("b", "OSError: 2")
        + "=== short test summary info ===\nFAILED b/test_a.py::test_x - O...\n"
    )  # fmt: skip
    assert failed(read(text)) == {"b/test_a.py::test_x": "OSError: 2"}


@pytest.mark.parametrize(
    ("shown", "kind", "value"),
    [
        ("E   assert 1 == 2\n\nt.py:3: AssertionError", "AssertionError", "assert 1 == 2"),
        ("E   assert 1 == 2", "AssertionError", "assert 1 == 2"),
        ("E   it: went wrong\n\nt.py:3: Failed", "Failed", "it: went wrong"),
        ("E   a.b.Bad: x\nE     more\n\nt.py:3: Bad", "Bad", "x\n  more"),
        ("E   fixture 'x' not found", "Error", "fixture 'x' not found"),
        ("t.py:3: KeyError", "KeyError", ""),
    ],
)
def test_type_and_message_are_told_apart(shown: str, kind: str, value: str) -> None:
    text = f"=== FAILURES ===\n___ test_x ___\n{shown}\n--- Captured stdout call ---\nE   no\n===="
    [error] = read(text).exceptions
    assert (error.type, error.value) == (kind, value)


def test_a_green_run_is_no_failure() -> None:
    text = "..\n=== FAILURES ===\n=== 2 passed in 0.1s ===\nFAILED to care\n[gw0] ok\n___\n"
    assert read_test_report(text.splitlines()).failed_tests == ()
    with pytest.raises(InvalidInput, match="no failed test"):
        read(text)
    assert find_ci_failure("", service="shop", received_at=NOW) is None


def test_progress_lines_name_tests_where_nothing_else_does() -> None:
    lines = [
        "t.py::test_a FAILED   [ 50%]",
        "t.py::test_b PASSED",
        "[gw1] [ 9%] ERROR t.py::test_c ",
    ]
    assert set(failed(read("\n".join(lines)))) == {"t.py::test_a", "t.py::test_c"}


def test_the_time_is_the_logs_own() -> None:
    alert = read(logs.github("FAILED t.py::test_a"))
    assert alert.occurred_at.replace(microsecond=0) == datetime(2026, 5, 4, 8, 31, 7, tzinfo=UTC)
    assert read("2026-99-04T08:31:07.1Z FAILED t.py::test_a").occurred_at == NOW
    assert read("2027-05-04T08:31:07Z FAILED t.py::test_a").occurred_at == NOW


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("Killed", "Out of memory: Killed"),
        ("pytest exited with code 137", "Out of memory: pytest exited with code 137"),
        ("OSError: [Errno 28] No space left on device", "Disk full: "),
        (
            "##[error]The operation was canceled.",
            "Time limit exceeded: The operation was canceled.",
        ),
        ("ERROR: No matching distribution found for x==9", "Dependencies could not be installed: "),
        ("npm error code ERESOLVE", "Dependencies could not be installed: npm error code"),
        ("curl: (6) Could not resolve host: pypi.example", "A service could not be reached: "),
        ("fatal: Authentication failed for 'https://h/x'", "Access denied: fatal: "),
        ("/bin/sh: ruff: command not found", "A command is missing: /bin/sh: ruff"),
        ("::error file=a.py,line=1::bad indent", "The job failed: bad indent"),
        ("make: *** [Makefile:3: lint] Error 1", "The job failed: make: *** "),
        ("##[error]Process completed with exit code 2.", "The job failed: Process completed"),
    ],
)
def test_other_failures_are_signals_with_their_decisive_line(line: str, title: str) -> None:
    alert = read(f"2026-05-04T08:31:06.1Z start\n2026-05-04T08:31:07.1Z {line}\nexit code 1\n")
    assert (alert.kind, alert.failed_tests) == (AlertKind.SIGNAL, ())
    assert alert.title.startswith(title)
    assert line in alert.log


def test_the_most_telling_cause_wins() -> None:
    text = "error: build failed\nKilled\nProcess completed with exit code 137"
    assert read(text).title == "Out of memory: Killed"


TRACEBACK = """Traceback (most recent call last):
  File "{}", line 3, in <module>
    main()
KeyError{}
"""


def test_a_crashed_script_is_an_exception_but_a_crashed_tool_is_not() -> None:
    own = read(logs.github(TRACEBACK.format("/app/tool.py", ": 'x'")))
    assert (own.kind, own.title) == (AlertKind.EXCEPTION, "KeyError: 'x'")
    foreign = TRACEBACK.format("/v/lib/python3.11/site-packages/pip/x.py", "")
    assert read(logs.github(foreign)).kind is AlertKind.SIGNAL
    assert (read(foreign).kind, read(foreign).title) == (AlertKind.EXCEPTION, "KeyError")


def test_a_long_log_keeps_its_end_and_its_decisive_lines() -> None:
    noise = "".join(f"line {number}\n" for number in range(60_000))
    alert = read(f"{noise[:1000]}\nKilled by token=abc\n{noise}")
    assert "Killed by token=[redacted]\n[...]\n" in alert.log
    assert alert.log.endswith("line 59999\n")
    assert len(alert.log.encode()) <= MAX_LOG_BYTES


def test_thousands_of_failed_tests_are_bounded() -> None:
    text = "\n".join(f"FAILED t.py::test_{number}" for number in range(3_000))
    assert len(read(text).failed_tests) == MAX_FAILED_TESTS


def test_progress_bars_leave_their_last_state() -> None:
    assert "100%" in read("  10%\r 50%\r100%\nKilled").log
    assert "50%" not in read("  10%\r 50%\r100%\nKilled").log


PIECES = st.sampled_from(
    ["=== FAILURES ===", "___ test_x ___", "E   KeyError: 1", "t.py:3: in f", "t.py:3: KeyError",
     "    def f():", ">   g()", "_ _ _ _", "FAILED t.py::test_x - a", "====", "##[error]x", "\r",
     "ERROR: test_x (a.B)", "--- Captured stdout call ---", "2026-05-04T08:31:07Z Killed",
     "Traceback (most recent call last):", '  File "a.py", line 1, in f']
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(PIECES | st.text(max_size=15), max_size=40).map("\n".join))
def test_no_log_breaks_the_parser(text: str) -> None:
    alert = find_ci_failure(text, service="shop", received_at=NOW)
    assert alert is None or Alert.model_validate_json(alert.model_dump_json()) == alert
