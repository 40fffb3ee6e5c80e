"""Moved parameters, seen from callers that were left behind."""

import ast

from suture.localisation.functions import FunctionNode
from suture.patterns.left_behind import _parameters


def function(source: str) -> FunctionNode:
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def test_a_receiver_is_no_parameter_that_callers_pass() -> None:
    assert _parameters(function("def add(self, item, count): ...")) == ["item", "count"]
    assert _parameters(function("def add(item, count): ...")) == ["item", "count"]


def test_a_function_that_was_not_there_has_no_order_to_leave_behind() -> None:
    assert _parameters(None) == []
