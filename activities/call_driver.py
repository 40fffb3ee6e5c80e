"""Runs inside the sandbox: with which arguments tests call some functions.

Standard library and pytest only, Python 3.8 and later. Arguments: a plan (JSON file) and a nonce.
It prints one line: the nonce and a JSON list of calls. Only values that Python's own literals can
write are told of. `activities.behaving` lays this text into the tree and reads what it prints.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import sys
import threading
from types import FrameType
from typing import Any

MAX_CALLS = 16
"""Of one function."""
MAX_SEEN = 5_000
"""Calls of one function that are looked at."""
MAX_TEXT = 2_000
MAX_ITEMS = 100
MAX_DEPTH = 4
PACKED = 0x04 | 0x08
"""`*args` or `**kwargs`: https://docs.python.org/3/library/inspect.html#inspect-module-co-flags"""


class Calls:
    """Keeps the first few different calls of each wanted function."""

    def __init__(self, wanted: list[list[Any]]) -> None:
        self.names = {(os.path.realpath(path), name): path for path, name in wanted}
        self.known: dict[Any, str | None] = {}
        self.seen: dict[Any, int] = {}
        self.kept: dict[str, list[Any]] = {}

    def called(self, frame: FrameType, event: str, _: object) -> None:
        """Take a call down, if it is of a wanted function."""
        if event != "call":
            return
        code = frame.f_code
        if code not in self.known:
            key = (os.path.realpath(code.co_filename), code.co_name)
            self.known[code] = None if code.co_flags & PACKED else self.names.get(key)
        path = self.known[code]
        if path is None or self.seen.get(code, 0) >= MAX_SEEN:
            return
        self.seen[code] = self.seen.get(code, 0) + 1
        told = self.arguments(frame)
        if told is not None and len(self.kept) < MAX_CALLS * len(self.names):
            call = [path, code.co_name, told]
            self.kept.setdefault(json.dumps(call, sort_keys=True), call)

    def arguments(self, frame: FrameType) -> dict[str, str] | None:
        """Return the arguments as literals, or None if one of them is something else."""
        code = frame.f_code
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        told = {}
        for name in names:
            text = literal(frame.f_locals.get(name, self))
            if text is None:
                return None
            told[name] = text
        return told


def literal(value: object) -> str | None:
    """Return a value's text, if that text gives an equal value of the same kind."""
    if not plain(value, 0):
        return None
    text = repr(value)
    if len(text) > MAX_TEXT:
        return None
    try:
        return text if ast.literal_eval(text) == value else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def plain(value: object, depth: int) -> bool:
    """Whether a value is of Python's own kinds all through, and small."""
    if value is None or type(value) in (bool, int, float, str, bytes):
        return not isinstance(value, (str, bytes)) or len(value) <= MAX_TEXT
    if depth > MAX_DEPTH or type(value) not in (list, tuple, dict, set):
        return False
    if not isinstance(value, (list, tuple, dict, set)) or len(value) > MAX_ITEMS:
        return False
    items = list(value.items()) if isinstance(value, dict) else list(value)
    return all(plain(item, depth + 1) for item in items)


def main(path: str, nonce: str) -> None:
    """Run the tests and tell of the calls."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (a relative name is all there is)
        plan = json.load(file)
    os.remove(path)  # noqa: PTH107 (as above)
    channel = os.dup(1)
    calls = Calls(plan["functions"])
    sys.argv, sys.path[0] = ["pytest"], os.getcwd()  # noqa: PTH109 (as above)
    pytest = importlib.import_module("pytest")

    def end() -> None:
        told = list(calls.kept.values())
        os.write(channel, f"\n{nonce} {json.dumps(told)}\n".encode())
        os._exit(0)

    timer = threading.Timer(plan["seconds"], end)
    timer.daemon = True
    timer.start()
    threading.setprofile(calls.called)
    sys.setprofile(calls.called)
    try:
        pytest.main(plan["options"])
    finally:
        sys.setprofile(None)
        end()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
