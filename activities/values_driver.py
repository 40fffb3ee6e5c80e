"""Runs inside the sandbox: what chosen functions are given and answer in failing and passing tests.

Standard library and pytest only. Argument: a plan (JSON file) and a nonce. It prints one line:
the nonce and a JSON document. What the project's code does to this process spoils its own record
only; whoever reads it takes nothing of it for granted.
"""

import json
import os
import re
import reprlib
import sys
import threading
import time
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

MAX_CALLS_A_TEST = 40
"""Calls of one function in one test that are recorded."""
MAX_RECORDED = 1_500
MAX_VALUE = 80
MAX_ARGUMENTS = 8
SKIPPED_NAMES = frozenset({"self", "cls"})
PLAIN = (int, float, complex, str, bytes, bool, type(None))
HOLDING = (list, tuple, set, frozenset, dict)
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Short(reprlib.Repr):
    """Shows values briefly; of a class's objects only what class they are of."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 4
        self.maxstring = self.maxother = self.maxlong = 40
        self.maxlevel = 3

    def repr1(self, x: Any, level: int) -> str:  # noqa: ANN401 (any value)
        """Show one value."""
        if type(x) in PLAIN or type(x) in HOLDING:
            return super().repr1(x, level)
        return f"<{type(x).__name__}>"


SHORT = Short()


def shown(value: Any) -> str:  # noqa: ANN401 (any value)
    """Return a value as text, bounded; never fails."""
    try:
        return ADDRESS.sub("", SHORT.repr(value))[:MAX_VALUE]
    except Exception:  # noqa: BLE001 (a project's objects may raise what they like)
        return f"<{type(value).__name__}>"


class Recorder:
    """Records the calls of chosen functions."""

    def __init__(self, functions: list[dict[str, Any]]) -> None:
        top = str(Path.cwd())
        self.wanted = {
            (os.path.join(top, each["path"]), each["name"].rpartition(".")[2]): (number, each)  # noqa: PTH118 (compared with what frames say)
            for number, each in enumerate(functions)
        }
        self.known: dict[CodeType, int | None] = {}
        self.calls: list[tuple[int, tuple[str, ...], str, str]] = []
        self.counts: dict[int, int] = {}

    def start(self) -> None:
        """Record anew."""
        self.calls, self.counts = [], {}
        threading.settrace(self.called)
        sys.settrace(self.called)

    def stop(self) -> None:
        """Record no more."""
        sys.settrace(None)
        threading.settrace(None)

    def called(self, frame: FrameType, _event: str, _: object) -> Any:  # noqa: ANN401 (a tracer)
        """Trace a chosen function, or not."""
        number = self.number_of(frame.f_code)
        if number is None or self.counts.get(number, 0) >= MAX_CALLS_A_TEST:
            return None
        self.counts[number] = self.counts.get(number, 0) + 1
        code = frame.f_code
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        given = tuple(
            f"{name}={shown(frame.f_locals.get(name))}"
            for name in names[: MAX_ARGUMENTS + 1]
            if name not in SKIPPED_NAMES
        )[:MAX_ARGUMENTS]
        return Call(self, number, given).traced

    def number_of(self, code: CodeType) -> int | None:
        """Return which of the functions this is."""
        if code not in self.known:
            number, each = self.wanted.get((code.co_filename, code.co_name), (None, {}))
            inside = bool(each) and each["first"] <= code.co_firstlineno <= each["last"]
            self.known[code] = number if inside else None
        return self.known[code]


class Call:
    """Follows one call of a chosen function to its end."""

    def __init__(self, recorder: Recorder, number: int, given: tuple[str, ...]) -> None:
        self.recorder = recorder
        self.number = number
        self.given = given
        self.raised = ""

    def traced(self, _frame: FrameType, event: str, value: Any) -> Any:  # noqa: ANN401 (a tracer)
        """Take down how it ends."""
        if event == "exception":
            self.raised = value[0].__name__
        elif event == "line":
            self.raised = ""
        elif event == "return":
            answer = "" if self.raised else shown(value)
            self.recorder.calls.append((self.number, self.given, self.raised, answer))
        return self.traced


class Values:
    """A pytest plugin that keeps what failing tests and passing ones saw."""

    def __init__(self, plan: dict[str, Any], nonce: str) -> None:
        self.plan = plan
        self.nonce = nonce
        self.recorder = Recorder(plan["functions"])
        self.deadline = time.monotonic() + plan["seconds"]
        self.failed = self.skipped = False
        self.tests = {"failed": 0, "passed": 0}
        self.seen: dict[tuple[bool, tuple[int, tuple[str, ...], str, str]], None] = {}
        self.said = threading.Lock()

    def is_wanted(self, name: str) -> bool:
        """Whether a test is one of those that fail for the reported reason."""
        return any(
            name == each or name.startswith((each + "[", each + "::"))
            for each in self.plan["failing"]
        )

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the failing tests first."""
        items.sort(key=lambda item: not self.is_wanted(item.nodeid))

    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Record this test, unless the time is over."""
        if time.monotonic() > self.deadline:
            item.session.shouldstop = "the time is over"
        self.failed = self.skipped = False
        self.recorder.start()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Learn how the test ended."""
        self.failed = self.failed or report.failed
        self.skipped = self.skipped or report.skipped

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Keep what the test saw, unless it fails for another reason."""
        self.recorder.stop()
        wanted = self.is_wanted(nodeid)
        if self.skipped or self.failed != wanted:
            return
        self.tests["failed" if wanted else "passed"] += 1
        for call in self.recorder.calls:
            if len(self.seen) < MAX_RECORDED:
                self.seen[wanted, call] = None

    def report(self) -> None:
        """Say what was seen, once."""
        if not self.said.acquire(blocking=False):
            return
        calls = [
            {
                "function": number,
                "failing": failing,
                "arguments": given,
                "raised": raised,
                "returned": returned,
            }
            for failing, (number, given, raised, returned) in list(self.seen)
        ]
        said = json.dumps({**self.tests, "calls": calls}, separators=(",", ":"))
        os.write(STDOUT, f"\n{self.nonce} {said}\n".encode("utf-8", "backslashreplace"))


def main() -> None:
    """Run the tests of the plan."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    values = Values(plan, sys.argv[2])
    sys.argv = ["pytest"]
    sys.path[0] = str(Path.cwd())

    def end() -> None:
        values.report()
        os._exit(0)

    timer = threading.Timer(plan["seconds"] + plan["grace"], end)
    timer.daemon = True
    timer.start()
    try:
        pytest.main(plan["options"], plugins=[values])
    finally:
        values.recorder.stop()
        end()


if __name__ == "__main__":
    # The project may close or replace the streams that are its own.
    STDOUT = os.dup(1)
    main()
