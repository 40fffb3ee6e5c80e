"""Python expressions that rebuild a frame's locals.

Locals arrive as sentry-sdk writes them (`sentry_sdk/serializer.py`): each leaf is the value's repr,
mappings and sequences stay JSON to a depth of five and are cut after ten entries, and tuples, sets
and lists look alike. The text is hostile. It is parsed, never evaluated; the result is written
anew from a handful of allowed nodes, so nothing of the original text survives but literal values,
names of classes found in the repository, and a fixed list of constructors of the standard library.
"""

import ast
import math

from pydantic import JsonValue

from suture.domain.value import Value
from suture.reproduction.annotations import (
    MAPPINGS,
    SEQUENCES,
    argument_of,
    dotted,
    subscript,
    unwrapped,
)
from suture.reproduction.layout import (
    ClassSource,
    ProjectLayout,
    base_names,
    builds_without_arguments,
    decorator_names,
    fields_of_class,
    is_enum,
)
from suture.reproduction.reprs import (
    ADDRESS_OBJECT,
    FUNCTION_OBJECT,
    Unbuildable,
    clean_repr,
    is_redacted,
    looks_truncated,
)

MAX_DEPTH = 30
MAX_NODES = 3_000
SENTRY_BREADTH = 10

STANDARD = {
    "Decimal": ("decimal", "Decimal"),
    "Fraction": ("fractions", "Fraction"),
    "UUID": ("uuid", "UUID"),
    "datetime.datetime": ("datetime", None),
    "datetime.date": ("datetime", None),
    "datetime.time": ("datetime", None),
    "datetime.timedelta": ("datetime", None),
    "datetime.timezone": ("datetime", None),
    "zoneinfo.ZoneInfo": ("zoneinfo", None),
    "PosixPath": ("pathlib", "Path"),
    "WindowsPath": ("pathlib", "PureWindowsPath"),
    "PurePosixPath": ("pathlib", "PurePosixPath"),
    "PureWindowsPath": ("pathlib", "PureWindowsPath"),
    "OrderedDict": ("collections", "OrderedDict"),
    "Counter": ("collections", "Counter"),
    "deque": ("collections", "deque"),
    "namespace": ("types", "SimpleNamespace"),
}
BUILTINS = frozenset({"set", "frozenset", "range", "bytearray", "slice"})


class Import(Value):
    """One import that an expression needs."""

    module: str
    name: str | None = None
    """None imports the module itself."""

    @property
    def statement(self) -> str:
        """The import as a statement."""
        return f"from {self.module} import {self.name}" if self.name else f"import {self.module}"


class Reading(Value):
    """How to read what the wire format leaves open."""

    sequence: str = "list"
    """What a JSON list was, where no annotation says so."""
    number_keys: bool = False
    """Whether mapping keys that look like numbers were numbers."""


class Expression(Value):
    """Source text of one value."""

    text: str
    imports: tuple[Import, ...] = ()
    notes: tuple[str, ...] = ()
    """What was assumed; each makes the value less certain."""
    open_sequence: bool = False
    """A sequence's kind was guessed: another `Reading` may fit better."""
    open_keys: bool = False


class Rebuilder:
    """Rebuilds the values of one frame."""

    def __init__(self, layout: ProjectLayout, near: str, reading: Reading) -> None:
        self._layout = layout
        self._near = near
        self._reading = reading
        self._imports: dict[str, Import] = {}
        self._notes: list[str] = []
        self._nodes = 0
        self._open = {"sequence": False, "keys": False}

    def rebuild(self, value: JsonValue, annotation: ast.expr | None = None) -> Expression:
        """Return an expression for a local.

        Raises:
            Unbuildable: with the reason, for people.
        """
        self._imports, self._notes, self._nodes = {}, [], 0
        self._open = {"sequence": False, "keys": False}
        try:
            text = ast.unparse(self._json(value, unwrapped(annotation), 0))
        except RecursionError:
            raise Unbuildable("it is nested too deeply") from None
        return Expression(
            text=text,
            imports=tuple(self._imports.values()),
            notes=tuple(dict.fromkeys(self._notes)),
            open_sequence=self._open["sequence"],
            open_keys=self._open["keys"],
        )

    def _count(self, depth: int) -> None:
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise Unbuildable("it is too large")

    def _json(self, value: JsonValue, hint: ast.expr | None, depth: int) -> ast.expr:
        self._count(depth)
        if isinstance(value, str):
            return self._text(value, hint, depth)
        if isinstance(value, list):
            return self._sequence(value, hint, depth)
        if isinstance(value, dict):
            return self._mapping(value, hint, depth)
        if isinstance(value, float) and not math.isfinite(value):
            raise Unbuildable("it is a number that JSON does not have")
        return _constant(value)

    def _sequence(self, value: list[JsonValue], hint: ast.expr | None, depth: int) -> ast.expr:
        if len(value) >= SENTRY_BREADTH:
            self._notes.append("a sequence may have been cut after ten items")
        name, inner = subscript(hint)
        items = [
            self._json(item, argument_of(name, inner, number), depth + 1)
            for number, item in enumerate(value)
        ]
        source = self._class(name) if name and name not in SEQUENCES else None
        if source and "NamedTuple" in base_names(source.node):
            return ast.Call(self._reference(source), items, [])
        kind = SEQUENCES.get(name)
        if kind is None:
            self._open["sequence"] = True
            kind = self._reading.sequence
        return _sequence_of(kind, items)

    def _mapping(self, value: dict[str, JsonValue], hint: ast.expr | None, depth: int) -> ast.expr:
        if len(value) >= SENTRY_BREADTH:
            self._notes.append("a mapping may have been cut after ten entries")
        name, inner = subscript(hint)
        types = inner if name in MAPPINGS and len(inner) == 2 else [None, None]  # noqa: PLR2004 (key, value)
        keys = [self._key(key, types[0]) for key in value]
        items = [self._json(item, types[1], depth + 1) for item in value.values()]
        return ast.Dict(list(keys), items)

    def _key(self, key: str, hint: ast.expr | None) -> ast.expr:
        """Mapping keys arrive by `str`, so that 1 and "1" look the same."""
        name = subscript(hint)[0]
        number = key.removeprefix("-").isdecimal() and key.isascii() and len(key) < MAX_DEPTH
        if number and name not in {"str", "int"}:
            self._open["keys"] = True
        wanted = self._reading.number_keys if name != "int" else True
        if number and name != "str" and wanted:
            return _constant(int(key))
        if name in {"str", ""} or not (source := self._class(name)):
            return _constant(key)
        member = key.rsplit(".", 1)[-1]
        if is_enum(source.node) and member.isidentifier():
            return ast.Attribute(self._reference(source), member, ast.Load())
        return _constant(key)

    def _text(self, text: str, hint: ast.expr | None, depth: int) -> ast.expr:
        if is_redacted(text):
            if subscript(hint)[0] not in {"", "str", "Any", "object"}:
                raise Unbuildable("it was redacted")
            self._notes.append("a redacted text was replaced by a placeholder")
            return _constant("redacted")
        if match := ADDRESS_OBJECT.fullmatch(text):
            return self._bare_object(match["name"])
        if match := FUNCTION_OBJECT.fullmatch(text):
            return self._function(match["name"])
        if looks_truncated(text):
            raise Unbuildable("its value was truncated")
        try:
            tree = ast.parse(clean_repr(text), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise Unbuildable("its repr does not say how to build it") from None
        return self._node(tree.body, depth)

    def _bare_object(self, name: str) -> ast.expr:
        source = self._class(name)
        if source is None or not builds_without_arguments(source.node) or is_enum(source.node):
            raise Unbuildable("only its address is known")
        self._notes.append(f"a fresh {source.name}() stands for an object known by its address")
        return ast.Call(self._reference(source), [], [])

    def _function(self, name: str) -> ast.expr:
        """A function that was passed along is named, if the repository has one of that name."""
        found = self._layout.find_plain_function(name)
        way = self._layout.import_path(found) if found else None
        if way is None:
            raise Unbuildable(f"the function {name} is not in the repository, or more than once")
        self._need(way.module, name)
        return _dotted_node(name)

    def _node(self, node: ast.expr, depth: int) -> ast.expr:
        self._count(depth)
        match node:
            case ast.Constant():
                return _constant(node.value)
            case ast.UnaryOp() | ast.BinOp():
                return self._number(node)
            case ast.List() | ast.Tuple() | ast.Set():
                items = [self._node(item, depth + 1) for item in node.elts]
                return _sequence_of(type(node).__name__.lower(), items)
            case ast.Dict():
                return self._dict(node, depth)
            case ast.Call():
                return self._call(node, depth)
            case _:
                return self._name(node)

    def _number(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return ast.UnaryOp(node.op, self._number(node.operand))
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return ast.BinOp(self._number(node.left), node.op, self._number(node.right))
            case ast.Name(id="inf" | "nan"):
                return self._name(node)
            case ast.Constant(value=int() | float() | complex()):
                return _constant(node.value)
            case _:
                raise Unbuildable("it holds an expression that is no value")

    def _dict(self, node: ast.Dict, depth: int) -> ast.expr:
        keys = []
        for key in node.keys:
            if key is None:
                raise Unbuildable("it holds an expression that is no value")
            keys.append(self._node(key, depth + 1))
        return ast.Dict(list(keys), [self._node(item, depth + 1) for item in node.values])

    def _name(self, node: ast.expr) -> ast.expr:
        name = dotted(node)
        if name in {"inf", "nan"}:
            return ast.Call(ast.Name("float", ast.Load()), [_constant(name)], [])
        if name == "datetime.timezone.utc":
            self._need("datetime", None)
            return _dotted_node(name)
        owner, _, member = name.rpartition(".")
        if owner == "__class__" or owner.startswith("__class__."):
            return self._project_class(name.removeprefix("__class__."))
        source = self._class(owner) if owner else None
        if source is None or not is_enum(source.node):
            raise Unbuildable(f"it holds {name or 'an expression'}, which is no value")
        return ast.Attribute(self._reference(source), member, ast.Load())

    def _project_class(self, name: str) -> ast.expr:
        if name in {"int", "str", "float", "bool", "bytes", "list", "dict", "set", "tuple"}:
            return ast.Name(name, ast.Load())
        source = self._class(name)
        if source is None:
            raise Unbuildable(f"the class {name} is not in the repository")
        return self._reference(source)

    def _call(self, node: ast.Call, depth: int) -> ast.expr:
        name = dotted(node.func)
        if not name or any(keyword.arg is None for keyword in node.keywords):
            raise Unbuildable("its repr does not say how to build it")
        source = None
        if name in BUILTINS:
            function: ast.expr = ast.Name(name, ast.Load())
        elif name in STANDARD and (source := self._shadow(name)) is None:
            module, short = STANDARD[name]
            self._need(module, short)
            function = _dotted_node(short or name)
        else:
            source = source or self._class(name)
            if source is None:
                raise Unbuildable(f"the class {name} is not in the repository, or more than once")
            function = self._reference(source)
        dropped = _not_init(source) if source else set()
        arguments = [self._node(item, depth + 1) for item in node.args]
        keywords = [
            ast.keyword(item.arg, self._node(item.value, depth + 1))
            for item in node.keywords
            if item.arg not in dropped
        ]
        return ast.Call(function, arguments, keywords)

    def _shadow(self, name: str) -> ClassSource | None:
        """A class of the project's own may be named like one of the standard library."""
        return self._class(name) if "." not in name else None

    def _class(self, name: str) -> ClassSource | None:
        return self._layout.find_class(name, self._near) if name else None

    def _reference(self, source: ClassSource) -> ast.expr:
        way = self._layout.import_path(source.path)
        if way is None:
            raise Unbuildable(f"the class {source.name} cannot be imported by name")
        self._need(way.module, source.name.split(".")[0])
        return _dotted_node(source.name)

    def _need(self, module: str, name: str | None) -> None:
        key = name or module
        wanted = Import(module=module, name=name)
        if self._imports.setdefault(key, wanted) != wanted:
            raise Unbuildable(f"two classes named {key} are needed at once")


def _not_init(source: ClassSource) -> set[str]:
    """Return fields that a dataclass shows in its repr but does not take."""
    if not decorator_names(source.node) & {"dataclass", "define", "frozen", "attrs", "s"}:
        return set()
    return {
        name
        for name, default, _ in fields_of_class(source.node)
        if isinstance(default, ast.Call) and "init=False" in ast.unparse(default).replace(" ", "")
    }


def _constant(value: object) -> ast.Constant:
    return ast.Constant(value)  # type: ignore[arg-type]  # JSON scalars and parsed literals only


def _sequence_of(kind: str, items: list[ast.expr]) -> ast.expr:
    if kind == "tuple":
        return ast.Tuple(items, ast.Load())
    if kind == "list":
        return ast.List(items, ast.Load())
    if kind == "set" and items:
        return ast.Set(items)
    inside = [ast.List(items, ast.Load())] if items else []
    return ast.Call(ast.Name(kind, ast.Load()), list(inside), [])


def _dotted_node(name: str) -> ast.expr:
    first, *rest = name.split(".")
    node: ast.expr = ast.Name(first, ast.Load())
    for part in rest:
        node = ast.Attribute(node, part, ast.Load())
    return node
