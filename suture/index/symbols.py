"""What a source file defines, calls and imports, small enough to keep for a million lines."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from suture.errors import InvalidInput

FORMAT = 1
"""Raised whenever reading the same bytes may give other symbols: what is kept is read anew."""
MAX_ENCODED = 64 << 20
NO_NAMES = frozenset({"", "*", "default"})


class SymbolKind(StrEnum):
    """What is defined."""

    FUNCTION = "function"
    """A function or a method."""
    CLASS = "class"
    """A class, interface, struct, enum, record or object."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or a class."""

    name: str
    """Dotted through what it stands in, such as `Cart.total` or `outer.inner`."""
    kind: SymbolKind
    first: int
    """Its first line, decorators and annotations included."""
    last: int

    @property
    def simple(self) -> str:
        """The name without what it stands in."""
        return self.name.rpartition(".")[2]

    @property
    def owner(self) -> str:
        """What it stands in; empty at a file's own level."""
        return self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Call:
    """A place that calls something, or hands it to something that may call it."""

    name: str
    """As it is written last: `total` of `cart.total()`."""
    line: int
    receiver: str = ""
    """What it is called on as it is written, such as `self` or `shop.cart`; empty for none."""
    passed: bool = False
    """It is an argument here, as a callback is."""


@dataclass(frozen=True, slots=True)
class Import:
    """A name that a file takes from elsewhere."""

    local: str
    """What the file calls it; `*` for all that is there."""
    module: str
    """As it is written: `shop.cart`, `..cart`, `./cart`, `example.org/shop/cart`."""
    original: str = ""
    """What the module calls it; empty where the name means the module itself."""


@dataclass(frozen=True)
class FileSymbols:
    """All of one file."""

    definitions: tuple[Definition, ...] = ()
    """In the order of the file."""
    calls: tuple[Call, ...] = ()
    imports: tuple[Import, ...] = ()

    @cached_property
    def names(self) -> frozenset[str]:
        """Whatever is defined or called here, by its last part and by its own name."""
        called = {each.name for each in self.calls}
        called |= {self.aliases[name] for name in called & self.aliases.keys()}
        return frozenset({each.simple for each in self.definitions} | called)

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """What is called by another name here, with its own."""
        return {
            each.local: each.original
            for each in self.imports
            if each.original not in NO_NAMES and each.original != each.local
        }

    def name_of(self, call: Call) -> str:
        """Return the own name of what is called."""
        return call.name if call.receiver else self.aliases.get(call.name, call.name)

    @cached_property
    def functions(self) -> tuple[Definition, ...]:
        """The definitions that are functions."""
        return tuple(each for each in self.definitions if each.kind is SymbolKind.FUNCTION)

    def function_at(self, line: int) -> Definition | None:
        """Return the innermost function that holds a line."""
        holding = (each for each in self.functions if each.first <= line <= each.last)
        return min(holding, key=lambda each: (each.last - each.first, -each.first), default=None)

    def find(self, name: str) -> Definition | None:
        """Return what has this qualified name; the last one, where it is defined twice."""
        named = [each for each in self.definitions if each.name == name]
        return named[-1] if named else None


NOTHING = FileSymbols()


def encode(symbols: FileSymbols) -> bytes:
    """Pack a file's symbols."""
    rows = [
        [[each.name, each.kind.value, each.first, each.last] for each in symbols.definitions],
        [[each.name, each.line, each.receiver, each.passed] for each in symbols.calls],
        [[each.local, each.module, each.original] for each in symbols.imports],
    ]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 1)


def decode(packed: bytes) -> FileSymbols:
    """Unpack what `encode` made.

    Raises:
        InvalidInput: it made no such thing.
    """
    try:
        unpacking = zlib.decompressobj()
        definitions, calls, imports = json.loads(unpacking.decompress(packed, MAX_ENCODED))
        return FileSymbols(
            definitions=tuple(
                Definition(name, SymbolKind(kind), first, last)
                for name, kind, first, last in definitions
            ),
            calls=tuple(Call(*row) for row in calls),
            imports=tuple(Import(*row) for row in imports),
        )
    except (zlib.error, ValueError, TypeError) as error:
        raise InvalidInput("These are no packed symbols.") from error
