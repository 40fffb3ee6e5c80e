"""What new expressions and statements may be made of: the code around, and the names in reach."""

import ast
from collections import Counter
from collections.abc import Iterator

from suture.patterns.index import BUILTINS, read_names
from suture.patterns.parsed import COMPREHENSIONS, Spot
from suture.patterns.scene import Node, Scene

MAX_TEXT = 60
MAX_INGREDIENTS = 30
MAX_NAMES = 10
MAX_SPOTS = 90
MAX_PER_FUNCTION = 50
TRIVIAL = (ast.Constant, ast.Starred, ast.JoinedStr, ast.FormattedValue, ast.Lambda)
PREFERRED = {"self", "cls"}


def likeliest(scene: Scene) -> tuple[Spot, ...]:
    """Return the spots that are worth putting something together for."""
    room: Counter[ast.AST] = Counter()
    chosen: list[Spot] = []
    for spot in scene.spots:
        place = spot.function or spot.file.tree
        room[place] += 1
        if room[place] <= MAX_PER_FUNCTION:
            chosen.append(spot)
    return tuple(chosen[:MAX_SPOTS])


def each(scene: Scene, kind: type[Node]) -> Iterator[tuple[Spot, Node]]:
    """Yield all expressions of a kind in the likeliest spots."""
    for spot in likeliest(scene):
        for node in spot.nodes:
            if isinstance(node, kind):
                yield spot, node


def expressions_around(spot: Spot) -> tuple[tuple[str, ast.expr], ...]:
    """Return the expressions of the spot's function, each text once; none that is mere a name."""
    if spot.function is None:
        return ()
    found: dict[str, ast.expr] = {}
    for node in spot.inside:
        if not isinstance(node, ast.expr) or isinstance(node, (*TRIVIAL, ast.Name)):
            continue
        if _stands_alone(spot, node):
            text = spot.file.segment(node)
            if len(text) <= MAX_TEXT and "\n" not in text:
                found.setdefault(text, node)
    return tuple(found.items())[: 4 * MAX_INGREDIENTS]


def _stands_alone(spot: Spot, node: ast.expr) -> bool:
    """Whether an expression means the same elsewhere in the function."""
    parent = spot.file.parents[node]
    if isinstance(parent, ast.Call) and parent.func is node:
        return False
    if isinstance(node, ast.Slice | ast.GeneratorExp):
        return False
    inner = {
        name.id
        for outer in spot.file.ancestors(node)
        if isinstance(outer, COMPREHENSIONS)
        for part in outer.generators
        for name in ast.walk(part.target)
        if isinstance(name, ast.Name)
    }
    return not inner & read_names(ast.walk(node))


def variables(spot: Spot, node: ast.AST | None = None) -> tuple[str, ...]:
    """Return the variables in reach, those bound last before the statement first."""
    near = spot.near(node) if node is not None else spot.locals
    known = near - PREFERRED - {function.name for function in spot.file.functions.values()}
    return tuple(sorted(known, key=lambda name: (-spot.bound_lines.get(name, 0), name)))[:MAX_NAMES]


def values(spot: Spot) -> Iterator[tuple[ast.expr, ast.AST]]:
    """Yield the expressions of a statement that stand for a value, with their parents."""
    for node in spot.nodes:
        if not isinstance(node, ast.expr) or not _is_read(node):
            continue
        parent = spot.file.parents[node]
        if isinstance(parent, ast.Call) and parent.func is node:
            continue
        if isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is node:
            continue
        if isinstance(parent, ast.expr | ast.stmt | ast.comprehension | ast.keyword):
            yield node, parent


def _is_read(node: ast.expr) -> bool:
    if isinstance(node, ast.Starred | ast.Slice | ast.JoinedStr | ast.FormattedValue):
        return False
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def is_known(spot: Spot, node: ast.AST, text_of: ast.AST) -> bool:
    """Whether the names of an expression can be read at a node."""
    return read_names(ast.walk(text_of)) <= spot.near(node) | spot.scope | BUILTINS


def whole_function(spot: Spot) -> tuple[ast.AST, ...]:
    """Return all nodes of the outermost function around a spot."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    outer = [o for o in spot.file.ancestors(spot.statement) if isinstance(o, functions)]
    return spot.file.within(outer[-1]) if outer else ()


def bound_type(spot: Spot, name: str) -> str:
    """Return what kind of container a variable starts as: `list`, `set`, `dict`, `deque`, or ''."""
    for node in whole_function(spot):
        if not isinstance(node, ast.Assign):
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
            found = _container(node.value)
            if found:
                return found
    return ""


def _container(value: ast.expr) -> str:
    plain = {ast.List: "list", ast.ListComp: "list", ast.Set: "set", ast.Dict: "dict"}
    if type(value) in plain:
        return plain[type(value)]
    called = value.func if isinstance(value, ast.Call) else None
    name = getattr(called, "attr", getattr(called, "id", ""))
    return {"Queue": "deque", "defaultdict": "dict", "OrderedDict": "dict"}.get(
        name, name if name in {"list", "set", "dict", "deque", "Counter"} else ""
    )
