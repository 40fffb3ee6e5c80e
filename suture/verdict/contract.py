"""What a function's return annotation says of a result that was observed.

An annotation can refute an answer. That it is satisfied says little: any made-up number is a
`float`, so a satisfied contract never verifies a patch on its own, see `suture.verdict.oracle`.
"""

import ast
from enum import StrEnum

from pydantic import JsonValue

from suture.verdict.observation import Observation, Outcome

SILENT_NAMES = frozenset({"", "Any", "object", "Self", "TypeVar", "Awaitable", "Coroutine"})
WRAPPERS = frozenset({"Annotated", "Final", "Required", "NotRequired"})
ALIASES = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "FrozenSet": "frozenset",
    "Tuple": "tuple",
    "Type": "type",
}
ABSTRACT = {
    "Sequence": frozenset({"list", "tuple", "str", "bytes", "range", "deque"}),
    "MutableSequence": frozenset({"list", "deque"}),
    "Collection": frozenset({"list", "tuple", "set", "frozenset", "dict", "str", "deque"}),
    "Iterable": frozenset(
        {"list", "tuple", "set", "frozenset", "dict", "str", "iterator", "deque"}
    ),
    "Iterator": frozenset({"iterator"}),
    "Generator": frozenset({"iterator"}),
    "AsyncIterator": frozenset({"list"}),
    "AsyncGenerator": frozenset({"list"}),
    "Mapping": frozenset({"dict", "OrderedDict", "defaultdict", "Counter"}),
    "MutableMapping": frozenset({"dict", "OrderedDict", "defaultdict", "Counter"}),
    "float": frozenset({"float", "int", "bool"}),
    "int": frozenset({"int", "bool"}),
    "complex": frozenset({"complex", "float", "int"}),
    "Path": frozenset({"PosixPath", "WindowsPath"}),
    "date": frozenset({"date", "datetime"}),
}
CONCRETE = frozenset({"str", "bytes", "bool", "list", "dict", "set", "frozenset", "tuple"})
CONCRETE |= {"Decimal", "Fraction", "UUID", "datetime", "time", "timedelta"}
ITEM_CONTAINERS = frozenset({"list", "set", "frozenset", "Sequence", "Iterable", "Collection"})


class ContractVerdict(StrEnum):
    """What the contract says of an answer."""

    SATISFIED = "satisfied"
    REFUTED = "refuted"
    SILENT = "silent"


def judge_contract(returns: str | None, observation: Observation) -> ContractVerdict:
    """Return what a return annotation, as source text, says of an observed result."""
    if not returns or observation.outcome is not Outcome.RETURNED:
        return ContractVerdict.SILENT
    try:
        annotation = ast.parse(returns, mode="eval").body
        return _judge(annotation, observation.value, 0)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ContractVerdict.SILENT


def _judge(annotation: ast.expr, value: JsonValue, depth: int) -> ContractVerdict:
    options = list(_options(annotation))
    verdicts = [_judge_one(option, value, depth) for option in options]
    none_allowed = any(_name(option) == "None" for option in options)
    if _kind(value) == "NoneType":
        silent = none_allowed or ContractVerdict.SILENT in verdicts
        return ContractVerdict.SILENT if silent else ContractVerdict.REFUTED
    for verdict in (ContractVerdict.SATISFIED, ContractVerdict.SILENT):
        if verdict in verdicts:
            return verdict
    return ContractVerdict.REFUTED


def _options(annotation: ast.expr) -> list[ast.expr]:
    """Return the members of a union, quotes and wrappers taken off."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _options(ast.parse(annotation.value, mode="eval").body)
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return [*_options(annotation.left), *_options(annotation.right)]
    name, inner = _name(annotation), _inner(annotation)
    if name == "Union":
        return [option for item in inner for option in _options(item)]
    if name == "Optional" and inner:
        return [*_options(inner[0]), ast.Constant(None)]
    if name in WRAPPERS and inner:
        return _options(inner[0])
    return [annotation]


def _judge_one(annotation: ast.expr, value: JsonValue, depth: int) -> ContractVerdict:
    name, kind = _name(annotation), _kind(value)
    if name == "None":
        return ContractVerdict.REFUTED
    if name in SILENT_NAMES or kind in {"", "more", "cycle", "digest"}:
        return ContractVerdict.SILENT
    allowed = ABSTRACT.get(name) or frozenset({name})
    if kind == "NoneType":
        return ContractVerdict.REFUTED if _says_something(name) else ContractVerdict.SILENT
    if kind not in allowed:
        known = _says_something(name) and not _may_be_subclass(value)
        return ContractVerdict.REFUTED if known else ContractVerdict.SILENT
    return _judge_items(annotation, value, depth)


def _says_something(name: str) -> bool:
    """Whether the name's meaning is known, or is a class that None is no instance of."""
    return name in ABSTRACT or name in CONCRETE


def _may_be_subclass(value: JsonValue) -> bool:
    """Whether the value's class is one of a library or the project, of unknown bases."""
    if not isinstance(value, dict) or value.get("type") == "value":
        return False
    return "." in str(value.get("class", ""))


def _judge_items(annotation: ast.expr, value: JsonValue, depth: int) -> ContractVerdict:
    inner = _inner(annotation)
    items = value.get("items") if isinstance(value, dict) else None
    if _name(annotation) in ITEM_CONTAINERS and len(inner) == 1 and isinstance(items, list):
        verdicts = {_judge(inner[0], item, depth + 1) for item in items}
        if ContractVerdict.REFUTED in verdicts:
            return ContractVerdict.REFUTED
    return ContractVerdict.SATISFIED


def _name(annotation: ast.expr) -> str:
    if isinstance(annotation, ast.Constant) and annotation.value is None:
        return "None"
    node = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    if isinstance(node, ast.Attribute):
        name = node.attr
    else:
        name = node.id if isinstance(node, ast.Name) else ""
    return ALIASES.get(name, name)


def _inner(annotation: ast.expr) -> list[ast.expr]:
    if not isinstance(annotation, ast.Subscript):
        return []
    inner = annotation.slice
    return list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]


def _kind(value: JsonValue) -> str:
    """Return the last part of the name of the described value's class."""
    if not isinstance(value, dict):
        return ""
    name = value.get("class") or value.get("type")
    return name.rsplit(".", 1)[-1] if isinstance(name, str) else ""
