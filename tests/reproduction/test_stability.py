"""A captured value counts as an argument only while the function has left it alone."""

import ast

import pytest

from suture.reproduction.layout import Function
from suture.reproduction.stability import change_before


def function(body: str) -> Function:
    node = ast.parse(f"def f(x, y):\n{body}").body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


@pytest.mark.parametrize(
    ("body", "line", "change"),
    [
        ("    return x", 2, ""),
        ("    x = 1\n    return x", 3, "anew"),
        ("    x += 1\n    return x", 3, "anew"),
        ("    del x\n    return 1", 3, "anew"),
        ("    return x\n    x = 1", 2, ""),
        ("    for i in y:\n        i(x)\n        x = 1", 3, "anew"),
        ("    x.append(1)\n    return x", 3, "in place"),
        ("    x.lines.pop()\n    return x", 3, "in place"),
        ("    x['a'] = 1\n    return x", 3, "in place"),
        ("    x.a = 1\n    return x", 3, "in place"),
        ("    y().append(1)\n    x.copy()\n    return x", 4, ""),
        ("    def g():\n        x = 1\n    return g", 4, ""),
        ("    return x\n    x = 1", None, "anew"),
        ("    return x\n    x = 1", 99, "anew"),
    ],
)
def test_changes_before_the_crash_are_seen(body: str, line: int | None, change: str) -> None:
    found = change_before(function(body), "x", line)
    assert change in found
    assert bool(change) is bool(found)
