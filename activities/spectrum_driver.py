"""Runs inside the sandbox: which lines failing tests run, and which passing ones, by pytest.

Standard library and pytest only. Argument: a plan (JSON file) and a nonce. It prints one line:
the nonce and a JSON document. What the project's code does to this process spoils its own record
only; whoever reads it takes nothing of it for granted.
"""

import json
import os
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

OPTIMIZED = 1
"""Flag of a function's code, as opposed to a module's or a class's."""
COLLECTING_SECONDS, FAILING_SECONDS, PASSING_SECONDS = 10.0, 12.0, 2.0
"""Of loading the tests, and of one test, after which it runs on untraced."""
MAX_EVENTS = 50_000
"""Steps of one function in one test that are looked at."""
MAX_LINES = 60_000
"""Lines of the project that are told of."""


class Recorder:
    """Records what runs of the project's own files, test by test.

    Tracing is dear, so a function is no longer traced once there is nothing more to learn of it.
    """

    def __init__(self, top: str) -> None:
        self.top = top.rstrip("/") + "/"
        self.own: dict[CodeType, bool] = {}
        self.lines: dict[CodeType, set[int]] = {}
        self.raised: set[tuple[CodeType, int]] = set()
        self.events: dict[CodeType, int] = {}
        self.wanted: dict[CodeType, set[int]] | None = None
        """Lines of interest, once a failing test has shown them; None: all."""
        self.clock = 0
        self.until = 0.0
        self.cut_short = False

    def start(self, seconds: float) -> None:
        """Record anew, for so long at most."""
        self.until, self.cut_short = time.monotonic() + seconds, False
        self.lines, self.raised, self.events = {}, set(), {}
        self.clock = 0
        threading.settrace(self.called)
        sys.settrace(self.called)

    def stop(self) -> None:
        """Record no more."""
        sys.settrace(None)
        threading.settrace(None)

    def called(self, frame: FrameType, _event: str, _: object) -> Any:  # noqa: ANN401 (a tracer)
        """Trace a function of the project's own, or not."""
        code = frame.f_code
        own = self.own.get(code)
        if own is None:
            name = code.co_filename
            own = name.startswith(self.top) and "/site-packages/" not in name
            own = self.own[code] = own and name != __file__
        if not own:
            return None
        self.clock += 1
        if self.clock % 512 == 0 and time.monotonic() > self.until:
            self.cut_short = True
            self.stop()
            return None
        lines = self.lines.get(code)
        if lines is None:
            lines = self.lines[code] = set()
            self.events[code] = MAX_EVENTS
        wanted = self.wanted_of(code)
        if self.events[code] <= 0 or (wanted is not None and wanted <= lines):
            return None
        lines.add(frame.f_lineno)
        return partial(self.traced, lines, wanted)

    def wanted_of(self, code: CodeType) -> set[int] | None:
        """Return the lines of a function that are of interest; None: all."""
        if self.wanted is None:
            return None
        return self.wanted.get(code, set())

    def traced(
        self,
        lines: set[int],
        wanted: set[int] | None,
        frame: FrameType,
        event: str,
        _: object,
    ) -> Any:  # noqa: ANN401 (a tracer)
        """Take down a line, while there is something to learn of the function."""
        code = frame.f_code
        self.events[code] -= 1
        if event == "line":
            lines.add(frame.f_lineno)
        elif event == "exception":
            self.raised.add((code, frame.f_lineno))
        if self.events[code] <= 0 or (wanted is not None and wanted <= lines):
            return None
        return frame.f_trace


class Spectrum:
    """A pytest plugin that records each test alone: the failing ones first, while there is time."""

    def __init__(self, plan: dict[str, Any], nonce: str) -> None:
        self.plan = plan
        self.nonce = nonce
        self.recorder = Recorder(str(Path.cwd()))
        self.deadline = time.monotonic() + plan["seconds"]
        self.failed = False
        self.skipped = False
        self.tests = {"failed": 0, "passed": 0}
        self.lines: dict[tuple[str, int], list[int]] = {}
        self.raised: dict[tuple[str, int], list[int]] = {}
        self.shown: dict[CodeType, set[int]] = {}
        self.imported: set[tuple[str, int]] = set()
        self.said = threading.Lock()

    def is_wanted(self, name: str) -> bool:
        """Whether a test is one of those that fail for the reported reason."""
        return any(
            name == each or name.startswith((each + "[", each + "::"))
            for each in self.plan["failing"]
        )

    def pytest_collection(self) -> None:
        """Record what loading the tests runs."""
        self.recorder.start(COLLECTING_SECONDS)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the failing tests first."""
        self.recorder.stop()
        self.imported = {
            (code.co_filename, line)
            for code, lines in self.recorder.lines.items()
            if code.co_flags & OPTIMIZED
            for line in lines
        }
        items.sort(key=lambda item: not self.is_wanted(item.nodeid))

    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Record this test, unless the time is over."""
        if time.monotonic() > self.deadline:
            item.session.shouldstop = "the time is over"
        self.failed = self.skipped = False
        if self.shown and not self.is_wanted(item.nodeid):
            self.recorder.wanted = self.shown
        self.recorder.start(FAILING_SECONDS if self.is_wanted(item.nodeid) else PASSING_SECONDS)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Learn how the test ended."""
        self.failed = self.failed or report.failed
        self.skipped = self.skipped or report.skipped

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Count what the test ran."""
        recorder = self.recorder
        recorder.stop()
        wanted = self.is_wanted(nodeid)
        # Another failing test may fail for another reason: it speaks neither for nor against.
        # Nor does a passing test that was too long to be seen to its end.
        if self.skipped or self.failed != wanted or (recorder.cut_short and not wanted):
            return
        which = 0 if wanted else 1
        self.tests["failed" if wanted else "passed"] += 1
        ran = {(code, line) for code, lines in recorder.lines.items() for line in lines}
        for found, kept in ((ran, self.lines), (recorder.raised, self.raised)):
            for place in {(code.co_filename, line) for code, line in found}:
                kept.setdefault(place, [0, 0])[which] += 1
        if wanted:
            self.of_interest(recorder.lines)

    def of_interest(self, lines: dict[CodeType, set[int]]) -> None:
        """Keep what a failing test ran: of the passing ones nothing else matters."""
        for code, found in lines.items():
            self.shown.setdefault(code, set()).update(found)

    def report(self) -> None:
        """Say what was seen, once."""
        if not self.said.acquire(blocking=False):
            return
        top = len(self.recorder.top)
        for place in self.imported:
            # What ran when the tests were loaded ran for all of them.
            self.lines.setdefault(place, [self.tests["failed"], self.tests["passed"]])

        def told(found: dict[tuple[str, int], list[int]], *names: str) -> list[dict[str, Any]]:
            """Return what failing tests ran, by the names of its figures."""
            return [
                {"path": path[top:], "line": line, **dict(zip(names, figures, strict=True))}
                for (path, line), figures in list(found.items())[:MAX_LINES]
            ]

        lines, raised = (
            {place: counts for place, counts in list(found.items()) if counts[0]}
            for found in (self.lines, self.raised)
        )
        said = {
            **self.tests,
            "lines": told(lines, "failed", "passed"),
            "raised": told(raised, "failed", "passed"),
        }
        text = f"\n{self.nonce} {json.dumps(said, separators=(',', ':'))}\n"
        os.write(STDOUT, text.encode("utf-8", "backslashreplace"))


def main() -> None:
    """Run the tests of the plan."""
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    spectrum = Spectrum(plan, sys.argv[2])
    sys.argv = ["pytest"]
    sys.path[0] = str(Path.cwd())

    def end() -> None:
        spectrum.report()
        os._exit(0)

    timer = threading.Timer(plan["seconds"] + plan["grace"], end)
    timer.daemon = True
    timer.start()
    try:
        pytest.main(plan["options"], plugins=[spectrum])
    finally:
        spectrum.recorder.stop()
        end()


if __name__ == "__main__":
    # The project may close or replace the streams that are its own.
    STDOUT = os.dup(1)
    main()
