"""Messages as CPython 3.11 to 3.14 word them."""

import pytest

from suture.domain.alert import FailedTest
from suture.patterns.complaint import Shape, parse_complaint, read_complaint
from tests.patterns.crashes import scene_of
from tests.patterns.oddities import CRASH

MESSAGES = [
    ("AttributeError", "'NoneType' object has no attribute 'name'", Shape.NONE_USED, "name"),
    ("TypeError", "'NoneType' object is not subscriptable", Shape.NONE_USED, ""),
    ("TypeError", "unsupported operand type(s) for +: 'NoneType' and 'int'", Shape.NONE_USED, ""),
    ("AttributeError", "'Cart' object has no attribute 'totl'", Shape.ATTRIBUTE, "totl"),
    ("AttributeError", "module 'json' has no attribute 'read'", Shape.ATTRIBUTE, "read"),
    ("AttributeError", "type object 'Cart' has no attribute 'x'", Shape.ATTRIBUTE, "x"),
    ("NameError", "name 'prise' is not defined. Did you mean: 'price'?", Shape.NAME, "prise"),
    ("ImportError", "cannot import name 'a' from 'b' (b.py)", Shape.NAME, "a"),
    ("ModuleNotFoundError", "No module named 'jsn'", Shape.NAME, "jsn"),
    (
        "UnboundLocalError",
        "cannot access local variable 'x' where it is not associated with a value",
        Shape.UNBOUND,
        "x",
    ),
    (
        "NameError",
        "cannot access free variable 'x' where it is not associated with a value in enclosing",
        Shape.UNBOUND,
        "x",
    ),
    ("KeyError", "'name'", Shape.KEY, "'name'"),
    ("IndexError", "pop from empty list", Shape.EMPTY, ""),
    ("IndexError", "list index out of range", Shape.INDEX, ""),
    ("IndexError", "no such group", Shape.INDEX, ""),
    ("TypeError", "list indices must be integers or slices, not str", Shape.INDEX_TYPE, ""),
    ("TypeError", "string indices must be integers, not 'str'", Shape.INDEX_TYPE, ""),
    ("TypeError", "'float' object cannot be interpreted as an integer", Shape.FLOAT_FOR_INT, ""),
    ("TypeError", 'can only concatenate str (not "int") to str', Shape.OPERANDS, ""),
    ("TypeError", "'<' not supported between instances of 'str' and 'int'", Shape.OPERANDS, ""),
    ("TypeError", "sequence item 0: expected str instance, int found", Shape.OPERANDS, ""),
    ("TypeError", "must be real number, not str", Shape.OPERANDS, ""),
    ("TypeError", "object of type 'int' has no len()", Shape.OPERANDS, ""),
    (
        "TypeError",
        "f() missing 1 required positional argument: 'rate'",
        Shape.ARGUMENT_MISSING,
        "rate",
    ),
    (
        "TypeError",
        "Cart.__init__() missing 2 required keyword-only arguments: 'a' and 'b'",
        Shape.ARGUMENT_MISSING,
        "a",
    ),
    (
        "TypeError",
        "f() got an unexpected keyword argument 'x'. Did you mean 'y'?",
        Shape.ARGUMENT_KEYWORD,
        "x",
    ),
    ("TypeError", "f() got multiple values for argument 'x'", Shape.ARGUMENT_KEYWORD, "x"),
    ("TypeError", "'x' is an invalid keyword argument for print()", Shape.ARGUMENT_KEYWORD, "x"),
    ("TypeError", "f() takes 1 positional argument but 2 were given", Shape.ARGUMENT_COUNT, ""),
    (
        "TypeError",
        "f() takes from 1 to 2 positional arguments but 3 were given",
        Shape.ARGUMENT_COUNT,
        "",
    ),
    ("TypeError", "range expected at most 3 arguments, got 4", Shape.ARGUMENT_COUNT, ""),
    ("TypeError", "'int' object is not callable", Shape.NOT_CALLABLE, ""),
    ("TypeError", "'int' object is not iterable", Shape.NOT_ITERABLE, ""),
    ("TypeError", "argument of type 'int' is not iterable", Shape.NOT_ITERABLE, ""),
    ("TypeError", "'int' object is not subscriptable", Shape.NOT_SUBSCRIPTABLE, ""),
    ("TypeError", "'method' object is not subscriptable", Shape.METHOD_USED, ""),
    ("TypeError", "'coroutine' object is not subscriptable", Shape.COROUTINE, ""),
    ("AttributeError", "'coroutine' object has no attribute 'x'", Shape.COROUTINE, ""),
    ("ZeroDivisionError", "division by zero", Shape.ZERO_DIVISION, ""),
    ("ValueError", "not enough values to unpack (expected 3, got 2)", Shape.UNPACK, ""),
    ("ValueError", "too many values to unpack (expected 2, got 3)", Shape.UNPACK, ""),
    ("ValueError", "max() arg is an empty sequence", Shape.EMPTY, ""),
    ("ValueError", "max() iterable argument is empty", Shape.EMPTY, ""),
    ("RuntimeError", "dictionary changed size during iteration", Shape.CHANGED_SIZE, ""),
    ("TypeError", "'generator' object is not subscriptable", Shape.ITERATOR_USED, ""),
    ("TypeError", "object of type 'map' has no len()", Shape.ITERATOR_USED, ""),
    ("TypeError", "a bytes-like object is required, not 'str'", Shape.BYTES, ""),
    ("TypeError", "can't concat str to bytes", Shape.BYTES, ""),
    ("TypeError", "unhashable type: 'list'", Shape.UNHASHABLE, ""),
    ("TypeError", "Object of type Decimal is not JSON serializable", Shape.JSON, ""),
    ("ValueError", "invalid literal for int() with base 10: '1.5'", Shape.LITERAL, ""),
    ("ValueError", "could not convert string to float: ''", Shape.LITERAL, ""),
    ("TypeError", "can't subtract offset-naive and offset-aware datetimes", Shape.DATETIME, ""),
    ("StopIteration", "", Shape.STOP, ""),
    ("RecursionError", "maximum recursion depth exceeded", Shape.RECURSION, ""),
    ("AssertionError", "assert 'NoneType' object", Shape.ASSERTION, ""),
    ("OutOfStock", "no bolts", Shape.OTHER, ""),
]


@pytest.mark.parametrize(("kind", "message", "shape", "name"), MESSAGES, ids=str)
def test_a_message_is_understood(kind: str, message: str, shape: Shape, name: str) -> None:
    complaint = parse_complaint(kind, message)
    assert (complaint.shape, complaint.name) == (shape, name)


def test_the_interpreters_hint_is_kept() -> None:
    complaint = parse_complaint("NameError", "name 'prise' is not defined. Did you mean: 'price'?")
    assert complaint.hint == "price"
    forgot = "name 'json' is not defined. Did you forget to import 'json'?"
    assert parse_complaint("NameError", forgot).hint == "json"


def test_a_failed_test_complains_by_its_first_message_that_names_an_exception() -> None:
    alert = scene_of(CRASH).alert.model_copy(
        update={
            "exceptions": (),
            "failed_tests": (
                FailedTest(node_id="a", message="?"),
                FailedTest(node_id="b", message="shop.errors.KeyError: 'bolt'"),
            ),
        }
    )
    assert read_complaint(alert).name == "'bolt'"
    nothing = alert.model_copy(update={"failed_tests": ()})
    assert read_complaint(nothing).shape is Shape.ASSERTION


def test_a_module_before_the_exception_is_left_out() -> None:
    alert = scene_of(CRASH).alert
    raised = alert.exceptions[0].model_copy(update={"type": "decimal.InvalidOperation"})
    assert read_complaint(alert.model_copy(update={"exceptions": (raised,)})).shape is Shape.LITERAL
