"""Which expression of a statement was None, empty, missing or zero, and how to ask for it."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name, parameters, read_names, stored_names
from suture.patterns.parsed import Spot
from suture.patterns.scene import Scene

EATERS = {"max", "min", "choice", "mean", "median", "reduce", "mode", "stdev", "fmean"}
READERS = {"int", "float", "Decimal"}
TAKERS = {"len", "sum", "sorted", "list", "set", "tuple", "dict", "int", "float", "iter", "join"}


@dataclass(frozen=True)
class Case:
    """An expression at a statement that may have been the bad one."""

    spot: Spot
    subject: ast.expr
    bad: str
    """The condition under which the statement fails."""
    good: str
    """The condition under which it does not."""
    words: str
    """What the subject is when it fails."""
    fit: float = 1.0

    @property
    def text(self) -> str:
        """The subject as it is written."""
        return self.spot.file.segment(self.subject)

    @property
    def called(self) -> bool:
        """Whether asking for the subject calls something."""
        return any(isinstance(n, ast.Call | ast.Await) for n in ast.walk(self.subject))

    @property
    def outside(self) -> bool:
        """Whether the subject can be read before the statement."""
        inner: set[str] = set()
        for node in self.spot.nodes:
            if isinstance(node, ast.comprehension | ast.For | ast.AsyncFor):
                inner |= stored_names(node.target)
            elif isinstance(node, ast.Lambda):
                inner |= {name.arg for name in node.args.args}
        return not read_names(ast.walk(self.subject)) & inner


def cases_at(scene: Scene, spot: Spot) -> list[Case]:
    """Return what may have been bad at a statement, by what the exception says."""
    found: dict[str, Case] = {}
    finder = FINDERS.get(scene.complaint.shape)
    for node in spot.nodes if finder else ():
        for case in finder(scene, spot, node) if finder else ():
            found.setdefault(case.bad, case)
    return list(found.values())


def none_case(spot: Spot, subject: ast.expr, fit: float = 1.0) -> Case:
    """Say that an expression was None."""
    text = spot.file.segment(subject)
    return Case(spot, subject, f"{text} is None", f"{text} is not None", "a missing", fit)


def empty_case(spot: Spot, subject: ast.expr, fit: float = 1.0) -> Case:
    """Say that a container was empty."""
    text = spot.file.segment(subject)
    return Case(spot, subject, f"not {text}", text, "an empty", fit)


def _nones(scene: Scene, spot: Spot, node: ast.AST) -> Iterator[Case]:
    name = scene.complaint.name
    if isinstance(node, ast.Attribute):
        if node.attr == name and not isinstance(node.value, ast.Constant):
            yield none_case(spot, node.value)
    elif not name:
        for subject in _used(node):
            if not isinstance(subject, ast.Constant | ast.List | ast.Dict | ast.JoinedStr):
                yield none_case(spot, subject, 0.9)


def _used(node: ast.AST) -> list[ast.expr]:
    """Return the parts of an expression that must not be None."""
    if isinstance(node, ast.Subscript):
        return [node.value]
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        return [node.iter]
    if isinstance(node, ast.Call):
        return node.args[:1] if last_name(node.func) in TAKERS else [node.func]
    if isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Tuple):
        return []
    return _operands(node)


def _operands(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.AugAssign):
        return [node.value, node.target]
    return [node.value] if isinstance(node, ast.Starred | ast.Assign) else []


def _short(_scene: Scene, spot: Spot, node: ast.AST) -> Iterator[Case]:
    if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        text, index = spot.file.segment(node.value), spot.file.segment(node.slice)
        if index in {"0", "-1"}:
            yield empty_case(spot, node.value)
        else:
            bad, good = f"len({text}) <= {index}", f"len({text}) > {index}"
            yield Case(spot, node.value, bad, good, "too short a", 0.9)
            yield empty_case(spot, node.value, 0.7)
    else:
        yield from _empties(_scene, spot, node)


def _empties(_scene: Scene, spot: Spot, node: ast.AST) -> Iterator[Case]:
    if not isinstance(node, ast.Call):
        return
    if last_name(node.func) in EATERS | READERS and node.args:
        last = node.args[-1]
        walked = isinstance(last, ast.GeneratorExp | ast.ListComp) and not last.generators[0].ifs
        yield empty_case(spot, last.generators[0].iter if walked else last)  # type: ignore[attr-defined]
    elif isinstance(node.func, ast.Attribute):
        owner = node.func.value
        if node.func.attr in {"remove", "index"} and len(node.args) == 1:
            item, text = spot.file.segment(node.args[0]), spot.file.segment(owner)
            yield Case(spot, owner, f"{item} not in {text}", f"{item} in {text}", "a missing")
        elif node.func.attr in {"pop", "popleft", "popitem"}:
            yield empty_case(spot, owner)


def _zeros(_scene: Scene, spot: Spot, node: ast.AST) -> Iterator[Case]:
    if isinstance(node, ast.BinOp):
        operator, right = node.op, node.right
    elif isinstance(node, ast.AugAssign):
        operator, right = node.op, node.value
    elif isinstance(node, ast.Call) and last_name(node.func) == "divmod" and node.args[1:]:
        operator, right = ast.Div(), node.args[1]
    else:
        return
    if isinstance(operator, ast.Div | ast.FloorDiv | ast.Mod):
        if isinstance(right, ast.Call) and last_name(right.func) == "len" and right.args:
            yield empty_case(spot, right.args[0])
        elif not isinstance(right, ast.Constant):
            text = spot.file.segment(right)
            yield Case(spot, right, f"{text} == 0", f"{text} != 0", "a zero", 0.95)
            for source in _measured(spot, right):
                yield empty_case(spot, source, 1.0)


def _measured(spot: Spot, count: ast.expr) -> Iterator[ast.expr]:
    """Yield what a name was measured from, such as `values` after `n = len(values)`."""
    for node in spot.inside:
        if isinstance(node, ast.Assign) and last_name(node.targets[0]) == last_name(count):
            call = node.value
            if isinstance(call, ast.Call) and last_name(call.func) in {"len", "sum"} and call.args:
                yield call.args[0]


def _missing(scene: Scene, spot: Spot, node: ast.AST) -> Iterator[Case]:
    if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice):
        return
    literal = isinstance(node.slice, ast.Constant)
    if literal and repr(getattr(node.slice, "value", None)) != scene.complaint.name:
        return
    key, text = spot.file.segment(node.slice), spot.file.segment(node.value)
    yield Case(spot, node, f"{key} not in {text}", f"{key} in {text}", "a missing")


def _attributes(scene: Scene, spot: Spot, node: ast.AST) -> Iterator[Case]:
    if isinstance(node, ast.Attribute) and node.attr == scene.complaint.name:
        good = f'hasattr({spot.file.segment(node.value)}, "{node.attr}")'
        yield Case(spot, node.value, f"not {good}", good, "an incomplete", 0.7)


Finder = Callable[[Scene, Spot, ast.AST], Iterator[Case]]
FINDERS: dict[Shape, Finder] = {
    Shape.NONE_USED: _nones,
    Shape.INDEX: _short,
    Shape.EMPTY: _empties,
    Shape.ZERO_DIVISION: _zeros,
    Shape.KEY: _missing,
    Shape.ATTRIBUTE: _attributes,
    Shape.LITERAL: _empties,
}


def passed_by_callers(scene: Scene, case: Case) -> Iterator[Case]:
    """Yield the same case at the callers, where the subject is a parameter that they filled."""
    function = case.spot.function
    if function is None or not isinstance(case.subject, ast.Name):
        return
    names = [parameter.arg for parameter in parameters(function)]
    if case.subject.id not in names:
        return
    position = names.index(case.subject.id)
    position -= 1 if names[0] in {"self", "cls"} else 0
    for caller in scene.on_path():
        for node in caller.nodes if not caller.crash else ():
            if isinstance(node, ast.Call) and last_name(node.func) == function.name:
                for argument in node.args[position : position + 1]:
                    yield _at_caller(caller, argument, case)


def _at_caller(caller: Spot, argument: ast.expr, case: Case) -> Case:
    text = caller.file.segment(argument)
    name = case.text
    if case.bad == f"{name} is None":
        return none_case(caller, argument)
    if case.bad == f"{name} == 0":
        return Case(caller, argument, f"{text} == 0", f"{text} != 0", case.words)
    return empty_case(caller, argument)
