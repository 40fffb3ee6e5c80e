"""One function as a model wrote it, ready to be set at another indentation."""

import ast
import re
from dataclasses import dataclass

from suture.localisation.functions import FunctionNode, lines_of, parse_python

FENCE = re.compile(r"\A\s*```[a-zA-Z]{0,20}[ \t]*\n(?P<body>.*?)\n?[ \t]*```\s*\Z", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A function's lines, and which of them lie inside a text of several lines."""

    node: FunctionNode
    lines: tuple[str, ...]
    """From its `def` line to its last."""
    fixed: frozenset[int]
    """Indexes of lines that begin inside a text and must not be moved."""
    indent: str

    def lines_for(self, indent: str) -> list[str]:
        """Return the lines at another indentation."""
        return [
            line if number in self.fixed else self._moved(line, indent)
            for number, line in enumerate(self.lines)
        ]

    def _moved(self, line: str, indent: str) -> str:
        if not line.strip():
            return ""
        if not line.startswith(self.indent):
            return line
        return indent + line[len(self.indent) :]


def unfenced_source(source: str) -> str:
    """Return a source without the code fence that models like to put around it."""
    fenced = FENCE.match(source)
    return fenced["body"] if fenced else source


def read_block(source: str) -> Block | None:
    """Return the one function that the source holds, fenced or indented, or None."""
    lines = lines_of(unfenced_source(source))
    while lines and not lines[0].strip():
        lines.pop(0)
    if not lines:
        return None
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))]
    shift = 1 if indent else 0
    tree = parse_python("\n".join([*(["if 1:"] if indent else []), *lines, ""]))
    if tree is None:
        return None
    body = tree.body
    if indent and len(body) == 1 and isinstance(body[0], ast.If):
        body = body[0].body
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    node = body[0]
    first, last = node.lineno - shift, (node.end_lineno or node.lineno) - shift
    fixed = frozenset(line - shift - first for line in _inside_texts(node))
    return Block(node=node, lines=tuple(lines[first - 1 : last]), fixed=fixed, indent=indent)


def _inside_texts(node: FunctionNode) -> set[int]:
    """Return the lines that begin inside a text of several lines, docstrings left out."""
    docstrings = {
        id(each.body[0].value)
        for each in ast.walk(node)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and isinstance(each.body[0], ast.Expr)
    }
    return {
        line
        for each in ast.walk(node)
        if isinstance(each, ast.Constant | ast.JoinedStr) and id(each) not in docstrings
        for line in range(each.lineno + 1, (each.end_lineno or each.lineno) + 1)
    }
