"""What sorts out candidates with the project imported: standard library only, Python 3.8 and later.

One process collects the tests once and forks for each candidate. A child puts the candidate's code
into the functions that are there already, and runs the collected tests. That is the same as a fresh
import only where nothing but the bodies of functions changed, and where none of these functions had
run by then. Of every other candidate, and of one that fails where an unknown decorator may have
kept the old code, the server says `unsure`, and `screen_driver` tries it afresh.
`activities.screening` lays both texts into the tree.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import inspect
import os
import sys
import threading
import time
from types import CodeType, FunctionType
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple  # noqa: UP035 (3.8)

fan = importlib.import_module(__name__.replace("server", "fork")).fan

GREEN, RED, SLOW, BREAKS, UNSURE = "green", "red", "slow", "breaks", "unsure"
FLOOR_SECONDS, MULTIPLE = 0.1, 4.0
FURTHER_SECONDS, FURTHER = 5.0, 3.0
"""How long to look altogether once a candidate stands: seconds, and times what finding it took."""
SPAWNS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.system")
KINDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
KINDS |= inspect.CO_ITERABLE_COROUTINE
HARMLESS = {"property", "staticmethod", "classmethod", "contextmanager", "wraps", "lru_cache"}
HARMLESS |= {"cache", "cached_property", "abstractmethod", "setter", "getter", "override"}
"""Decorators that are known to keep the function itself."""

Key = Tuple[str, int, str]  # noqa: UP006 (3.8)
"""File, first line and name of a function's code."""
Changed = Tuple[List[FunctionType], CodeType, bool]  # noqa: UP006 (3.8)
"""Functions that a candidate changes, their new code, and whether that is all there is to it."""
Thing = Any
"""An object of pytest's or of the interpreter's, or what JSON holds."""


class Base:
    """One file as it is on the base, and where its functions are."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:  # noqa: PTH123 (a relative name is all there is)
            self.text = file.read()
        self.path = os.path.realpath(path)
        self.plain = self.text.startswith("\ufeff") or "\r" in self.text
        self.lines = self.text.split("\n")
        try:
            tree = ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError):
            tree = ast.Module(body=[], type_ignores=[])
        self.units = list(_units(tree.body, ()))
        self.flags = _future(tree)

    def unit_at(self, first: int, last: int) -> Optional[Tuple[Any, Tuple[str, ...]]]:  # noqa: UP006, UP045 (3.8)
        """Return the function whose body holds these lines, and the classes around it."""
        for node, owners in self.units:
            if node.body[0].lineno <= first and last <= node.end_lineno:
                return node, owners
        return None


def _units(body: List[ast.stmt], owners: Tuple[str, ...]) -> Iterator[Tuple[Any, Tuple[str, ...]]]:  # noqa: UP006 (3.8)
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node, owners
        elif isinstance(node, ast.ClassDef):
            yield from _units(node.body, (*owners, node.name))


def _future(tree: ast.Module) -> int:
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            future = importlib.import_module("__future__")
            for alias in node.names:
                flags |= getattr(getattr(future, alias.name, None), "compiler_flag", 0)
    return flags


def _shared(one: List[str], other: List[str]) -> int:  # noqa: UP006 (3.8)
    count = 0
    for left, right in zip(one, other):  # noqa: B905 (3.8)
        if left != right:
            break
        count += 1
    return count


def changed_function(base: Base, text: str) -> Optional[Tuple[Any, CodeType]]:  # noqa: UP006, UP045 (3.8)
    """Return the one function whose body differs, and its new code; None for every other change.

    Raises:
        SyntaxError, ValueError, RecursionError: it is no Python.
    """
    lines = text.split("\n")
    before = _shared(base.lines, lines)
    longest = min(len(base.lines), len(lines)) - before
    after = min(_shared(base.lines[::-1], lines[::-1]), longest)
    found = base.unit_at(before + 1, max(before + 1, len(base.lines) - after))
    if found is None or base.plain:
        return None
    node, owners = found
    first = first_line(node)
    last = node.end_lineno + len(lines) - len(base.lines)
    return node, _compiled(base, lines[first - 1 : last], first, owners, node.name)


def first_line(node: Thing) -> int:
    """Return a function's first line, decorators included."""
    return int(min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]))


def _kind(code: CodeType) -> int:
    """Return what a decorator may have asked: whether it is a generator, a coroutine or both."""
    return code.co_flags & KINDS


def _last(node: ast.expr) -> str:
    while isinstance(node, ast.Call):
        node = node.func
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _compiled(
    base: Base,
    lines: list[str],
    first: int,
    owners: tuple[str, ...],
    name: str,
) -> CodeType:
    """Compile a function's own lines as they stand in the file, inside classes of these names."""
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    heads = [f"{' ' * number}class {owner}:\n" for number, owner in enumerate(owners)]
    if indent and len(owners) >= len(indent.expandtabs(8)):
        raise ValueError("deeper than it is indented")
    text = "\n" * max(0, first - 1 - len(heads)) + "".join(heads) + "\n".join(lines) + "\n"
    code: CodeType = compile(text, base.path, "exec", flags=base.flags, dont_inherit=True)
    for wanted in (*owners, name):
        inner: List[CodeType] = [  # noqa: UP006 (3.8)
            c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == wanted
        ]
        if len(inner) != 1:
            raise ValueError("it is not one function any more")
        code = inner[0]
    return code


class Server:
    """A plug-in for pytest that tries candidates on the tests that were collected."""

    def __init__(self, plan: Dict[str, Any], say: Callable[[str], None]) -> None:  # noqa: UP006 (3.8)
        self.plan = plan
        self.say = say
        self.ran: Set[Key] = set()  # noqa: UP006 (3.8)
        self.items: List[Any] = []  # noqa: UP006 (3.8)
        self.guards: List[Any] = []  # noqa: UP006 (3.8)
        self.limit = FLOOR_SECONDS
        self.functions: Dict[Key, List[FunctionType]] = {}  # noqa: UP006 (3.8)
        self.bases: Dict[str, Base] = {}  # noqa: UP006 (3.8)
        self.shut: List[int] = []  # noqa: UP006 (3.8)
        self.begun = time.monotonic()
        self.stood = 0.0

    def watch(self) -> None:
        """Remember which functions run from now on."""
        ran = self.ran

        def called(frame: Thing, event: str, _: Thing) -> None:
            if event == "call":
                code = frame.f_code
                ran.add((code.co_filename, code.co_firstlineno, code.co_name))

        sys.setprofile(called)

    def pytest_runtestloop(self, session: Thing) -> bool:
        """Take the place of the run."""
        sys.setprofile(None)
        self.ran = {(os.path.realpath(path), line, name) for path, line, name in self.ran}
        wanted = self.plan["nodes"]
        for item in session.items:
            path = os.path.relpath(str(item.fspath))
            name = path + item.nodeid[len(item.nodeid.partition("::")[0]) :]
            chosen = any(
                name == node or name.startswith((node + "[", node + "::")) for node in wanted
            )
            (self.items if chosen else self.guards).append(item)
        if self.items and threading.active_count() == 1 and not session.testsfailed:
            self.serve()
        return True

    def serve(self) -> None:
        """Look at the base, then try the candidates."""
        times = self.look_at_base()
        if any(outcome == GREEN for outcome, _ in times[: len(self.items)]):
            return
        for function in gc.get_objects():
            if isinstance(function, FunctionType):
                code = function.__code__
                key = (os.path.realpath(code.co_filename), code.co_firstlineno, code.co_name)
                self.functions.setdefault(key, []).append(function)
        gc.freeze()
        self.begun = time.monotonic()
        self.fan(self.numbers(), self.prepare, self.told, self.limit)
        self.say("end")

    def numbers(self) -> Iterator[int]:
        """Yield candidates until enough of them were looked at.

        The best come first: what is found long after the first that stands is hardly better.
        """
        for number in range(len(self.plan["candidates"])):
            if self.stood and time.monotonic() - self.begun > self.stood:
                return
            yield number

    def fan(self, numbers: Iterator[int], prepare: Thing, told: Thing, seconds: float) -> None:
        """Fork for each number, within the plan's bounds."""
        fan(numbers, prepare, told, (seconds, self.plan["jobs"], self.shut))

    def look_at_base(self) -> List[Tuple[str, float]]:  # noqa: UP006 (3.8)
        """Run each test once on its own; tests that pass here are what a candidate may not break.

        It sets the limits: a small multiple of the time of tests that come to an end.
        """
        every = [*self.items, *self.guards[: self.plan["guards"]]]
        found: List[Tuple[str, float]] = [(SLOW, 0.0)] * len(every)  # noqa: UP006 (3.8)

        def told(number: int, said: str, seconds: float) -> None:
            found[number] = (said or RED, seconds)

        def prepare(number: int) -> Callable[[int], str]:
            return lambda _: GREEN if self.passes([every[number]]) else RED

        self.fan(iter(range(len(every))), prepare, told, self.plan["base_seconds"])
        passing = [seconds for outcome, seconds in found if outcome == GREEN]
        allowed = max([0.0, *passing]) + sum(passing)
        self.limit = self.plan["patience"] * (FLOOR_SECONDS + MULTIPLE * allowed)
        self.guards = [
            item
            for item, (outcome, _) in zip(self.guards, found[len(self.items) :])  # noqa: B905 (3.8)
            if outcome == GREEN
        ]
        return found

    def prepare(self, number: int) -> Thing:
        """Return what the candidate's child does, or a verdict that needs none."""
        files = self.plan["candidates"][number]
        found = None
        with contextlib.suppress(OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            found = self.changed(*files.popitem()) if len(files) == 1 else None
        if found is None:
            return UNSURE
        functions, code, sure = found
        return lambda _: self.become(functions, code, sure=sure)

    def changed(self, path: str, content: Thing) -> Optional[Changed]:  # noqa: UP045 (3.8)
        """Return what a candidate changes; None: it cannot be tried here."""
        if content is None:
            return None
        if path not in self.bases:
            self.bases[path] = Base(path)
        base = self.bases[path]
        found = changed_function(base, whole(base.text, content))
        if found is None:
            return None
        node, code = found
        sure = all(_last(decorator) in HARMLESS for decorator in node.decorator_list)
        key = (base.path, first_line(node), node.name)
        functions = self.functions.get(key, [])
        same = all(f.__code__.co_freevars == code.co_freevars for f in functions)
        same = same and (sure or all(_kind(f.__code__) == _kind(code) for f in functions))
        return (functions, code, sure) if functions and same and key not in self.ran else None

    def become(self, functions: List[FunctionType], code: CodeType, *, sure: bool) -> str:  # noqa: UP006 (3.8)
        """Be the candidate from now on, and run the tests.

        An unknown decorator may have made something of the function that its new code does not
        reach: what stands does so all the same, and what does not is tried afresh.
        """
        spawned: List[str] = []  # noqa: UP006 (3.8)
        sys.addaudithook(lambda event, _: spawned.append(event) if event in SPAWNS else None)
        for function in functions:
            function.__code__ = code
        if not self.passes(self.items):
            return UNSURE if spawned or not sure else RED
        good = self.passes(self.guards)
        return GREEN if good else BREAKS

    def passes(self, items: List[Any]) -> bool:  # noqa: UP006 (3.8)
        """Whether these tests pass in this process."""
        return all(
            _passes(item, items[number + 1] if number + 1 < len(items) else None)
            for number, item in enumerate(items)
        )

    def told(self, number: int, said: str, _: float) -> None:
        """Pass a verdict on."""
        self.say(f"{number} {said or RED}")
        if said == GREEN and not self.stood:
            self.stood = enough(time.monotonic() - self.begun)


def enough(seconds: float) -> float:
    """Return for how long to look altogether when the first that stands took so long to find."""
    return FURTHER_SECONDS + FURTHER * seconds


def _passes(item: Thing, following: Thing) -> bool:
    """Run one test as pytest does, but for its report, which can take longer than the test."""
    if hasattr(item, "_request") and not item._request:  # noqa: SLF001 (pytest does the same)
        item._initrequest()  # noqa: SLF001 (as above)
    good = True
    try:
        item.ihook.pytest_runtest_setup(item=item)
        item.ihook.pytest_runtest_call(item=item)
    except BaseException:  # noqa: BLE001 (a failure, a skip, or the end of the process)
        good = False
    try:
        item.ihook.pytest_runtest_teardown(item=item, nextitem=following)
    except BaseException:  # noqa: BLE001 (as above)
        good = False
    # A unittest case keeps its failures for the report.
    return good and not getattr(item, "_excinfo", None)


def whole(base: str, content: Thing) -> str:
    """Return a candidate's text: itself, or how much of the base stays on both sides of what."""
    if isinstance(content, str):
        return content
    before, after, middle = content
    return base[:before] + str(middle) + base[len(base) - after :]


def serve(plan: Dict[str, Any], channel: int) -> None:  # noqa: UP006 (3.8)
    """Collect the tests and try all candidates; never return."""

    def say(said: str) -> None:
        os.write(channel, (said + "\n").encode())

    server = Server(plan, say)
    server.shut.append(channel)
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        pytest = importlib.import_module("pytest")
        server.watch()
        pytest.main([*plan["collect"]], plugins=[server])
    finally:
        os._exit(0)
