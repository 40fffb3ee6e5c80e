"""Which statements of a fix its tests run: what no test runs was not tested.

What the sandbox says is taken as a hint for people: code under test can spoil its own record.
"""

import ast
from collections.abc import Callable, Collection, Mapping

from pydantic import Field, ValidationError

from suture.domain.value import Value
from suture.localisation.functions import parse_python
from suture.verdict.mutants import changed_lines

MAX_SAID = 1 << 20
MAX_STATEMENTS = 400

Lines = Mapping[str, tuple[int, ...]]


class ChangedStatement(Value):
    """A statement that a fix adds or changes, by its own lines and not those of its body."""

    path: str
    line: int = Field(ge=1)
    last: int = Field(ge=1)

    @property
    def shown(self) -> str:
        """Where it is."""
        return f"{self.path}:{self.line}"

    def is_among(self, lines: Lines) -> bool:
        """Whether one of its lines is among these."""
        return any(self.line <= line <= self.last for line in lines.get(self.path, ()))


class Ran(Value):
    """Lines that ran, by file and by who ran them."""

    by_test: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    """Those of the tests that show the fault."""
    by_others: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    when_loaded: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    whole: bool = False
    """Whether all tests came to their end."""

    def moved(self, place: Callable[[str], str]) -> "Ran":
        """Return it with the path of each file put through a function."""
        by_test, by_others, when_loaded = (
            {place(path): lines for path, lines in told.items()}
            for told in (self.by_test, self.by_others, self.when_loaded)
        )
        return self.model_copy(
            update={"by_test": by_test, "by_others": by_others, "when_loaded": when_loaded}
        )


class Coverage(Value):
    """What tests run of a fix."""

    statements: int = Field(default=0, ge=0)
    by_test: int = Field(default=0, ge=0)
    by_any: int = Field(default=0, ge=0)
    uncovered: tuple[str, ...] = ()
    """Where statements are that no test was seen to run."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reviewer should know."""
        found = [f"No test runs what the fix changes at {place}" for place in self.uncovered]
        if not self.uncovered and self.by_test < self.statements:
            count = self.statements - self.by_test
            found.append(f"{count} changed statements are run by other tests than the failing ones")
        return tuple(found)


def changed_statements(path: str, base: str, patched: str) -> tuple[ChangedStatement, ...]:
    """Return the statements of a Python file that a fix adds or changes, in their order.

    Definitions and docstrings do nothing when they run.
    """
    tree = parse_python(patched)
    changed = set(changed_lines(base, patched)) if tree else set()
    found = []
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.stmt) and not _is_idle(node):
            last = _last_own_line(node)
            if changed & set(range(node.lineno, last + 1)):
                found.append(ChangedStatement(path=path, line=node.lineno, last=last))
    return tuple(sorted(found, key=lambda item: item.line)[:MAX_STATEMENTS])


def _is_idle(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    idle = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Global | ast.Nonlocal
    # `try:` runs nothing by itself.
    return isinstance(node, idle | ast.Try)


def _last_own_line(node: ast.stmt) -> int:
    body = getattr(node, "body", None)
    if isinstance(body, list) and body:
        return max(node.lineno, int(body[0].lineno) - 1)
    return node.end_lineno or node.lineno


def read_ran(said: str) -> Ran | None:
    """Read what the sandbox says that ran; None for what makes no sense."""
    if len(said) > MAX_SAID:
        return None
    try:
        return Ran.model_validate_json(said)
    except ValidationError:
        return None


def cover(statements: Collection[ChangedStatement], ran: Ran) -> Coverage:
    """Hold the statements of a fix against what ran. What loading a file runs, its test runs."""
    by_test = [one for one in statements if _in_any(one, ran.by_test, ran.when_loaded)]
    rest = [one for one in statements if one not in by_test]
    uncovered = [one for one in rest if not one.is_among(ran.by_others)]
    return Coverage(
        statements=len(statements),
        by_test=len(by_test),
        by_any=len(statements) - len(uncovered),
        # Tests that were not run may run what seems uncovered.
        uncovered=tuple(one.shown for one in uncovered) if ran.whole else (),
    )


def _in_any(statement: ChangedStatement, *ran: Lines) -> bool:
    return any(statement.is_among(lines) for lines in ran)
