"""Runs inside the sandbox: which lines of some files tests run, by pytest.

Standard library and pytest only, Python 3.8 and later. Arguments: a plan (JSON file) and a nonce.
It prints one line: the nonce and a JSON document. `activities.covering` lays this text into the
tree and reads what it prints.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
from types import CodeType, FrameType
from typing import Any

BY_TEST, BY_OTHERS, WHEN_LOADED = "by_test", "by_others", "when_loaded"
SPAWNS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.system")


class Coverage:
    """A plug-in for pytest that takes down the lines of the wanted files, wanted tests first."""

    def __init__(self, plan: dict[str, Any], nonce: str) -> None:
        self.plan = plan
        self.nonce = nonce
        self.channel = os.dup(1)
        self.paths = {os.path.realpath(path): path for path in plan["files"]}
        self.own: dict[CodeType, str | None] = {}
        self.kind = WHEN_LOADED
        self.lines: dict[str, dict[str, set[int]]] = {}
        self.deadline = time.monotonic() + plan["seconds"]
        self.said = threading.Lock()
        self.whole = False
        self.lost = False
        """Whether something may have run out of sight."""

    def audited(self, event: str, _: object) -> None:
        """Learn that another process begins, whose lines nobody sees."""
        self.lost = self.lost or event in SPAWNS

    def called(self, frame: FrameType, _event: str, _: object) -> Any:  # noqa: ANN401 (a tracer)
        """Trace what the wanted files define."""
        code = frame.f_code
        if code not in self.own:
            self.own[code] = self.paths.get(os.path.realpath(code.co_filename))
        if self.own[code] is None:
            return None
        self.took(frame)
        return self.traced

    def traced(self, frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401 (a tracer)
        """Take down a line."""
        if event == "line":
            self.took(frame)
        return self.traced

    def took(self, frame: FrameType) -> None:
        """Count a line for what runs just now."""
        path = self.own[frame.f_code]
        if path is not None:
            self.lines.setdefault(self.kind, {}).setdefault(path, set()).add(frame.f_lineno)

    def is_wanted(self, name: str) -> bool:
        """Whether a test is one of those that show the fault."""
        nodes = self.plan["nodes"]
        return any(name == node or name.startswith((node + "[", node + "::")) for node in nodes)

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Put the wanted tests first."""
        items.sort(key=lambda item: not self.is_wanted(item.nodeid))

    def pytest_runtest_protocol(self, item: Any) -> None:  # noqa: ANN401 (of pytest's)
        """Begin with a test, unless the time is over."""
        if time.monotonic() > self.deadline:
            item.session.shouldstop = "the time is over"
        self.kind = BY_TEST if self.is_wanted(item.nodeid) else BY_OTHERS

    def pytest_runtest_logfinish(self) -> None:
        """Go on tracing where a test took that over."""
        if sys.gettrace() != self.called:
            self.lost = True
            sys.settrace(self.called)

    def pytest_sessionfinish(self, session: Any) -> None:  # noqa: ANN401 (of pytest's)
        """Learn whether all tests were run, and seen."""
        self.whole = not session.shouldstop and not self.lost

    def report(self) -> None:
        """Say what was seen, once."""
        if self.said.acquire(blocking=False):
            found = {
                kind: {path: sorted(lines) for path, lines in told.items()}
                for kind, told in list(self.lines.items())
            }
            text = json.dumps({**found, "whole": self.whole})
            os.write(self.channel, f"\n{self.nonce} {text}\n".encode())


def main(path: str, nonce: str) -> None:
    """Run the tests of the plan."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (a relative name is all there is)
        plan = json.load(file)
    os.remove(path)  # noqa: PTH107 (as above)
    sys.argv, sys.path[0] = ["pytest"], os.getcwd()  # noqa: PTH109 (as above)
    pytest = importlib.import_module("pytest")
    coverage = Coverage(plan, nonce)

    def end() -> None:
        coverage.report()
        os._exit(0)

    timer = threading.Timer(plan["seconds"] + plan["grace"], end)
    timer.daemon = True
    timer.start()
    sys.addaudithook(coverage.audited)
    threading.settrace(coverage.called)
    sys.settrace(coverage.called)
    try:
        pytest.main(plan["options"], plugins=[coverage])
    finally:
        sys.settrace(None)
        end()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
