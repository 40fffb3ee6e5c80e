"""Which tests a model may propose as a reproduction: plain calls of the project, nothing else.

A test that raises or prints what it likes could pretend to be the reported failure.
"""

import ast
from collections.abc import Iterator

from suture.localisation.functions import parse_python
from suture.redaction import MARK

FORBIDDEN = "The test may not"
"""How objections begin to what a test may not do, in contrast to one that is badly written."""
FORBIDDEN_MODULES = frozenset(
    {"os", "sys", "subprocess", "socket", "builtins", "importlib", "ctypes", "inspect", "traceback"}
    | {"signal", "threading", "multiprocessing", "shutil", "pathlib", "io", "pickle", "gc", "mock"}
    | {"unittest", "logging", "warnings", "http", "urllib", "requests", "httpx", "runpy", "code"}
)
FORBIDDEN_NAMES = frozenset(
    {"eval", "exec", "compile", "open", "print", "setattr", "delattr", "globals", "locals", "vars"}
    | {"__import__", "monkeypatch", "capsys", "mocker", "request", "BaseException"}
)
FORBIDDEN_ATTRIBUTES = frozenset(
    {"raises", "skip", "skipif", "xfail", "fail", "exit", "importorskip"}
)


def objection_to_test(source: str) -> str:
    """Return why a proposed test is not even tried, or nothing."""
    tree = parse_python(source)
    if tree is None:
        return "The test does not parse."
    if MARK in source:
        return f"{MARK} stands for a secret and is no value."
    named = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    if len([name for name in named if name.startswith("test_")]) != 1:
        return "Write exactly one function whose name begins with `test_`."
    return next(_objections(tree), "")


def _objections(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise | ast.Try | ast.Assert | ast.Global | ast.Delete):
            yield "The test may only call the project: no `raise`, `try`, `assert`, `del`."
        elif isinstance(node, ast.Import | ast.ImportFrom):
            roots = _roots(node)
            if roots & FORBIDDEN_MODULES:
                yield f"The test may not import {', '.join(sorted(roots & FORBIDDEN_MODULES))}."
        elif isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
            yield f"The test may not use {node.id}."
        elif isinstance(node, ast.arg) and node.arg in FORBIDDEN_NAMES:
            yield f"The test may not use {node.arg}."
        elif isinstance(node, ast.Attribute):
            yield from _about_attribute(node)


def _about_attribute(node: ast.Attribute) -> Iterator[str]:
    if node.attr in FORBIDDEN_ATTRIBUTES or node.attr.startswith("__"):
        yield f"The test may not use {node.attr}."
    if not isinstance(node.ctx, ast.Load):
        yield "The test may not replace attributes."


def _roots(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0]}
    return {alias.name.split(".")[0] for alias in node.names}
