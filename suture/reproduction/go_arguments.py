"""Reads the words of arguments that Go prints in a panic, where they decide the values.

A panic shows machine words, `{0xc000012345, 0x3, 0x4}` for a slice of three, and marks what may
be out of date with `?`: https://go.dev/doc/go1.17#compiler. Nobody can follow a pointer afterwards,
so that only numbers, and what is empty or nil, can be had again.
"""

import re

from suture.index.symbols import Definition

MAX_WORDS = 200
WORDS = re.compile(r"[{}]|0x[0-9a-f]{1,16}\??|\.\.\.|_")
SIGNED = {"int": 64, "int64": 64, "int32": 32, "rune": 32, "int16": 16, "int8": 8}
UNSIGNED = frozenset({"uint", "uint64", "uint32", "uint16", "uint8", "byte", "uintptr"})
SLICE_WORDS, TEXT_WORDS, INTERFACE_WORDS = 3, 2, 2
SIGNATURE = re.compile(
    r"^func\s+(?P<name>\w+)\((?P<takes>[^()]{0,500})\)\s*(?P<gives>\([^()]{0,300}\)|[^{(\n]{0,200})\s*\{",
    re.MULTILINE,
)


class CannotRebuild(Exception):
    """Why a call cannot be made again, for people."""


def go_arguments(source: str, function: Definition, words: str) -> tuple[tuple[str, ...], int]:
    """Return the arguments as source, and how many results there are.

    Raises:
        CannotRebuild: the words leave a value open.
    """
    lines = "\n".join(source.splitlines()[function.first - 1 : function.last])
    found = SIGNATURE.search(lines)
    if found is None or found["name"] != function.name:
        raise CannotRebuild(f"What {function.name} takes cannot be read.")
    read = WORDS.findall(words[:4_000])[:MAX_WORDS]
    position, arguments = 0, []
    for kind in _kinds(found["takes"], function.name):
        value, position = _value(kind, read, position, function.name)
        arguments.append(value)
    if position != len(read):
        raise CannotRebuild(f"The panic shows other arguments than {function.name} takes now.")
    gives = found["gives"].strip().strip("()")
    return tuple(arguments), len([part for part in gives.split(",") if part.strip()])


def _kinds(takes: str, function: str) -> list[str]:
    """Return the types of parameters, `a, b int` being two."""
    parts = [part.split(None, 1) for part in takes.split(",") if part.strip()]
    kinds: list[str] = []
    kind = ""
    for part in reversed(parts):
        kind = part[1].strip() if len(part) > 1 else kind
        kinds.append(kind)
    if "" in kinds or any(each.startswith("...") for each in kinds):
        raise CannotRebuild(f"What {function} takes is more than plain names.")
    return kinds[::-1]


def _value(kind: str, words: list[str], position: int, function: str) -> tuple[str, int]:
    open_ = CannotRebuild(f"The panic leaves open what {function} was called with.")
    if position >= len(words):
        raise open_
    word = words[position]
    if kind in SIGNED or kind in UNSIGNED or kind == "bool":
        return _number(kind, _sure(word, open_)), position + 1
    if kind.startswith(("*", "map[", "chan ", "func(")):
        if _sure(word, open_) != 0:
            raise open_
        return "nil", position + 1
    if word != "{":
        raise open_
    end = words.index("}", position) if "}" in words[position:] else position
    inside = words[position + 1 : end]
    return _grouped(kind, inside, open_), end + 1


def _grouped(kind: str, inside: list[str], open_: CannotRebuild) -> str:
    """Return a slice, a text or an interface that is empty or nil."""
    if kind.startswith("[]") and len(inside) == SLICE_WORDS and _sure(inside[1], open_) == 0:
        return "nil" if inside[0] == "0x0" else f"{kind}{{}}"
    if kind == "string" and len(inside) == TEXT_WORDS and _sure(inside[1], open_) == 0:
        return '""'
    if kind in {"error", "any", "interface{}"} and inside == ["0x0", "0x0"]:
        return "nil"
    raise open_


def _sure(word: str, open_: CannotRebuild) -> int:
    if not re.fullmatch(r"0x[0-9a-f]{1,16}", word):
        raise open_
    return int(word, 16)


def _number(kind: str, number: int) -> str:
    if kind == "bool":
        return "true" if number & 0xFF else "false"
    if kind in UNSIGNED:
        return str(number)
    bits = SIGNED[kind]
    kept = number & ((1 << bits) - 1)
    return str(kept - (1 << bits) if kept >> (bits - 1) else kept)
