"""What the code itself says about a case it forgot: how it answers, or what it raises, elsewhere.

A guard whose answer follows from such a statement is a fix; one whose answer is made up is not.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from suture.localisation.functions import FunctionNode
from suture.patterns.complaint import Shape
from suture.patterns.index import last_name
from suture.patterns.parsed import Spot
from suture.patterns.scene import Scene
from suture.patterns.source import SourceFile

MAX_ANSWER = 120
CASES: dict[Shape, frozenset[str]] = {
    Shape.NONE_USED: frozenset({"none"}),
    Shape.INDEX: frozenset({"empty"}),
    Shape.EMPTY: frozenset({"empty"}),
    Shape.ZERO_DIVISION: frozenset({"zero", "empty"}),
    Shape.KEY: frozenset({"missing", "none"}),
    Shape.LITERAL: frozenset({"empty", "none"}),
    Shape.ATTRIBUTE: frozenset({"none"}),
}
"""Which sort of case a complaint is about."""

WORDS = {
    "none": "None",
    "zero": "0",
    "0": "0",
    "0.0": "0.0",
    "false": "False",
    "true": "True",
    "-1": "-1",
    "an empty list": "[]",
    "empty list": "[]",
    "an empty dict": "{}",
    "an empty string": '""',
    "empty string": '""',
    "an empty tuple": "()",
}
SAYS = re.compile(
    r"(?:returns?|gives?|answers?|or|is|yields?):?\s{1,3}`{0,2}("
    + "|".join(re.escape(word) for word in WORDS)
    + r")`{0,2},?\s{1,30}(?:if|when|for|where|unless)\b",
    re.IGNORECASE,
)
"""A docstring that says what comes back when something is missing."""


@dataclass(frozen=True)
class Answer:
    """A way to answer a case."""

    line: str
    """A statement, such as `return 0`."""
    stated: str
    """What in the code says so; empty where the answer is made up."""
    fit: float


def answers_for(scene: Scene, spot: Spot, subject: str) -> list[Answer]:
    """Return the ways to answer when `subject` is missing at this statement, stated ones first."""
    cases = CASES.get(scene.complaint.shape, frozenset({"none", "empty"}))
    found: dict[str, Answer] = {}
    for answer in (
        *_own_returns(spot, cases),
        *_docstring(spot),
        *_annotation(spot),
        *_siblings(spot, cases, subject),
        *_loop(spot),
        *_made_up(spot),
    ):
        found.setdefault(answer.line, answer)
    return list(found.values())


def _own_returns(spot: Spot, cases: frozenset[str]) -> Iterator[Answer]:
    for test, last in _guards(spot.function):
        if isinstance(last, ast.Return) and last is not spot.statement and _is_plain(last.value):
            same = bool(cases_of(test) & cases)
            why = f"line {last.lineno} of the same function answers early in the same way"
            yield Answer(spot.file.segment(last), why, 1.0 if same else 0.8)


def _guards(function: FunctionNode | None) -> Iterator[tuple[ast.expr, ast.stmt]]:
    """Yield each `if` without `else` that ends by leaving, with what it ends in."""
    for node in ast.walk(function) if function else ():
        if isinstance(node, ast.If) and not node.orelse:
            yield node.test, node.body[-1]


def _is_plain(value: ast.expr | None) -> bool:
    if isinstance(value, ast.UnaryOp):
        value = value.operand
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    empty = isinstance(value, ast.Call) and not value.args and not value.keywords
    return value is None or empty or isinstance(value, ast.Constant)


def cases_of(test: ast.expr) -> frozenset[str]:
    """Say which cases a condition singles out."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return frozenset({"none", "empty", "zero"})
    if not isinstance(test, ast.Compare):
        return frozenset()
    operator, right = test.ops[0], test.comparators[0]
    if isinstance(operator, ast.Is):
        return frozenset({"none"})
    if isinstance(operator, ast.NotIn):
        return frozenset({"missing"})
    if isinstance(operator, ast.Eq | ast.LtE | ast.Lt) and isinstance(right, ast.Constant):
        measured = isinstance(test.left, ast.Call) and last_name(test.left.func) == "len"
        return frozenset({"empty", "zero"} if measured else {"zero"})
    return frozenset()


def _docstring(spot: Spot) -> Iterator[Answer]:
    text = ast.get_docstring(spot.function) if spot.function else None
    for found in SAYS.finditer((text or "")[:4_000]):
        value = WORDS[found.group(1).lower()]
        yield Answer(f"return {value}", f"the docstring says {found.group(0)!r}", 0.95)


def _annotation(spot: Spot) -> Iterator[Answer]:
    returns = spot.function.returns if spot.function else None
    text = spot.file.segment(returns) if returns else ""
    if re.search(r"\bOptional\b|\bNone\b", text) and text != "None":
        yield Answer("return None", f"the return annotation `{text}` allows None", 0.9)


def _siblings(spot: Spot, cases: frozenset[str], subject: str) -> Iterator[Answer]:
    """Yield what other functions of the file do in the same case."""
    for function in spot.file.functions.values():
        if function is spot.function:
            continue
        for test, last in _guards(function):
            text = spot.file.segment(last)
            fits = cases_of(test) & cases and "\n" not in text and len(text) <= MAX_ANSWER
            raises = isinstance(last, ast.Raise) and last.exc is not None and spot.sees(last)
            plain = isinstance(last, ast.Return) and _is_plain(last.value)
            if fits and (raises or plain):
                same = subject in spot.file.segment(test)
                why = f"{function.name} does so in the same case, line {last.lineno}"
                yield Answer(text, why, (0.9 if same else 0.6) * (1.0 if raises else 0.95))


def _loop(spot: Spot) -> Iterator[Answer]:
    for outer in spot.file.ancestors(spot.statement):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if isinstance(outer, ast.For | ast.While | ast.AsyncFor):
            inside = [n for n in ast.walk(outer) if isinstance(n, ast.Continue)]
            why = f"line {inside[0].lineno} skips items of the same loop" if inside else ""
            yield Answer("continue", why, 0.8)


def _made_up(spot: Spot) -> Iterator[Answer]:
    if spot.function is None:
        return
    values = dict.fromkeys(_by_type(spot.file, spot.function), 0.9)
    for value, fit in (values | {"": 0.6, "None": 0.5, "0": 0.4, "[]": 0.4, "False": 0.3}).items():
        yield Answer(f"return {value}".rstrip(), "", fit)


def _by_type(file: SourceFile, function: FunctionNode) -> Iterator[str]:
    empty = {"int": "0", "float": "0.0", "str": '""', "bool": "False", "list": "[]", "dict": "{}"}
    returns = function.returns
    name = file.segment(returns).partition("[")[0] if returns else ""
    if name in empty:
        yield empty[name]
    kinds: dict[type[ast.expr], str] = {
        ast.List: "[]",
        ast.ListComp: "[]",
        ast.Dict: "{}",
        ast.DictComp: "{}",
        ast.JoinedStr: '""',
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and type(node.value) in kinds:
            yield kinds[type(node.value)]  # type: ignore[index]
