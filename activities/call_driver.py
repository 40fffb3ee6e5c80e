"""Runs inside the sandbox: how tests call some functions, and what such calls come to.

Standard library and pytest only, Python 3.8 and later. Arguments: a plan (JSON file) and a nonce.
A plan without inputs runs the tests, and prints one line: the nonce and a JSON list of inputs, each
with variations of one value. A plan with inputs makes these calls, and prints a line for each: the
nonce, its number and what was observed. Arguments are pickled here and unpickled here, never
outside the sandbox. `activities.behaving` lays this text beside the harness and reads what it
prints.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import gc
import importlib
import inspect
import io
import json
import os
import pickle
import sys
import threading
import time
from types import CodeType, FrameType, FunctionType
from typing import Any, Iterator, Sequence  # noqa: UP035 (3.8 runs it)

MAX_CALLS = 12
"""Of one function."""
MAX_INPUTS = 24
MAX_SEEN = 2_000
"""Calls of one function that are looked at."""
MAX_PICKLE = 12_000
MAX_VARIATIONS = 12
"""Of one input."""
MAX_SHOWN = 160
MAX_PATH = 100
RECORD_BYTES = 2_500
LOST_SECONDS = 4.0
"""Processor time that recording may take."""
PACKED, KEYED = 0x04, 0x08
"""`*args`, `**kwargs`: https://docs.python.org/3/library/inspect.html#inspect-module-co-flags"""
RESUMED = 0x20 | 0x80 | 0x200
"""Generators and coroutines: each step of theirs looks like a call."""


class TooLarge(Exception):
    """The arguments are more than is worth keeping."""


class Bounded(io.BytesIO):
    """Takes so many bytes, and no more."""

    def write(self, data: Any) -> int:  # noqa: ANN401 (bytes or the like)
        """Keep the bytes.

        Raises:
            TooLarge: there are too many.
        """
        if self.tell() + len(data) > MAX_PICKLE:
            raise TooLarge
        return super().write(data)


def pickled(value: object) -> bytes | None:
    """Return a value as it is now; None for what cannot be kept."""
    kept = Bounded()
    try:
        pickle.Pickler(kept, protocol=4).dump(value)
    except Exception:  # noqa: BLE001 (whatever the project's own classes raise)
        return None
    return kept.getvalue()


class Calls:
    """Keeps the first few different calls of functions."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.wanted = {(os.path.realpath(path), name) for path, name in plan["functions"]}
        self.seen: dict[CodeType, int] = {}
        self.kept: dict[CodeType, dict[bytes, str]] = {}
        self.of_interest: dict[CodeType, bool] = {}
        self.lost = 0.0

    def called(self, frame: FrameType, event: str, _: object) -> None:
        """Take a call down, if it is of interest."""
        code = frame.f_code
        if event != "call" or not self.is_wanted(code) or self.lost > LOST_SECONDS:
            return
        self.seen[code] = self.seen.get(code, 0) + 1
        kept = self.kept.setdefault(code, {})
        if self.seen[code] > MAX_SEEN or len(kept) >= MAX_CALLS:
            return
        began = time.process_time()
        given = arguments(frame)
        data = pickled(given)
        if data is not None and data not in kept:
            kept[data] = shown(code, given)
        self.lost += time.process_time() - began

    def is_wanted(self, code: CodeType) -> bool:
        """Whether a function's calls are asked for."""
        if code not in self.of_interest:
            place = (os.path.realpath(code.co_filename), code.co_name)
            self.of_interest[code] = place in self.wanted and not code.co_flags & RESUMED
        return self.of_interest[code]

    def inputs(self) -> list[dict[str, Any]]:
        """Return what was kept, the first call of each function first."""
        places = named(self.kept)
        found = []
        for turn in range(MAX_CALLS):
            for code, calls in self.kept.items():
                if code in places and turn < len(calls):
                    data, text = list(calls.items())[turn]
                    module, name = places[code]
                    said = base64.b64encode(data).decode()
                    given = {"module": module, "name": name, "data": said, "shown": text}
                    names = code.co_varnames[: code.co_argcount]
                    found.append({**given, "variations": variations(data, names)})
        return found[:MAX_INPUTS]


def named(codes: dict[CodeType, Any]) -> dict[CodeType, tuple[str, str]]:
    """Return module and qualified name of the functions that run some code."""
    found = {}
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__ in codes:
            module, name = str(function.__module__), function.__qualname__
            if "<" not in name and function_at(module, name):
                found[function.__code__] = (module, name)
    return found


def function_at(module: str, name: str) -> FunctionType | None:
    """Return a module's function, without what decorates it."""
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = inspect.getattr_static(found, part)
    except Exception:  # noqa: BLE001 (whatever importing the project raises)
        return None
    if isinstance(found, (staticmethod, classmethod)):
        found = found.__func__
    if isinstance(found, property):
        found = found.fget
    with contextlib.suppress(ValueError):
        found = inspect.unwrap(found)
    return found if isinstance(found, FunctionType) else None


Given = Any
"""Positional arguments as a list, and keyword arguments by name."""


def arguments(frame: FrameType) -> Given:
    """Return what a function was called with."""
    code, local = frame.f_code, frame.f_locals
    names = code.co_varnames
    plain, keyed = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    positional = [local.get(name) for name in names[:plain]]
    keywords = {name: local.get(name) for name in names[plain:keyed]}
    if code.co_flags & PACKED:
        positional += local.get(names[keyed], ())
    if code.co_flags & KEYED:
        keywords.update(local.get(names[keyed + bool(code.co_flags & PACKED)], {}))
    return [positional, keywords]


def shown(code: CodeType, given: Given) -> str:
    """Return the call as people would write it."""
    positional, keywords = given
    names = [*code.co_varnames[: code.co_argcount], *[""] * len(positional)]
    parts = [f"{n}={_text(v)}" if n else _text(v) for n, v in zip(names, positional)]  # noqa: B905 (3.8)
    parts += [f"{name}={_text(value)}" for name, value in keywords.items()]
    return f"{code.co_name}({', '.join(parts)})"


def _text(value: object) -> str:
    if type(value) in (bool, int, float, str, bytes, list, tuple, dict, set, type(None)):
        try:
            text = repr(value)
        except Exception:  # noqa: BLE001 (a value in it is the project's own)
            text = "..."
        return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
    return f"<{type(value).__name__}>"


def variations(data: bytes, names: Sequence[str]) -> list[list[Any]]:
    """Return the values that may be changed, each with the number of its change and its text."""
    try:
        positional, keywords = pickle.loads(data)  # noqa: S301 (it was pickled in this process)
    except Exception:  # noqa: BLE001 (whatever the project's own classes raise)
        return []
    slots: list[tuple[Any, str, Any]] = [
        (slot, names[slot] if slot < len(names) else f"argument {slot + 1}", value)
        for slot, value in enumerate(positional)
    ]
    slots += [(name, name, value) for name, value in keywords.items()]
    rounds: dict[int, list[list[Any]]] = {}
    for slot, name, value in slots:
        for turn, other in enumerate(changed(value)):
            rounds.setdefault(turn, []).append([slot, turn, f"{name}={_text(other)}"])
    return [variation for turn in sorted(rounds) for variation in rounds[turn]][:MAX_VARIATIONS]


def changed(value: Any) -> Iterator[Any]:  # noqa: ANN401 (a value of any kind)
    """Yield values at and beside the bounds of one."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from (other for other in (value + 1, value - 1, 0) if other != value)
    elif isinstance(value, (str, bytes, list, tuple)) and len(value):
        several: Any = value
        yield from (several[:-1], several + several[:1], several[:0], several[::-1])
    elif isinstance(value, dict) and value:
        last = list(value)[-1]
        yield {key: item for key, item in value.items() if key != last}


def given_of(said: dict[str, Any], change: list[Any] | None) -> Given:
    """Return an input's arguments, with one of them changed."""
    given = pickle.loads(base64.b64decode(said["data"]))  # noqa: S301 (see this module's head)
    if change is not None:
        slot, turn = change[:2]
        place = given[1] if isinstance(slot, str) else given[0]
        place[slot] = list(changed(place[slot]))[turn]
    return given


def record(plan: dict[str, Any], nonce: str) -> None:
    """Run the tests and tell of the calls; never return."""
    channel = os.dup(1)
    calls = Calls(plan)
    sys.argv = ["pytest"]
    pytest = importlib.import_module("pytest")
    said = threading.Lock()

    def end() -> None:
        if said.acquire(blocking=False):
            path = [str(each) for each in sys.path[:MAX_PATH]]
            told = json.dumps({"path": path, "inputs": calls.inputs()})
            os.write(channel, f"\n{nonce} {told}\n".encode())
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


def replay(plan: dict[str, Any], nonce: str, harness: Any) -> None:  # noqa: ANN401 (a module)
    """Make the calls and tell what they come to; never return."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)
    sys.path[:0] = [path for path in plan["path"] if path not in sys.path]
    until = time.monotonic() + plan["seconds"]
    for number, (which, change) in enumerate(plan["calls"]):
        said = plan["inputs"][which]
        if time.monotonic() > until:
            break
        call = (functools.partial(build, said, change), functools.partial(make, said))
        seen = harness.observe(call, plan["call_seconds"])
        channel.write(f"\n{nonce} {number} {harness.encoded(seen, RECORD_BYTES)}\n")
        channel.flush()
    os._exit(0)


def build(said: dict[str, Any], change: list[Any] | None) -> dict[str, Any]:
    """Return fresh arguments.

    Raises:
        LookupError: the function is not there.
    """
    if function_at(said["module"], said["name"]) is None:
        raise LookupError(said["name"])
    positional, keywords = given_of(said, change)
    return {"positional": positional, "keywords": keywords}


def make(said: dict[str, Any], given: dict[str, Any]) -> object:
    """Make one call."""
    function = function_at(said["module"], said["name"])
    return function(*given["positional"], **given["keywords"]) if function else None


def main(path: str, nonce: str) -> None:
    """Record calls, or make them."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 (a relative name is all there is)
        plan = json.load(file)
    os.remove(path)  # noqa: PTH107 (as above)
    sys.path[0] = os.getcwd()  # noqa: PTH109 (as above)
    if plan["inputs"]:
        replay(plan, nonce, importlib.import_module(plan["harness"]))
    else:
        record(plan, nonce)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
