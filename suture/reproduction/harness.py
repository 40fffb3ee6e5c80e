"""What runs inside the sandbox to observe calls: standard library only, Python 3.8 and later.

`suture.reproduction.writing` puts this module's own source in front of the generated calls, so
that the text which runs there is the text which is linted, typed and tested here. It imports
nothing of Suture's and trusts nothing that the observed code returns.
"""

from __future__ import annotations

import asyncio
import collections
import collections.abc
import contextlib
import datetime as dt
import decimal
import enum
import fractions
import hashlib
import inspect
import io
import json
import linecache
import os
import pathlib
import re
import signal
import types
import uuid
from typing import Any, Callable, Dict, Iterator, TextIO, Tuple  # noqa: UP035 (3.8 runs it)

MAX_DEPTH = 12
MAX_ITEMS = 200
MAX_NODES = 3000
MAX_TEXT = 2000
MAX_FRAMES = 40
FIRST_RECORD_BYTES = 96 << 10
LATER_RECORD_BYTES = 6 << 10

Json = Dict[str, Any]  # noqa: UP006 (3.8 runs it)
Call = Tuple[Callable[[], Json], Callable[[Json], object]]  # noqa: UP006 (3.8 runs it)

ATOMS = (type(None), bool, int, float, complex, str, bytes, bytearray)
PLAIN_VALUES = (
    decimal.Decimal,
    fractions.Fraction,
    dt.date,
    dt.time,
    dt.timedelta,
    dt.tzinfo,
    uuid.UUID,
    pathlib.PurePath,
    range,
)
NAMED = (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType)
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def bounded(text: str) -> str:
    """Return the text without addresses; a long one as its start and its digest."""
    text = ADDRESS.sub("0x", text)
    if len(text) <= MAX_TEXT:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
    return f"{text[:200]}... sha256:{digest}"


def name_of(kind: object) -> str:
    """Return a class's or function's dotted name, without `builtins`."""
    name = str(getattr(kind, "__qualname__", getattr(kind, "__name__", kind)))
    module = getattr(kind, "__module__", None)
    return name if module in (None, "builtins") else f"{module}.{name}"


def careful_repr(value: object) -> str:
    """Return a repr even of a value whose own repr fails."""
    try:
        return bounded(repr(value))
    except Exception:  # noqa: BLE001 (the value is hostile; that its repr fails is all we say)
        return "<broken repr>"


class Description:
    """Describes values by structure, in the same way in every process."""

    def __init__(self, *, consume: bool) -> None:
        self.consume = consume
        self.nodes = MAX_NODES
        self.open: set[int] = set()

    def of(self, value: object, depth: int = 0) -> Json:
        """Describe one value. Iterators are used up only where `consume` says so."""
        self.nodes -= 1
        if self.nodes < 0 or depth > MAX_DEPTH:
            return {"type": "more"}
        if type(value) in ATOMS:
            return {"type": type(value).__name__, "repr": careful_repr(value)}
        if id(value) in self.open:
            return {"type": "cycle"}
        self.open.add(id(value))
        try:
            return self._named(value) or self._container(value, depth) or self._object(value, depth)
        finally:
            self.open.discard(id(value))

    def _named(self, value: object) -> Json | None:
        if isinstance(value, enum.Enum):
            return {"type": "enum", "class": name_of(type(value)), "repr": str(value.name)}
        if isinstance(value, NAMED):
            return {"type": "named", "repr": name_of(value)}
        if isinstance(value, PLAIN_VALUES):
            return {"type": "value", "class": name_of(type(value)), "repr": careful_repr(value)}
        return None

    def _container(self, value: object, depth: int) -> Json | None:
        name = name_of(type(value))
        if isinstance(value, dict):
            pairs = [
                [self.of(key, depth + 1), self.of(item, depth + 1)]
                for key, item in list(value.items())[:MAX_ITEMS]
            ]
            if not isinstance(value, collections.OrderedDict):
                pairs.sort(key=json.dumps)
            return {"type": "dict", "class": name, "pairs": pairs, "size": len(value)}
        if isinstance(value, (list, tuple, collections.deque)):
            items = [self.of(item, depth + 1) for item in list(value)[:MAX_ITEMS]]
            return {"type": "sequence", "class": name, "items": items, "size": len(value)}
        if isinstance(value, (set, frozenset)):
            ordered = sorted((self.of(item, depth + 1) for item in value), key=json.dumps)
            items = ordered[:MAX_ITEMS]
            return {"type": "set", "class": name, "items": items, "size": len(value)}
        if self.consume and isinstance(value, collections.abc.Iterator):
            items = [self.of(item, depth + 1) for item, _ in zip(value, range(MAX_ITEMS))]  # noqa: B905 (3.8 runs it)
            return {"type": "iterator", "items": items}
        return None

    def _object(self, value: object, depth: int) -> Json:
        fields = dict(fields_of(value))
        name = name_of(type(value))
        if not fields:
            return {"type": "opaque", "class": name, "repr": careful_repr(value)}
        described = [
            [field, self.of(fields[field], depth + 1)] for field in sorted(fields)[:MAX_ITEMS]
        ]
        return {"type": "object", "class": name, "fields": described}


def fields_of(value: object) -> Iterator[tuple[str, object]]:
    """Yield what an object holds, without calling any of its properties."""
    if isinstance(value, BaseException):
        yield "args", value.args
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else tuple(slots):
            with contextlib.suppress(AttributeError):
                yield slot, object.__getattribute__(value, slot)
    with contextlib.suppress(AttributeError):
        yield from dict(object.__getattribute__(value, "__dict__")).items()


def frames_of(error: BaseException) -> list[list[object]]:
    """Return path, function, line number and line of each call, oldest first, ours left out."""
    frames: list[list[object]] = []
    here = os.getcwd() + os.sep  # noqa: PTH109 (the shortest way that every version has)
    step = error.__traceback__
    while step is not None:
        path = step.tb_frame.f_code.co_filename
        if path != __file__:
            shown = path[len(here) :] if path.startswith(here) else path  # noqa: FURB188 (3.8 runs it)
            text = linecache.getline(path, step.tb_lineno).strip()
            frames.append([shown, step.tb_frame.f_code.co_name, step.tb_lineno, text[:MAX_TEXT]])
        step = step.tb_next
    half = MAX_FRAMES // 2
    return frames if len(frames) <= MAX_FRAMES else frames[:half] + frames[-half:]


def message_of(error: BaseException) -> str:
    """Return the exception's message even if building it fails."""
    try:
        return bounded(str(error))
    except Exception:  # noqa: BLE001 (the exception is hostile; that its text fails is all we say)
        return "<broken message>"


def failure(outcome: str, error: BaseException) -> Json:
    """Describe an exception."""
    return {
        "outcome": outcome,
        "type": name_of(type(error)),
        "message": message_of(error),
        "frames": frames_of(error),
    }


async def _collect(stream: collections.abc.AsyncIterator[object]) -> list[object]:
    items = []
    async for item in stream:
        items.append(item)
        if len(items) >= MAX_ITEMS:
            break
    return items


async def _finish(result: collections.abc.Awaitable[object]) -> object:
    value = await result
    return await _collect(value) if isinstance(value, collections.abc.AsyncIterator) else value


def finished(result: object) -> object:
    """Return what a call comes to in the end: coroutines awaited, async streams collected."""
    if inspect.isawaitable(result):
        return asyncio.run(_finish(result))
    if isinstance(result, collections.abc.AsyncIterator):
        return asyncio.run(_collect(result))
    return result


class TookTooLong(BaseException):
    """A further call did not end; no verdict is drawn from it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer; zero means no limit."""

    def stop(_number: int, _frame: types.FrameType | None) -> None:
        raise TookTooLong

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def observe(call: Call, seconds: float = 0.0) -> Json:
    """Make one call on fresh arguments and describe everything it did that can be seen."""
    build, run = call
    try:
        given = build()
    except BaseException as error:  # noqa: BLE001 (whatever it is, this call cannot be made here)
        return failure("unusable", error)
    before = {name: Description(consume=False).of(value) for name, value in given.items()}
    printed = io.StringIO()
    try:
        with time_limit(seconds), contextlib.redirect_stdout(printed):
            value = Description(consume=True).of(finished(run(given)))
        record: Json = {"outcome": "returned", "value": value}
    except TookTooLong as error:
        return failure("unusable", error)
    except BaseException as error:  # noqa: BLE001 (SystemExit is a result, too)
        record = failure("raised", error)
    record["before"] = before
    record["after"] = {name: Description(consume=False).of(value) for name, value in given.items()}
    record["printed"] = bounded(printed.getvalue())
    return record


def encoded(record: Json, limit: int) -> str:
    """Return the record as one line of JSON; what is too long for it shrinks to its digest."""
    text = json.dumps(record, sort_keys=True)
    for key in ("before", "after", "value", "frames"):
        if len(text) > limit and key in record:
            digest = hashlib.sha256(json.dumps(record[key], sort_keys=True).encode()).hexdigest()
            shrunk = {"type": "digest", "repr": digest}
            record[key] = [] if key == "frames" else shrunk if key == "value" else {"all": shrunk}
            text = json.dumps(record, sort_keys=True)
    return text


def report(calls: list[Call], nonce: str, channel: TextIO, seconds: float = 2.0) -> None:
    """Observe the reported call, then its neighbours; each result is one line after the nonce."""
    for number, call in enumerate(calls):
        record = observe(call, seconds if number else 0.0)
        limit = LATER_RECORD_BYTES if number else FIRST_RECORD_BYTES
        channel.write(f"\n{nonce} {number} {encoded(record, limit)}\n")
        channel.flush()
