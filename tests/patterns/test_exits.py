"""Answers that a function gives on its other ways out."""

import ast

from suture.patterns.exits import _answers


def test_early_exits_without_an_answer_say_nothing() -> None:
    source = """
def find(key):
    if not key:
        return
    if key == "x":
        return None
    if key == "y":
        return 0
    if key == "z":
        key = 0
"""
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    assert [ast.unparse(answer) for answer in _answers(node)] == ["0"]
