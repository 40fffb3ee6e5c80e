"""Which calls of the project may show the reported failure again, most telling first.

The outermost frame that can be called leads, because the fault may be anywhere below it and its
result says most about what is right. Frames whose arguments are uncertain come after all others.
"""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from suture.domain.alert import Alert, Frame
from suture.domain.evidence import Evidence
from suture.domain.value import Value
from suture.reproduction.arguments import Expression, Reading, Rebuilder
from suture.reproduction.layout import (
    FunctionSource,
    ImportPath,
    ProjectLayout,
    decorator_names,
)
from suture.reproduction.reprs import Unbuildable
from suture.reproduction.stability import change_before
from suture.verdict.observation import own_frames, reported, same_file

MAX_FRAMES = 16
MAX_TARGETS = 12
READINGS = (
    Reading(),
    Reading(sequence="tuple"),
    Reading(number_keys=True),
    Reading(sequence="tuple", number_keys=True),
    Reading(sequence="set"),
)
UNITTEST_ID = re.compile(r"(?P<name>\w+) \((?P<dotted>[\w.]+)\)")


class TargetKind(StrEnum):
    """How a target is called."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS_METHOD = "class_method"
    CONSTRUCTOR = "constructor"
    PROPERTY = "property"
    MODULE = "module"
    """The failure is in the module's own top level: importing it is the call."""


class Passing(StrEnum):
    """How an argument is passed."""

    KEYWORD = "keyword"
    POSITION = "position"
    ITEMS = "items"
    ENTRIES = "entries"


class Argument(Value):
    """One argument of a call."""

    name: str
    expression: Expression
    passing: Passing


class Target(Value):
    """A call that may show the failure."""

    kind: TargetKind
    path: str
    way: ImportPath
    name: str
    """Qualified name inside the module; empty for the module itself."""
    line: int = Field(ge=0)
    receiver: Expression | None = None
    """Builds `self`, for methods and properties."""
    arguments: tuple[Argument, ...] = ()
    asynchronous: bool = False
    generator: bool = False
    returns: str | None = None
    """The return annotation's source."""
    distance: int = Field(default=0, ge=0)
    """Calls between this one and the crash."""
    doubts: tuple[str, ...] = ()
    """Why the arguments may differ from production's; empty when nothing speaks against them."""

    @property
    def carries_data(self) -> bool:
        """Whether anything of the alert's own goes into the call."""
        return bool(self.arguments) or self.receiver is not None


class Search(Value):
    """What looking for targets came to."""

    targets: tuple[Target, ...]
    refusals: tuple[str, ...]
    """Why the other frames cannot be called, for people."""


def find_targets(alert: Alert, evidence: Evidence, layout: ProjectLayout) -> Search:
    """Return the calls to try, best first, and why other frames are out."""
    link = reported(alert)
    frames = own_frames(link.frames) if link else ()
    half = MAX_FRAMES // 2
    if len(frames) > MAX_FRAMES:
        frames = frames[:half] + frames[-half:]
    ranked: list[tuple[bool, bool, int, int, Target]] = []
    refusals: list[str] = []
    for place, frame in enumerate(frames):
        try:
            found = list(_targets(_Site(frame, len(frames) - 1 - place, evidence, layout)))
        except Unbuildable as reason:
            refusals.append(f"{frame.function or '?'} in {frame.filename}: {reason}"[:500])
            continue
        ranked.extend(
            (bool(target.doubts), not target.carries_data, place, number, target)
            for number, target in enumerate(found)
        )
    ranked.sort(key=lambda item: item[:4])
    return Search(targets=tuple(item[4] for item in ranked[:MAX_TARGETS]), refusals=tuple(refusals))


class _Site:
    """A frame together with the code that it ran, as it is now."""

    def __init__(
        self, frame: Frame, distance: int, evidence: Evidence, layout: ProjectLayout
    ) -> None:
        self.frame = frame
        self.distance = distance
        self.layout = layout
        self.path = _path_of(frame, evidence, layout)
        module = frame.module if frame.module != "__main__" else None
        way = layout.import_path(self.path, module)
        if way is None:
            raise Unbuildable("its file cannot be imported by name")
        self.way = way

    def function(self) -> FunctionSource:
        """Return the function's definition.

        Raises:
            Unbuildable: it is not there, or cannot be reached from outside.
        """
        wanted = (self.frame.function or "").rsplit(".", 1)[-1]
        named = [
            found for found in self.layout.find_functions(self.path) if found.node.name == wanted
        ]
        if len(named) > 1:
            line = self.frame.lineno or 0
            named = [
                found
                for found in named
                if found.node.lineno <= line <= (found.node.end_lineno or 0)
            ][-1:]
        if not named:
            raise Unbuildable("the function is not there any more")
        if "<locals>" in named[0].name:
            raise Unbuildable("it is defined inside another function")
        return named[0]


def _path_of(frame: Frame, evidence: Evidence, layout: ProjectLayout) -> str:
    for place in evidence.path:
        known = place.path in layout.sources and same_file(place.path, frame.filename)
        if known and (place.function or "").rsplit(".", 1)[-1] == (frame.function or ""):
            return place.path
    path = layout.find_file(frame.filename)
    if path is None:
        raise Unbuildable("its file is not in the repository, or not the only one of that name")
    return path


def _targets(site: _Site) -> Iterator[Target]:
    """Yield a target for each reading of the frame's locals that differs from the earlier ones."""
    if site.frame.function == "<module>":
        if site.distance == 0:
            yield _target(site, TargetKind.MODULE, None, Reading())
        return
    function = site.function()
    kind = _kind_of(function)
    first = _target(site, kind, function, READINGS[0])
    yield first
    values = [argument.expression for argument in first.arguments]
    values += [first.receiver] if first.receiver else []
    for reading in READINGS[1:]:
        if reading.sequence != "list" and not any(value.open_sequence for value in values):
            continue
        if reading.number_keys and not any(value.open_keys for value in values):
            continue
        doubt = "the wire format leaves the kind of a container open; this is a further reading"
        other = _target(site, kind, function, reading)
        yield other.model_copy(update={"doubts": (*other.doubts, doubt)})


def _kind_of(function: FunctionSource) -> TargetKind:
    names = decorator_names(function.node)
    if function.owner is None or "staticmethod" in names:
        return TargetKind.FUNCTION
    if function.node.name == "__init__":
        return TargetKind.CONSTRUCTOR
    if "classmethod" in names or function.node.name in {"__new__", "__init_subclass__"}:
        return TargetKind.CLASS_METHOD
    if names & {"property", "cached_property"}:
        return TargetKind.PROPERTY
    return TargetKind.METHOD


def _target(
    site: _Site, kind: TargetKind, function: FunctionSource | None, reading: Reading
) -> Target:
    target = Target(
        kind=kind, path=site.path, way=site.way, name="", line=0, distance=site.distance
    )
    if function is None:
        return target
    call = _Arguments(site, function, Rebuilder(site.layout, site.path, reading))
    receiver = call.receiver() if kind in {TargetKind.METHOD, TargetKind.PROPERTY} else None
    arguments = call.all(bound=kind is not TargetKind.FUNCTION)
    returns = function.node.returns
    return target.model_copy(
        update={
            "name": function.name,
            "line": function.node.lineno,
            "receiver": receiver,
            "arguments": arguments,
            "asynchronous": isinstance(function.node, ast.AsyncFunctionDef),
            "generator": _yields(function.node),
            "returns": ast.unparse(returns) if returns else None,
            "doubts": call.doubts(),
        }
    )


def _yields(node: ast.AST) -> bool:
    waiting: list[ast.AST] = list(ast.iter_child_nodes(node))
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(item))
    return False


class _Arguments:
    """Rebuilds the arguments of one frame's function."""

    def __init__(self, site: _Site, function: FunctionSource, rebuilder: Rebuilder) -> None:
        self._frame = site.frame
        self._layout = site.layout
        self._function = function
        self._rebuilder = rebuilder
        self._doubts: list[str] = []

    def doubts(self) -> tuple[str, ...]:
        """Return what speaks against the arguments."""
        return tuple(dict.fromkeys(self._doubts))

    def receiver(self) -> Expression:
        """Return how to build `self`."""
        given = self._function.node.args
        names = [item.arg for item in given.posonlyargs + given.args]
        return self._value(names[0] if names else "", None)

    def all(self, *, bound: bool) -> tuple[Argument, ...]:
        """Return the arguments, without the first one of bound calls."""
        given = self._function.node.args
        positions = given.posonlyargs + given.args
        required = len(positions) - len(given.defaults)
        rest = given.vararg is not None and bool(self._frame.variables.get(given.vararg.arg))
        found: list[Argument] = []
        for number, item in enumerate(positions):
            if number == 0 and bound:
                continue
            only = number < len(given.posonlyargs) or rest
            passing = Passing.POSITION if only else Passing.KEYWORD
            found.extend(self._one(item, passing, optional=number >= required))
        if rest and given.vararg is not None:
            found.extend(self._one(given.vararg, Passing.ITEMS, optional=True))
        for item, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            found.extend(self._one(item, Passing.KEYWORD, optional=default is not None))
        if given.kwarg is not None and self._frame.variables.get(given.kwarg.arg):
            found.extend(self._one(given.kwarg, Passing.ENTRIES, optional=True))
        return tuple(found)

    def _one(self, item: ast.arg, passing: Passing, *, optional: bool) -> list[Argument]:
        if optional and item.arg not in self._frame.variables:
            self._doubts.append(f"{item.arg} was not captured; its default stands in")
            return []
        packed = passing in {Passing.ITEMS, Passing.ENTRIES}
        value = self._value(item.arg, None if packed else item.annotation)
        return [Argument(name=item.arg, expression=value, passing=passing)]

    def _value(self, name: str, annotation: ast.expr | None) -> Expression:
        if name not in self._frame.variables:
            raise Unbuildable(f"its argument {name or 'self'} was not captured")
        try:
            value = self._rebuilder.rebuild(self._frame.variables[name], annotation)
        except Unbuildable as reason:
            raise Unbuildable(f"its argument {name} cannot be rebuilt: {reason}") from None
        self._doubts.extend(value.notes)
        change = change_before(self._function.node, name, self._frame.lineno)
        self._doubts.extend([change] if change else [])
        return value


def failing_tests(alert: Alert, layout: ProjectLayout) -> tuple[str, ...]:
    """Return pytest node ids, relative to the service's root, of the failed tests found here."""
    found = []
    for test in alert.failed_tests:
        node_id = test.node_id.strip()
        if match := UNITTEST_ID.fullmatch(node_id):
            node_id = _from_unittest(match["name"], match["dotted"])
        filename, separator, rest = node_id.partition("::")
        path = layout.find_file(filename)
        inner = layout.inside(path) if path else None
        if inner and not inner.startswith("-") and "\n" not in rest:
            found.append(f"{inner}{separator}{rest}")
    return tuple(dict.fromkeys(found))


def _from_unittest(name: str, dotted: str) -> str:
    parts = dotted.removesuffix(f".{name}").split(".")
    classes = [part for part in parts if part[:1].isupper()]
    modules = [part for part in parts if part not in classes]
    return "::".join([f"{'/'.join(modules)}.py", *classes, name])
