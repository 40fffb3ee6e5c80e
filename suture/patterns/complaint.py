"""What an exception says, read from its message: the wording of CPython 3.11 to 3.14.

Messages are hostile text: they are cut before they are matched, and no expression backtracks far.
https://github.com/python/cpython/tree/main/Objects and Python/ceval.c hold the wording.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from suture.domain.alert import Alert

MAX_MESSAGE = 2_000


class Shape(StrEnum):
    """What sort of complaint it is."""

    NONE_USED = "none_used"
    """None where an object, a number or a container was needed."""
    ATTRIBUTE = "attribute"
    NAME = "name"
    UNBOUND = "unbound"
    KEY = "key"
    INDEX = "index"
    INDEX_TYPE = "index_type"
    """A list or string index of another type than int."""
    FLOAT_FOR_INT = "float_for_int"
    OPERANDS = "operands"
    NOT_CALLABLE = "not_callable"
    NOT_ITERABLE = "not_iterable"
    NOT_SUBSCRIPTABLE = "not_subscriptable"
    METHOD_USED = "method_used"
    """A function or method object where the result of calling it was needed."""
    COROUTINE = "coroutine"
    ARGUMENT_MISSING = "argument_missing"
    ARGUMENT_KEYWORD = "argument_keyword"
    ARGUMENT_COUNT = "argument_count"
    ZERO_DIVISION = "zero_division"
    UNPACK = "unpack"
    EMPTY = "empty"
    CHANGED_SIZE = "changed_size"
    ITERATOR_USED = "iterator_used"
    """An iterator or view where a list was needed."""
    BYTES = "bytes"
    UNHASHABLE = "unhashable"
    JSON = "json"
    LITERAL = "literal"
    """Text that does not read as a number."""
    DATETIME = "datetime"
    STOP = "stop"
    RECURSION = "recursion"
    ASSERTION = "assertion"
    OTHER = "other"


@dataclass(frozen=True)
class Complaint:
    """An exception's message, taken apart."""

    type: str
    """The exception's class, without its module."""
    message: str
    shape: Shape
    subject: str = ""
    """The type that was complained about."""
    name: str = ""
    """The attribute, name, key, argument or function in question."""
    other: str = ""
    """The second type of an operation, the text of a literal, or the expected count."""
    hint: str = ""
    """What the interpreter suggests instead."""


LAZY = r"(?:generator|map|filter|zip|dict_\w+|\w*iterator|reversed|enumerate)"
RULES: tuple[tuple[Shape, str], ...] = (
    (Shape.COROUTINE, r"'?coroutine'? (?:object|was never awaited)|type coroutine is not JSON"),
    (Shape.COROUTINE, r"'(?:async_generator|coroutine)'"),
    (Shape.NONE_USED, r"(?P<subject>NoneType)(?:' object has no attribute '(?P<name>[^']+)')?"),
    (
        Shape.METHOD_USED,
        r"(?<!attribute )'(?:builtin_function_or_method|method|function|property)'|type method",
    ),
    (
        Shape.ATTRIBUTE,
        r"(?:module|type object) '(?P<subject>[^']+)' has no attribute '(?P<name>[^']+)'",
    ),
    (Shape.ATTRIBUTE, r"'(?P<subject>[^']+)' object has no attribute '(?P<name>[^']+)'"),
    (Shape.UNBOUND, r"variable '(?P<name>[^']+)'.* (?:not associated|referenced before)"),
    (Shape.NAME, r"name '(?P<name>[^']+)' is not defined"),
    (Shape.NAME, r"cannot import name '(?P<name>[^']+)'"),
    (Shape.NAME, r"No module named '(?P<name>[^']+)'"),
    (
        Shape.INDEX_TYPE,
        r"(?P<subject>list|tuple|string|byte)\w* ind\w+ must be integers.* not '?(?P<other>\w+)",
    ),
    (Shape.INDEX_TYPE, r"slice indices must be integers"),
    (Shape.FLOAT_FOR_INT, r"'float' object cannot be interpreted as an integer"),
    (Shape.INDEX, r"out of range"),
    (Shape.JSON, r"type '?(?P<subject>\w+)'? is not JSON serializable|keys must be str, int, fl"),
    (Shape.BYTES, r"bytes-like object|can't concat (?:str|bytes)|(?:bytes|string) pattern"),
    (
        Shape.BYTES,
        r"'?str'? and '?bytes|'?bytes'? and '?str|must be (?:str|bytes), not (?:byt|str)",
    ),
    (Shape.BYTES, r"must be (?:str|bytes) or a tuple of|'bytes' object has no attribute 'encode'"),
    (Shape.BYTES, r"must be encoded before hashing|Incorrect padding|first arg must be bytes"),
    (Shape.BYTES, r"\(not \"bytes\"\)|expected (?:str|bytes) instance, (?:bytes|str) found"),
    (Shape.DATETIME, r"offset-naive and offset-aware"),
    (Shape.ITERATOR_USED, rf"'{LAZY}' object is not (?:subscriptable|reversible)"),
    (Shape.ITERATOR_USED, rf"of type '{LAZY}' has no len|'{LAZY}' object has no attribute"),
    (
        Shape.OPERANDS,
        r"for (?:\*\* or pow\(\)|\S+): '(?P<subject>[^']+)' and '(?P<other>[^']+)'",
    ),
    (Shape.OPERANDS, r"between instances of '(?P<subject>[^']+)' and '(?P<other>[^']+)'"),
    (Shape.OPERANDS, r"can only concatenate (?P<subject>\w+) \(not \"(?P<other>\w+)\"\)"),
    (Shape.OPERANDS, r"can't multiply sequence by non-int of type '(?P<other>\w+)'"),
    (Shape.OPERANDS, r"expected (?P<subject>\w+) instance, (?P<other>\w+) found"),
    (Shape.OPERANDS, r"must be (?P<subject>str|real number|string)[^,]*, not '?(?P<other>\w+)"),
    (Shape.OPERANDS, r"Unknown format code '.' for object of type '(?P<other>\w+)'"),
    (
        Shape.ARGUMENT_MISSING,
        r"(?P<subject>[\w.<>]+)\(\) missing \d+ required \S+ arguments?: '(?P<name>\w+)'",
    ),
    (
        Shape.ARGUMENT_KEYWORD,
        r"(?P<subject>[\w.<>]+)\(\) got (?:an unexpected|multiple values for) [^']*'(?P<name>\w+)'",
    ),
    (
        Shape.ARGUMENT_KEYWORD,
        r"'(?P<name>\w+)' is an invalid keyword argument for (?P<subject>\w+)",
    ),
    (Shape.ARGUMENT_COUNT, r"(?P<subject>[\w.<>]+)\(\) takes .*argument"),
    (Shape.ARGUMENT_COUNT, r"(?P<subject>[\w.<>]+) expected .*\d+ argument"),
    (Shape.NOT_CALLABLE, r"'(?P<subject>[^']+)' object is not callable"),
    (Shape.UNPACK, r"values to unpack(?: \(expected (?:at least )?(?P<other>\d+))?"),
    (Shape.UNPACK, r"cannot unpack non-iterable (?P<subject>\w+)"),
    (Shape.NOT_ITERABLE, r"'(?P<subject>[^']+)' (?:object )?is not iterable"),
    (
        Shape.NOT_SUBSCRIPTABLE,
        r"'(?P<subject>[^']+)' object (?:is not subscriptable|does not support item)",
    ),
    (Shape.OPERANDS, r"bad operand type for .*: '(?P<subject>[^']+)'"),
    (Shape.OPERANDS, r"object of type '(?P<subject>\w+)' has no len"),
    (Shape.EMPTY, r"empty (?:sequence|list|set|deque|range|iterable)|(?:is|an) empty|is empty$"),
    (Shape.EMPTY, r"at least one data point|not in (?:list|deque|tuple)|list\.remove\(x\)"),
    (Shape.CHANGED_SIZE, r"changed (?:size )?during iteration"),
    (Shape.UNHASHABLE, r"unhashable type: '(?P<subject>\w+)'"),
    (Shape.LITERAL, r"invalid literal for int\(\) with base \d+: '(?P<other>[^']*)'"),
    (Shape.LITERAL, r"could not convert string to float: '(?P<other>[^']*)'|ConversionSyntax"),
)
COMPILED = tuple((shape, re.compile(rule)) for shape, rule in RULES)
HINT = re.compile(r"Did you (?:mean|forget)[^']{0,40}'(?P<hint>[\w.]+)'")
BY_TYPE = {
    "KeyError": Shape.KEY,
    "IndexError": Shape.INDEX,
    "NameError": Shape.NAME,
    "UnboundLocalError": Shape.UNBOUND,
    "ZeroDivisionError": Shape.ZERO_DIVISION,
    "DivisionByZero": Shape.ZERO_DIVISION,
    "DivisionUndefined": Shape.ZERO_DIVISION,
    "StopIteration": Shape.STOP,
    "RecursionError": Shape.RECURSION,
    "InvalidOperation": Shape.LITERAL,
    "StatisticsError": Shape.EMPTY,
    "AssertionError": Shape.ASSERTION,
    "Failed": Shape.ASSERTION,
}
TYPE_DECIDES = {"ZeroDivisionError", "RecursionError", "AssertionError", "Failed"}


NAMED = re.compile(r"\s*(?:[\w.]{1,80}\.)?(\w{1,80}(?:Error|Exception|Iteration)):? ?")


def read_complaint(alert: Alert) -> Complaint:
    """Read what reached the top, or failing that the first failed test's message."""
    if alert.exceptions:
        raised = alert.exceptions[-1]
        return parse_complaint(raised.type.rpartition(".")[2], raised.value)
    for failed in alert.failed_tests:
        found = NAMED.match(failed.message)
        if found:
            return parse_complaint(found.group(1), failed.message[found.end() :])
    return Complaint("AssertionError", "", Shape.ASSERTION)


def parse_complaint(kind: str, message: str) -> Complaint:
    """Take a message apart."""
    text = message[:MAX_MESSAGE]
    found_hint = HINT.search(text)
    hint = found_hint["hint"] if found_hint else ""
    if kind == "KeyError":
        return Complaint(kind, text, Shape.KEY, name=text.strip(), hint=hint)
    for shape, rule in () if kind in TYPE_DECIDES else COMPILED:
        found = rule.search(text)
        if found:
            parts = {key: value or "" for key, value in found.groupdict().items()}
            return Complaint(kind, text, shape, hint=hint, **parts)
    return Complaint(kind, text, BY_TYPE.get(kind, Shape.OTHER), hint=hint)
