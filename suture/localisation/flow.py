"""Where the values on a line come from, within one function: a bounded, flow-blind reading."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

MAX_DEPTH = 3


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What a line works with."""

    statement: ast.stmt | None = None
    calls: tuple[ast.Call, ...] = ()
    """Made on the line itself."""
    earlier_calls: tuple[ast.Call, ...] = ()
    """Whose results reach the line through local names."""
    names: frozenset[str] = frozenset()
    """Local and global names that reach the line."""
    attributes: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    """Constant strings, such as the keys of mappings."""
    parameters: frozenset[str] = frozenset()
    """Those of the names that the caller passed in."""

    @property
    def reads(self) -> frozenset[str]:
        """Names of fields and keys that are read."""
        return self.attributes | self.keys

    @property
    def words(self) -> frozenset[str]:
        """Everything that has a name here."""
        called = {name_of(call) for call in (*self.calls, *self.earlier_calls)}
        return (self.names | self.attributes | self.keys | called) - {""}


@dataclass
class _Gathered:
    names: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    calls: list[ast.Call] = field(default_factory=list)


def flow_to(scope: ast.AST | None, line: int) -> Flow:
    """Read backwards from a line to the calls, names and parameters that feed it."""
    statement = statement_at(scope, line) if scope is not None else None
    if scope is None or statement is None:
        return Flow()
    conditions = guards_of(statement, scope) if isinstance(statement, ast.Raise) else ()
    here = _gather((*own_expressions(statement, line), *conditions))
    reached = _gather(())
    waiting, seen = set(here.names), set[str]()
    for _ in range(MAX_DEPTH):
        seen |= waiting
        step = _gather(_values_bound_to(scope, waiting))
        reached.calls += [call for call in step.calls if call not in reached.calls]
        reached.attributes |= step.attributes
        reached.keys |= step.keys
        waiting = step.names - seen
    return Flow(
        statement=statement,
        calls=tuple(here.calls),
        earlier_calls=tuple(call for call in reached.calls if call not in here.calls),
        names=frozenset(seen | waiting),
        attributes=frozenset(here.attributes | reached.attributes),
        keys=frozenset(here.keys | reached.keys),
        parameters=frozenset((seen | waiting) & set(parameters_of(scope))),
    )


def statement_at(scope: ast.AST, line: int) -> ast.stmt | None:
    """Return the innermost statement that covers this line."""
    found: ast.stmt | None = None
    for node in ast.walk(scope):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            found = node if found is None or _size(node) <= _size(found) else found
    return found


def own_expressions(statement: ast.stmt, line: int) -> Iterator[ast.expr]:
    """Return a statement's expressions; of a definition or a block, only those of its head."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.withitem):
            yield child.context_expr
        elif isinstance(child, ast.match_case) and child.guard and child.guard.lineno == line:
            yield child.guard


def guards_of(statement: ast.stmt, scope: ast.AST) -> tuple[ast.expr, ...]:
    """Return the conditions and collections that let control reach a statement."""
    blocks = (
        node
        for node in ast.walk(scope)
        if isinstance(node, ast.If | ast.While | ast.For | ast.AsyncFor)
    )
    return tuple(
        block.test if isinstance(block, ast.If | ast.While) else block.iter
        for block in blocks
        if _covers(block, statement)
    )


def parameters_of(scope: ast.AST) -> tuple[str, ...]:
    """Return the names of a function's parameters; none for anything else."""
    if not isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        return ()
    own = scope.args
    every = [*own.posonlyargs, *own.args, *own.kwonlyargs, own.vararg, own.kwarg]
    return tuple(each.arg for each in every if each is not None)


def name_of(call: ast.Call) -> str:
    """Return the last part of what is called, or an empty string."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def calls_in(scope: ast.AST | None) -> tuple[ast.Call, ...]:
    """Return all calls that a function makes."""
    nodes = ast.walk(scope) if scope is not None else ()
    return tuple(node for node in nodes if isinstance(node, ast.Call))


def _size(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno


def _covers(outer: ast.stmt, inner: ast.stmt) -> bool:
    return outer.lineno <= inner.lineno <= (outer.end_lineno or outer.lineno)


def _gather(expressions: Iterable[ast.expr]) -> _Gathered:
    found = _Gathered()
    for expression in expressions:
        for node in ast.walk(expression):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.names.add(node.id)
            elif isinstance(node, ast.Attribute):
                found.attributes.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.keys.add(node.value[:100])
            elif isinstance(node, ast.Call):
                found.calls.append(node)
    return found


def _values_bound_to(scope: ast.AST, names: set[str]) -> Iterator[ast.expr]:
    for node in ast.walk(scope):
        for target, value in _bindings(node):
            bound = {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
            if bound & names:
                yield value


def _bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value:
        yield node.target, node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, node.iter
    elif isinstance(node, ast.withitem) and node.optional_vars:
        yield node.optional_vars, node.context_expr
