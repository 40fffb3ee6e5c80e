"""Writing values as Python source in a project's own quotes and within its line width."""

import ast
import copy

from pydantic import JsonValue

from suture.reproduction.arguments import Expression, Import, Reading, Rebuilder
from suture.reproduction.layout import ProjectLayout
from suture.reproduction.reprs import Unbuildable

WIDTH = 88
MAX_VALUE_CHARACTERS = 4_000
SINGLETONS = frozenset({"None", "True", "False"})
SEQUENCES = {"list": "[{}]", "tuple": "({})", "set": "{{{}}}", "frozenset": "frozenset({{{}}})"}
STANDARD_VALUES = {
    "decimal.Decimal",
    "fractions.Fraction",
    "uuid.UUID",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "range",
}


class Inexpressible(Exception):
    """A described value has no literal that it would be equal to."""


def quoted(value: str | bytes, *, double: bool) -> str:
    """Return a string literal in the wished quotes, unless that needs escapes."""
    text = repr(value)
    mark = text.index("'") if "'" in text[:2] else -1
    if not double or mark < 0 or '"' in text:
        return text
    return f'{text[:mark]}"{text[mark + 1 : -1]}"'


def render(text: str, indent: int, *, double: bool, lead: int = 0) -> str:
    """Return an expression laid out over several lines if one does not hold it.

    `indent` counts the spaces of the line it stands on, `lead` the characters before it there.
    """
    return _Renderer(double=double).lay_out(ast.parse(text, mode="eval").body, indent, lead)


class _Renderer:
    def __init__(self, *, double: bool) -> None:
        self._double = double

    def lay_out(self, node: ast.expr, indent: int, lead: int) -> str:
        if isinstance(node, ast.Starred):
            return f"*{self.lay_out(node.value, indent, lead + 1)}"
        flat = self._flat(node)
        if len(flat) + indent + lead <= WIDTH:
            return flat
        parts = self._parts(node, indent + 4)
        if parts is None:
            return flat
        opening, items, closing = parts
        pad = " " * (indent + 4)
        inner = "".join(f"{pad}{item},\n" for item in items)
        return f"{opening}\n{inner}{' ' * indent}{closing}"

    def _parts(self, node: ast.expr, indent: int) -> tuple[str, list[str], str] | None:
        match node:
            case ast.List(elts=[_, *_]) | ast.Tuple(elts=[_, *_]):
                opening, closing = "[]" if isinstance(node, ast.List) else "()"
                return opening, [self.lay_out(item, indent, 1) for item in node.elts], closing
            case ast.Dict(keys=[_, *_]):
                return "{", [self._entry(*pair, indent) for pair in _pairs(node)], "}"
            case ast.Call() if node.args or node.keywords:
                items = [self.lay_out(item, indent, 1) for item in node.args]
                items += [self._keyword(item, indent) for item in node.keywords]
                return f"{ast.unparse(node.func)}(", items, ")"
            case _:
                return None

    def _entry(self, key: ast.expr, value: ast.expr, indent: int) -> str:
        name = self._flat(key)
        return f"{name}: {self.lay_out(value, indent, len(name) + 3)}"

    def _keyword(self, item: ast.keyword, indent: int) -> str:
        name = f"{item.arg}=" if item.arg else "**"
        return f"{name}{self.lay_out(item.value, indent, len(name) + 1)}"

    def _flat(self, node: ast.expr) -> str:
        """Return the expression on one line, in the project's quotes."""
        double = self._double

        class Unparser(ast.NodeTransformer):
            def visit_Constant(self, item: ast.Constant) -> ast.expr:
                if isinstance(item.value, str | bytes):
                    return ast.Name(quoted(item.value, double=double), ast.Load())
                return item

        return ast.unparse(Unparser().visit(copy.deepcopy(node)))


def _pairs(node: ast.Dict) -> list[tuple[ast.expr, ast.expr]]:
    return [(key, value) for key, value in zip(node.keys, node.values, strict=True) if key]


def literal_of(description: JsonValue) -> Expression:
    """Return the expression that equals a described value.

    Raises:
        Inexpressible: the value is an object, was cut, or does not equal itself.
    """
    text = _literal(description, 0)
    if len(text) > MAX_VALUE_CHARACTERS:
        raise Inexpressible
    tree = ast.parse(text, mode="eval")
    used = {item.id for item in ast.walk(tree) if isinstance(item, ast.Name)}
    modules = [Import(module="datetime")] if "datetime" in used else []
    modules += [
        Import(module=module, name=name)
        for name, module in (("Decimal", "decimal"), ("Fraction", "fractions"), ("UUID", "uuid"))
        if name in used
    ]
    return Expression(text=text, imports=tuple(modules))


def _literal(described: JsonValue, depth: int) -> str:
    if not isinstance(described, dict) or depth > 20:  # noqa: PLR2004 (far beyond any real value)
        raise Inexpressible
    match described:
        case {"type": "sequence" | "set", "class": str(name), "items": list(items), "size": size}:
            return _items(name, items, size, depth)
        case {"type": "iterator", "items": list(items)}:
            return _items("list", items, len(items), depth)
        case {"type": "dict", "class": "dict", "pairs": list(pairs), "size": size}:
            return _entries(pairs, size, depth)
        case {"type": "value", "class": str(name), "repr": str(text)} if name in STANDARD_VALUES:
            return _checked(text)
        case {"type": "NoneType" | "bool" | "int" | "float" | "str" | "bytes", "repr": str(text)}:
            return _checked(text)
        case _:
            raise Inexpressible


def _items(name: str, items: list[JsonValue], size: JsonValue, depth: int) -> str:
    if name not in SEQUENCES or size != len(items):
        raise Inexpressible
    inner = ", ".join(_literal(item, depth + 1) for item in items)
    if not items and name in {"set", "frozenset"}:
        return f"{name}()"
    return SEQUENCES[name].format(f"{inner}," if name == "tuple" and items else inner)


def _entries(pairs: list[JsonValue], size: JsonValue, depth: int) -> str:
    if size != len(pairs):
        raise Inexpressible
    written = []
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 (key and value)
            raise Inexpressible
        written.append(f"{_literal(pair[0], depth + 1)}: {_literal(pair[1], depth + 1)}")
    return f"{{{', '.join(written)}}}"


def _checked(text: str) -> str:
    """Return a repr written anew, since it came out of the sandbox."""
    try:
        value = Rebuilder(ProjectLayout(files=()), "", Reading()).rebuild(text).text
    except Unbuildable:
        raise Inexpressible from None
    if value in {"float('nan')", "Decimal('NaN')"}:
        raise Inexpressible
    return value
