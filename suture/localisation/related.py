"""Which functions may have made the bad value: on the path, called by it, or feeding it."""

import ast
from dataclasses import dataclass, field

from suture.domain.evidence import Location
from suture.index.symbols import Call
from suture.localisation.by_words import (
    LineFlow,
    builders_by_words,
    flow_by_words,
    givers_by_words,
    keepers_by_words,
    resolve_by_words,
)
from suture.localisation.flow import Flow, calls_in, flow_to, name_of
from suture.localisation.imports import imported_files, imports_of
from suture.localisation.neighbours import files_seen_from
from suture.localisation.snapshot import Snapshot, is_test_path

CRASHING = 1.0
MAKES_VALUE = 0.85
KEEPS_VALUE = 0.7
CALLS_CRASHING = 0.75
CALLED_NEARBY = 0.4
USED_FILE = 0.3
"""Of a file with a function whose result reaches the path."""
SAME_FILE = 0.2
IMPORTED = 0.15
FADING = 0.8
"""Per step away from the crash along the path."""
MAX_SAME_NAMED = 3
MAX_PATH = 12

Unit = tuple[str, str]
"""Path and qualified name; an empty name is the module's own level."""


@dataclass
class Related:
    """Functions by how likely the fault is in them, and the words at the place of the crash."""

    weights: dict[Unit, float] = field(default_factory=dict)
    roles: dict[Unit, str] = field(default_factory=dict)
    files: dict[str, float] = field(default_factory=dict)
    makers: set[Unit] = field(default_factory=set)
    """Functions whose result reaches the failing line, directly or through another."""
    words: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    """Names of fields and keys that the path reads on the lines of its frames."""
    callers: dict[Unit, frozenset[str]] = field(default_factory=dict)
    """Functions on the path above the crash -> words at the place of the call."""
    calls: tuple[Location, ...] = ()
    """Where the path called on towards the crash, oldest call first."""

    def add(self, unit: Unit, weight: float, role: str) -> None:
        """Keep the strongest role of a function."""
        if weight > self.weights.get(unit, 0.0):
            self.weights[unit] = weight
            self.roles[unit] = role

    def weight(self, unit: Unit) -> float:
        """Return how likely the fault is in this function."""
        return self.weights.get(unit, self.files.get(unit[0], 0.0))


def relate(path: tuple[Location, ...], snapshot: Snapshot) -> Related:
    """Follow the bad value back from the last place of the path to whatever may have made it."""
    related = Related(calls=path[-MAX_PATH:-1])
    words: set[str] = set()
    reads: set[str] = set()
    strength = 1.0
    for step, place in enumerate(reversed(path[-MAX_PATH:])):
        unit = (place.path, place.function or "")
        if step == 0:
            related.add(unit, CRASHING, "it is where the exception was raised")
        else:
            related.add(unit, CALLS_CRASHING * strength, "it is on the failing path")
        flow = _relate_place(related, place, strength, snapshot)
        words |= flow.words if step == 0 else flow.parameters
        reads |= flow.reads
        if step:
            related.callers[unit] = related.callers.get(unit, frozenset()) | flow.words
        strength *= FADING
    for path_used, _ in related.makers:
        related.files[path_used] = USED_FILE
    for place in path:
        related.files[place.path] = max(SAME_FILE, related.files.get(place.path, 0.0))
        for imported in _files_named_by(place.path, snapshot):
            related.files.setdefault(imported, IMPORTED)
    # What is on the path had not returned anything yet.
    related.makers -= {(place.path, place.function or "") for place in path}
    related.words, related.reads = frozenset(words), frozenset(reads)
    return related


def _relate_place(
    related: Related, place: Location, strength: float, snapshot: Snapshot
) -> Flow | LineFlow:
    file = snapshot.file(place.path)
    if file.worded is not None:
        said = flow_by_words(place, file)
        _relate_words(related, place, said, strength, snapshot)
        return said
    flow = _flow_at(place, snapshot)
    _relate_flow(related, place, flow, strength, snapshot)
    return flow


def _files_named_by(path: str, snapshot: Snapshot) -> tuple[str, ...]:
    if snapshot.file(path).worded is None:
        return imported_files(path, snapshot, depth=2)
    near = files_seen_from(path, snapshot)
    return (*near, *(each for other in near for each in files_seen_from(other, snapshot)))


def _relate_words(
    related: Related, place: Location, flow: LineFlow, strength: float, snapshot: Snapshot
) -> None:
    for calls, weight, role in (
        (flow.here, MAKES_VALUE, "it is called on the failing line"),
        (flow.earlier, MAKES_VALUE, "its result reaches the failing line"),
        (flow.around, CALLED_NEARBY, "the failing function calls it"),
    ):
        for unit in _units_called(calls, place.path, snapshot):
            related.add(unit, weight * strength, role)
            if weight == MAKES_VALUE:
                related.makers.add(unit)
            _relate_words_of_callee(related, unit, weight * strength * FADING, snapshot)
    for unit, role in keepers_by_words(place, flow, snapshot):
        related.add(unit, KEEPS_VALUE * strength, role)
    for unit, role in givers_by_words(place, flow, snapshot):
        related.add(unit, KEEPS_VALUE * strength, role)
    for unit, role in builders_by_words(place, snapshot):
        related.add(unit, KEEPS_VALUE * strength, role)


def _relate_words_of_callee(
    related: Related, unit: Unit, weight: float, snapshot: Snapshot
) -> None:
    file = snapshot.file(unit[0])
    span = file.span_of(unit[1])
    if span is None:
        return
    calls = tuple(each for each in file.symbols.calls if span.first <= each.line <= span.last)
    for inner in _units_called(calls, unit[0], snapshot):
        related.add(inner, weight * FADING, "what the failing line calls relies on it")
    role = "it defines what the failing line relies on"
    related.add((unit[0], ""), weight * FADING, role)


def _units_called(calls: tuple[Call, ...], path: str, snapshot: Snapshot) -> list[Unit]:
    units = (unit for call in calls for unit in resolve_by_words(call, path, snapshot))
    return [unit for unit in dict.fromkeys(units) if not is_test_path(unit[0])]


def resolve_call(call: ast.Call, place: Location, snapshot: Snapshot) -> tuple[Unit, ...]:
    """Return the repository's functions that a call may mean, most likely first."""
    name = name_of(call)
    if isinstance(call.func, ast.Name):
        return _resolve_name(name, place, snapshot)
    if not isinstance(call.func, ast.Attribute):
        return ()
    owner = call.func.value
    if isinstance(owner, ast.Name) and owner.id in ("self", "cls"):
        own = f"{(place.function or '').rpartition('.')[0]}.{name}"
        if snapshot.file(place.path).node_of(own):
            return ((place.path, own),)
    dotted = ast.unparse(owner)
    origin = imports_of(place.path, snapshot).get(dotted)
    if origin is not None:
        whole = name if origin.name is None else f"{origin.name}.{name}"
        return _defined(origin.path, whole, snapshot)
    return _methods_named(name, place, snapshot)


def _flow_at(place: Location, snapshot: Snapshot) -> Flow:
    file = snapshot.file(place.path)
    return flow_to(file.node_of(place.function) or file.tree, place.line)


def _relate_flow(
    related: Related, place: Location, flow: Flow, strength: float, snapshot: Snapshot
) -> None:
    for calls, weight, role in (
        (flow.calls, MAKES_VALUE, "it is called on the failing line"),
        (flow.earlier_calls, MAKES_VALUE, "its result reaches the failing line"),
        (_all_calls(place, snapshot), CALLED_NEARBY, "the failing function calls it"),
    ):
        for call in calls:
            for unit in resolve_call(call, place, snapshot):
                if not is_test_path(unit[0]):
                    related.add(unit, weight * strength, role)
                    if weight == MAKES_VALUE:
                        related.makers.add(unit)
                    _relate_callees(related, unit, weight * strength * FADING, snapshot)
    _relate_keepers(related, place, flow, strength, snapshot)


def _relate_callees(related: Related, unit: Unit, weight: float, snapshot: Snapshot) -> None:
    """What a called function calls in turn may have made its result."""
    node = snapshot.file(unit[0]).node_of(unit[1])
    place = Location(path=unit[0], line=node.lineno if node else 1, function=unit[1])
    for call in calls_in(node):
        for inner in resolve_call(call, place, snapshot):
            related.add(inner, weight * FADING, "what the failing line calls relies on it")
    read = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} if node else set()
    if read & _module_names(snapshot.file(unit[0]).tree):
        related.add((unit[0], ""), weight * FADING, "it defines what the failing line relies on")


def _all_calls(place: Location, snapshot: Snapshot) -> tuple[ast.Call, ...]:
    return calls_in(snapshot.file(place.path).node_of(place.function))


def _relate_keepers(
    related: Related, place: Location, flow: Flow, strength: float, snapshot: Snapshot
) -> None:
    """Functions that set an attribute, and modules that hold a name, that the line reads."""
    imports = imports_of(place.path, snapshot)
    for name in flow.names:
        origin = imports.get(name)
        if origin is not None and origin.name and origin.name.isupper():
            related.add((origin.path, ""), KEEPS_VALUE * strength, f"it defines {name}")
    for kind in _types_of(place, flow, snapshot):
        related.add(kind, KEEPS_VALUE * strength, f"it defines {kind[1]}, which the line is given")
        related.add((kind[0], f"{kind[1]}.__init__"), KEEPS_VALUE * strength, "it builds that")
        for maker in _makers_of(kind, place, snapshot):
            role = f"it makes the {kind[1]} that the failing line is given"
            related.add(maker, KEEPS_VALUE * strength, role)
    _relate_own_level(related, place, flow, strength, snapshot)


def _relate_own_level(
    related: Related, place: Location, flow: Flow, strength: float, snapshot: Snapshot
) -> None:
    """The file's own constants, and the class whose method this is."""
    owner = (place.function or "").rpartition(".")[0]
    file = snapshot.file(place.path)
    if owner:
        related.add((place.path, owner), KEEPS_VALUE * strength / 2, f"it is the class {owner}")
    if flow.names & _module_names(file.tree):
        related.add((place.path, ""), KEEPS_VALUE * strength, "it defines what the line reads")
    for name, node in file.nodes:
        if owner and name.startswith(f"{owner}.") and _sets(node) & flow.attributes:
            related.add((place.path, name), KEEPS_VALUE * strength, "it sets what the line reads")


def _types_of(place: Location, flow: Flow, snapshot: Snapshot) -> set[Unit]:
    """Return the repository's classes that annotate the parameters which reach the line."""
    node = snapshot.file(place.path).node_of(place.function)
    if node is None:
        return set()
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    named = {
        name
        for each in arguments
        if each.arg in flow.parameters and each.annotation is not None
        for name in _names_in(each.annotation)
    }
    found = (_resolve_name(name, place, snapshot) for name in named)
    return {
        units[0] for units in found if units and not snapshot.file(units[0][0]).node_of(units[0][1])
    }


def _makers_of(kind: Unit, place: Location, snapshot: Snapshot) -> set[Unit]:
    """Return the functions nearby whose annotation says that they return this class."""
    found = set()
    for path in dict.fromkeys((kind[0], place.path, *imported_files(place.path, snapshot))):
        for name, node in snapshot.file(path).nodes:
            if node.returns is not None and kind[1] in _names_in(node.returns):
                found.add((path, name))
    return found


def _names_in(annotation: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(annotation) if isinstance(each, ast.Name)}


def _module_names(tree: ast.Module | None) -> set[str]:
    targets: list[ast.expr] = []
    for node in tree.body if tree else ():
        if isinstance(node, ast.Assign):
            targets += node.targets
        elif isinstance(node, ast.AnnAssign):
            targets.append(node.target)
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _sets(node: ast.AST) -> set[str]:
    return {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
    }


def _resolve_name(name: str, place: Location, snapshot: Snapshot) -> tuple[Unit, ...]:
    local = _defined(place.path, name, snapshot)
    if local:
        return local
    origin = imports_of(place.path, snapshot).get(name)
    if origin is None or origin.name is None:
        return ()
    return _defined(origin.path, origin.name, snapshot)


def _defined(path: str, name: str, snapshot: Snapshot) -> tuple[Unit, ...]:
    """Return a function, or a class with what builds it."""
    file = snapshot.file(path)
    if file.node_of(name):
        return ((path, name),)
    classes = [
        node.name
        for node in (file.tree.body if file.tree else ())
        if isinstance(node, ast.ClassDef) and node.name == name
    ]
    builders = [f"{name}.__init__", f"{name}.__post_init__"] if classes else []
    found = [(path, each) for each in (*classes, *builders)]
    return tuple(unit for unit in found if unit[1] == name or file.node_of(unit[1]))


def _methods_named(name: str, place: Location, snapshot: Snapshot) -> tuple[Unit, ...]:
    """Return methods of this name nearby; many of one name say nothing."""
    found = [
        (path, qualified)
        for path in (place.path, *imported_files(place.path, snapshot))
        for qualified, _ in snapshot.file(path).nodes
        if qualified.endswith(f".{name}")
    ]
    return tuple(found) if len(found) <= MAX_SAME_NAMED else ()
