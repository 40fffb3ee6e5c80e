"""Runs inside the sandbox: which lines failing tests run, and which passing ones, by pytest.

Standard library and pytest only. Argument: a plan (JSON file) and a nonce. It prints one line:
the nonce and a JSON document. What the project's code does to this process spoils its own record
only; whoever reads it takes nothing of it for granted.
"""

import json
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

OPTIMIZED = 1
"""Flag of a function's code, as opposed to a module's or a class's."""
FAILING_SECONDS, PASSING_SECONDS = 12.0, 3.0
"""Of one test: after it a failing one runs on untraced, and a passing one is broken off."""
QUIET = 4_000
"""Steps of a function in one test without anything new, after which its lines are let alone."""
WARMING_UP = 2
"""Passing tests that run before the failing ones: what only the first test runs is nobody's own."""
FIRST_OF_FILE = 12
"""Passing tests of a file that run before those of the next one."""
LOADING = 0.5
"""Share of the time, once the failing tests are loaded, after which other files are left out."""
MAX_FRAMES = 60
MAX_CALLS = 20_000
MAX_LINES = 60_000
"""Lines of the project that are told of."""
Tracer = Callable[[FrameType, str, Any], Any]
Ran = dict[CodeType, set[int]]
Place = tuple[str, int]


class Recorder:
    """Records what runs of the project's own files, test by test.

    Tracing is dear, so a function is no longer traced once there is nothing more to learn of it.
    """

    def __init__(self, top: str) -> None:
        self.top = top.rstrip("/") + "/"
        self.tracers: dict[CodeType, Tracer | None] = {}
        self.own: dict[CodeType, bool] = {}
        self.lines: Ran = {}
        self.raised: set[tuple[CodeType, int]] = set()
        self.calls: set[tuple[CodeType, CodeType]] = set()
        """What called what, where calls are of interest."""
        self.wanted: Ran | None = None
        """Lines of interest, once a failing test has shown them; None: all."""
        self.imported: Ran | None = None
        """While tests are loaded: what the project's own modules run when they are loaded."""
        self.clock = 0
        self.until = 0.0
        self.cut_short = False

    def start(self, seconds: float) -> None:
        """Record anew, for so long at most."""
        self.until, self.cut_short = time.monotonic() + seconds, False
        self.lines, self.raised, self.calls = {}, set(), set()
        self.tracers = {code: None for code, own in list(self.own.items()) if not own}
        self.clock = 0
        threading.settrace(self.called)
        sys.settrace(self.called)

    def stop(self) -> None:
        """Record no more."""
        sys.settrace(None)
        threading.settrace(None)

    def called(self, frame: FrameType, event: str, about: object) -> Any:  # noqa: ANN401 (a tracer)
        """Trace a function of the project's own, or not."""
        code = frame.f_code
        try:
            tracer = self.tracers[code]
        except KeyError:
            tracer = self.tracers[code] = self.tracer_of(code)
        return tracer(frame, event, about) if tracer is not None else None

    def is_own(self, code: CodeType) -> bool:
        """Whether a function is the project's."""
        own = self.own.get(code)
        if own is None:
            name = code.co_filename
            own = name.startswith(self.top) and "/site-packages/" not in name
            own = self.own[code] = own and name != __file__
        return own

    def tracer_of(self, code: CodeType) -> Tracer | None:
        """Return what follows the calls of a function in this test; None: nothing."""
        wanted = None if self.wanted is None else self.wanted.get(code, set())
        if not self.is_own(code) or (wanted is not None and not wanted):
            return None
        lines = self.lines.setdefault(code, set())
        quiet = QUIET

        def traced(frame: FrameType, event: str, _: object) -> Tracer:
            nonlocal quiet
            if event == "line":
                line = frame.f_lineno
                quiet -= 1
                if line not in lines:
                    lines.add(line)
                    quiet = QUIET if wanted is None or not wanted <= lines else 0
                if quiet <= 0:
                    frame.f_trace_lines = False
            elif event == "exception":
                self.raised.add((code, frame.f_lineno))
            elif event == "call":
                lines.add(frame.f_lineno)
                frame.f_trace_lines = quiet > 0
                self.entered(frame)
            return traced

        return traced

    def entered(self, frame: FrameType) -> None:
        """Take down who called, and whether the time is over."""
        self.clock += 1
        if self.clock % 512 == 0 and time.monotonic() > self.until:
            self.cut_short = True
            self.stop()
        elif self.wanted is None and len(self.calls) < MAX_CALLS:
            self.calls_of(frame)

    def calls_of(self, frame: FrameType) -> None:
        """Take down which of the project's functions called, through others' or not."""
        caller = frame.f_back
        for _ in range(MAX_FRAMES):
            if caller is None:
                return
            if self.is_own(caller.f_code):
                self.calls.add((caller.f_code, frame.f_code))
                break
            caller = caller.f_back
        imported = self.imported
        if imported is not None and frame.f_code not in imported and self.is_import(frame):
            imported[frame.f_code] = self.lines[frame.f_code]

    def is_import(self, frame: FrameType) -> bool:
        """Whether one of the project's modules, other than of tests, is being loaded."""
        at: FrameType | None = frame
        for _ in range(MAX_FRAMES * 4):
            if at is None:
                return False
            code = at.f_code
            if code.co_name == "<module>" and self.is_own(code):
                return not is_of_tests(code.co_filename[len(self.top) :])
            at = at.f_back
        return False


def is_of_tests(path: str) -> bool:
    """Whether a file seems to belong to the tests, by its name."""
    *folders, name = path.split("/")
    words = {*folders, *name.removesuffix(".py").split("_")}
    return not words.isdisjoint({"conftest", "test", "testing", "tests"})


def merged(first: Ran, second: Ran) -> Ran:
    """Return the lines of both, also while other threads still add to them."""
    found = {code: set(lines) for code, lines in list(first.items())}
    for code, lines in list(second.items()):
        found.setdefault(code, set()).update(lines)
    return found


class Spectrum:
    """A pytest plugin that records each test alone: the failing ones first, while there is time."""

    def __init__(self, plan: dict[str, Any], nonce: str) -> None:
        self.plan = plan
        self.nonce = nonce
        self.recorder = Recorder(str(Path.cwd()))
        self.started = time.monotonic()
        self.failed = False
        self.skipped = False
        self.tests = {"failed": 0, "passed": 0}
        self.lines: dict[Place, list[int]] = {}
        self.raised: dict[Place, list[int]] = {}
        self.calls: set[tuple[CodeType, CodeType]] = set()
        self.shown: Ran = {}
        self.imported: Ran = {}
        self.loaded: dict[str, tuple[Ran, set[tuple[CodeType, CodeType]]]] = {}
        """What loading a file of tests ran and called, besides loading the project."""
        self.said = threading.Lock()

    def is_wanted(self, name: str) -> bool:
        """Whether a test is one of those that fail for the reported reason."""
        return any(
            name == each or name.startswith((each + "[", each + "::"))
            for each in self.plan["failing"]
        )

    def seconds_left(self, share: float = 1.0) -> float:
        """Return how much is left of the time, or of a share of it from the start."""
        return float(self.started + share * self.plan["seconds"] - time.monotonic())

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Record what loading a file of tests runs; skip others' files when it takes too long."""
        if not isinstance(collector, pytest.Module):
            yield
            return
        name = collector.nodeid
        if self.seconds_left(LOADING) <= 0 and not self.is_file_wanted(name):
            collector.collect = list  # type: ignore[method-assign]
        self.recorder.imported = {}
        self.recorder.start(max(self.seconds_left(), 1.0))
        yield
        self.recorder.stop()
        kept = merged(self.imported, self.recorder.imported)
        self.imported, self.recorder.imported = kept, None
        if self.is_file_wanted(name):
            self.started = time.monotonic()
        ran, calls = merged(self.recorder.lines, {}), set(self.recorder.calls)
        own = {code: lines for code, lines in ran.items() if code not in kept}
        self.loaded[name] = own, {call for call in calls if call[1] in own}

    def is_file_wanted(self, name: str) -> bool:
        """Whether a file holds failing tests."""
        return any(each.partition("::")[0] == name for each in self.plan["failing"])

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the failing tests first, then those of their files, then some of each other file."""
        self.started = time.monotonic()
        seen: dict[str, int] = defaultdict(int)
        rounds: dict[str, int] = {}
        for item in items:
            file = item.nodeid.partition("::")[0]
            seen[file] += 1
            rounds[item.nodeid] = (
                0 if self.is_file_wanted(file) else 1 + seen[file] // FIRST_OF_FILE
            )
        single = {item.nodeid: item for item in items}.values()
        failing = [item for item in single if self.is_wanted(item.nodeid)]
        others = [item for item in single if not self.is_wanted(item.nodeid)]
        others.sort(key=lambda item: rounds[item.nodeid])
        items[:] = [*others[:WARMING_UP], *failing, *others[WARMING_UP:]]

    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Record this test, unless the time is over."""
        if self.seconds_left() <= 0:
            item.session.shouldstop = "the time is over"
        self.failed = self.skipped = False
        if self.shown and not self.is_wanted(item.nodeid):
            self.recorder.wanted = self.shown
        self.recorder.start(FAILING_SECONDS if self.is_wanted(item.nodeid) else PASSING_SECONDS)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        """Break off a passing test that takes too long."""
        if not self.is_wanted(item.nodeid):
            signal.signal(signal.SIGALRM, self.break_off)
            signal.setitimer(signal.ITIMER_REAL, PASSING_SECONDS)
        yield
        signal.setitimer(signal.ITIMER_REAL, 0)

    def break_off(self, *_: object) -> None:
        """Leave the test that runs."""
        pytest.skip("it takes too long")

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
        loaded, calls = self.loaded.get(nodeid.partition("::")[0], ({}, set()))
        everything = merged(recorder.lines, loaded)
        ran = {(code, line) for code, lines in everything.items() for line in lines}
        for found, kept in ((ran, self.lines), (set(recorder.raised), self.raised)):
            for place in {(code.co_filename, line) for code, line in found}:
                kept.setdefault(place, [0, 0])[which] += 1
        if wanted:
            self.shown = merged(self.shown, everything)
            self.calls |= calls | recorder.calls

    def report(self) -> None:
        """Say what was seen, once."""
        if not self.said.acquire(blocking=False):
            return
        for place in {
            (code.co_filename, line)
            for code, lines in self.imported.items()
            if code.co_flags & OPTIMIZED
            for line in lines
        }:
            # What ran when the project was loaded ran for all of them.
            self.lines.setdefault(place, [self.tests["failed"], self.tests["passed"]])
        top = len(self.recorder.top)
        lines, raised = (
            [
                (path[top:], line, failed, passed)
                for (path, line), (failed, passed) in list(found.items())
                if failed
            ][:MAX_LINES]
            for found in (self.lines, self.raised)
        )
        calls = [
            (
                called.co_filename[top:],
                called.co_firstlineno,
                by.co_filename[top:],
                by.co_firstlineno,
            )
            for by, called in list(self.calls)[:MAX_CALLS]
        ]
        said = {**self.tests, "lines": lines, "raised": raised, "calls": calls}
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
