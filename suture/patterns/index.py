"""What the files of a scene define: functions, classes and their members, names in scope."""

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from suture.localisation.functions import FunctionNode
from suture.patterns.source import SourceFile

MAX_BASES = 5
BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class FoundFunction:
    """A function and the file that holds it."""

    file: SourceFile
    name: str
    """Qualified."""
    node: FunctionNode


class Index:
    """Looks names up across files, by name alone: no types are known."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.files = tuple(files)
        self._members: dict[str, set[str]] = {}

    @cached_property
    def functions(self) -> dict[str, list[FoundFunction]]:
        """Functions by their own name."""
        found: dict[str, list[FoundFunction]] = {}
        for file in self.files:
            for name, node in file.functions.items():
                found.setdefault(node.name, []).append(FoundFunction(file, name, node))
        return found

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """Classes by name; the first definition counts."""
        found: dict[str, ast.ClassDef] = {}
        for file in self.files:
            for node in file.statements:
                if isinstance(node, ast.ClassDef):
                    found.setdefault(node.name, node)
        return found

    @cached_property
    def attributes(self) -> set[str]:
        """All attribute names that are used or defined anywhere."""
        used = {
            node.attr
            for file in self.files
            for node in file.nodes
            if isinstance(node, ast.Attribute)
        }
        return used.union(*(members_of(node) for node in self.classes.values()))

    @cached_property
    def keys(self) -> set[str]:
        """All text that is used as a key: in dict literals, subscripts and `get` calls."""
        return {
            key.value
            for file in self.files
            for node in file.nodes
            for key in _keys(node)
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        }

    @cached_property
    def imports(self) -> dict[str, list[tuple[SourceFile, str]]]:
        """Import statements by the name that they bind, each importing that name alone."""
        found: dict[str, list[tuple[SourceFile, str]]] = {}
        for file in self.files:
            for node in file.tree.body:
                for name, line in import_lines(node):
                    found.setdefault(name, []).append((file, line))
        return found

    def members(self, name: str) -> set[str]:
        """Return a class's members, with those of its bases in the files."""
        if name not in self._members:
            self._members[name] = self._find_members(name)
        return self._members[name]

    def _find_members(self, name: str) -> set[str]:
        found: set[str] = set()
        waiting, seen = [name], set[str]()
        while waiting and len(seen) < MAX_BASES:
            current = waiting.pop()
            node = self.classes.get(current)
            if node is None or current in seen:
                continue
            seen.add(current)
            found |= members_of(node)
            waiting.extend(last_name(base) for base in node.bases)
        return found

    def called(self, call: ast.Call) -> list[FoundFunction]:
        """Return the functions that a call may mean; of a class, its `__init__`."""
        name = last_name(call.func)
        if name in self.classes:
            return [f for f in self.functions.get("__init__", []) if f.name == f"{name}.__init__"]
        return self.functions.get(name, [])


def members_of(node: ast.ClassDef) -> set[str]:
    """Return what a class defines itself: methods, fields, slots, attributes set on self."""
    found: set[str] = set()
    for child in node.body:
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(child.name)
        elif isinstance(child, ast.Assign | ast.AnnAssign):
            found |= _assigned(child)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            found |= {inner.attr} if last_name(inner.value) in {"self", "cls"} else set()
    return found


def _assigned(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    if "__slots__" in names and node.value is not None:
        names |= {
            item.value
            for item in ast.walk(node.value)
            if isinstance(item, ast.Constant) and isinstance(item.value, str)
        }
    return names


def _keys(node: ast.AST) -> Iterator[ast.expr | None]:
    if isinstance(node, ast.Dict):
        yield from node.keys
    elif isinstance(node, ast.Subscript):
        yield node.slice
    elif isinstance(node, ast.Call) and last_name(node.func) in {"get", "pop", "setdefault"}:
        yield from node.args[:1]


def last_name(node: ast.AST | None) -> str:
    """Return the last part of a dotted name, or nothing."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def import_lines(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield each name that an import binds, with a statement that binds it alone."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname or alias.name.partition(".")[0]), f"import {_alias(alias)}"
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            yield (alias.asname or alias.name), f"from {module} import {_alias(alias)}"


def _alias(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def parameters(node: FunctionNode) -> list[ast.arg]:
    """Return the named parameters in order, `self` and `cls` of methods included."""
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def parameter_names(node: FunctionNode) -> list[str]:
    """Return the names of the parameters without `self` and `cls`."""
    return [a.arg for a in parameters(node) if a.arg not in {"self", "cls"}]


def stored_names(node: ast.AST) -> set[str]:
    """Return the names that are bound anywhere inside a node."""
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def read_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that are read by these nodes."""
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def module_names(tree: ast.Module) -> set[str]:
    """Return the names that a module binds at its top level."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {name for name, _ in import_lines(node)}
        else:
            found |= stored_names(node)
    return found


def local_names(node: FunctionNode) -> set[str]:
    """Return a function's parameters and variables, those of its comprehensions left out."""
    extra = {a.arg for a in (node.args.vararg, node.args.kwarg) if a is not None}
    inner = {
        name
        for part in ast.walk(node)
        if isinstance(part, ast.comprehension)
        for name in ast.walk(part.target)
    }
    stored = {
        name.id
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store) and name not in inner
    }
    return {a.arg for a in parameters(node)} | extra | stored
