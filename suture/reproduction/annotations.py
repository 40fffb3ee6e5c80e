"""Reading annotations: what kind of container, of what, and may it be None."""

import ast

SEQUENCES = {
    "tuple": "tuple",
    "Tuple": "tuple",
    "set": "set",
    "Set": "set",
    "MutableSet": "set",
    "AbstractSet": "set",
    "frozenset": "frozenset",
    "FrozenSet": "frozenset",
    "list": "list",
    "List": "list",
    "Sequence": "list",
    "MutableSequence": "list",
    "Iterable": "list",
    "Collection": "list",
}
MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"})


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for a chain of names, else an empty text."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def unwrapped(annotation: ast.expr | None) -> ast.expr | None:
    """Return an annotation without quotes, `Optional`, `| None` and `Annotated`."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return unwrapped(ast.parse(annotation.value, mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    if isinstance(annotation, ast.BinOp):
        sides = [annotation.left, annotation.right]
        known = [side for side in sides if not _is_none(side)]
        return unwrapped(known[0]) if len(known) == 1 else None
    name, inner = subscript(annotation)
    if name in {"Optional", "Annotated", "Final"} and inner:
        return unwrapped(inner[0])
    return annotation


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def subscript(annotation: ast.expr | None) -> tuple[str, list[ast.expr]]:
    """Return the last part of an annotation's name and its arguments."""
    if isinstance(annotation, ast.Subscript):
        inner = annotation.slice
        arguments = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
        return dotted(annotation.value).rsplit(".", 1)[-1], arguments
    return (dotted(annotation).rsplit(".", 1)[-1] if annotation else ""), []


def argument_of(name: str, inner: list[ast.expr], number: int) -> ast.expr | None:
    """Return the annotation of one item of an annotated sequence."""
    if name in {"tuple", "Tuple"} and not any(
        isinstance(item, ast.Constant) and item.value is Ellipsis for item in inner
    ):
        return unwrapped(inner[number]) if number < len(inner) else None
    return unwrapped(inner[0]) if name in SEQUENCES and inner else None
