"""Writing the regression test: the reported call in the project's own style and place."""

import ast
import re
import textwrap

from suture.domain.alert import Alert
from suture.domain.patch import FileChange
from suture.domain.value import Value
from suture.reproduction.annotations import subscript, unwrapped
from suture.reproduction.arguments import Expression, Import
from suture.reproduction.rendering import SINGLETONS, Inexpressible, literal_of, render
from suture.reproduction.style import TestStyle
from suture.reproduction.target import Target, TargetKind
from suture.reproduction.writing import callee_import, callee_text, passed, value_imports
from suture.verdict.observation import Observation, Outcome, reported

LINE_OF_DOCSTRING = 82
CHECKED_TYPES = {
    "int": "int",
    "float": "(int, float)",
    "str": "str",
    "bool": "bool",
    "bytes": "bytes",
    "list": "list",
    "dict": "dict",
    "set": "set",
    "tuple": "tuple",
}


class TestSubject(Value):
    """What a regression test is about."""

    __test__ = False

    target: Target
    style: TestStyle
    path: str
    error: str
    """Name of the reported exception's class."""
    origin: str
    """Which incident it comes from, for the docstring."""


def subject_of(alert: Alert, target: Target, style: TestStyle, path: str) -> TestSubject:
    """Return the subject with everything hostile taken out of its texts."""
    link = reported(alert)
    error = re.sub(r"\W", "", (link.type if link else "").rsplit(".", 1)[-1])[:80]
    alert_id = re.sub(r"[^A-Za-z0-9_.-]", "", alert.alert_id)[:64]
    origin = f"reported by {alert.service} on {alert.occurred_at.date()} as {alert_id}"
    return TestSubject(
        target=target, style=style, path=path, error=error or "Exception", origin=origin
    )


def write_test(subject: TestSubject, expected: Observation | None) -> FileChange:
    """Return a new test file that fails while the reported exception comes back.

    It asserts the expected result as far as that can be written as a literal, else what the
    return annotation promises.
    """
    return FileChange(path=subject.path, content=_Test(subject, expected).source())


class _Test:
    def __init__(self, subject: TestSubject, expected: Observation | None) -> None:
        self._subject = subject
        self._target = subject.target
        self._double = subject.style.double_quotes
        self._indent = 8 if subject.style.unittest else 4
        self._imports: list[Import] = list(value_imports(subject.target))
        usable = expected is not None and expected.outcome is Outcome.RETURNED
        self._expected = expected if usable else None
        if self._target.kind is TargetKind.MODULE:
            self._imports = [Import(module="importlib")]
        elif self._target.receiver is None:
            self._imports.append(callee_import(self._target))

    def source(self) -> str:
        """Return the file's text."""
        body = self._body()
        if self._subject.style.unittest:
            self._imports.append(Import(module="unittest"))
        if self._target.asynchronous:
            self._imports.append(Import(module="asyncio"))
        title = f"{self._subject.error} in {self._place()}, {self._subject.origin}."
        text = f"Regression test: {title}"
        if len(text) > LINE_OF_DOCSTRING:
            text = textwrap.fill(text, LINE_OF_DOCSTRING, break_long_words=False) + "\n"
        return "\n".join([f'"""{text}"""', "", *self._import_lines(), "", "", *body, ""])

    def _place(self) -> str:
        return ".".join(part for part in (self._target.way.module, self._target.name) if part)

    def _import_lines(self) -> list[str]:
        own = self._target.way.module.split(".")[0]
        standard = {"asyncio", "collections", "datetime", "decimal", "fractions", "importlib"}
        standard |= {"pathlib", "types", "unittest", "uuid", "zoneinfo"}
        first: dict[str, set[str]] = {}
        for item in self._imports:
            first.setdefault(item.module, set()).add(item.name or "")
        lines: dict[bool, list[str]] = {True: [], False: []}
        for module in sorted(first):
            group = lines[module in standard and module != own]
            group += [f"import {module}"] if "" in first[module] else []
            names = ", ".join(sorted(first[module] - {""}))
            group += [f"from {module} import {names}"] if names else []
        gap = [""] if lines[True] and lines[False] else []
        return [*lines[True], *gap, *lines[False]]

    def _body(self) -> list[str]:
        slug = re.sub(r"\W+", "_", self._target.name or "import").strip("_").lower()
        error = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self._subject.error).lower()
        name = f"test_{slug}_does_not_raise_{error}"
        pad = " " * self._indent
        lines = [f"{pad}{line}" if line else "" for line in self._statements()]
        if not self._subject.style.unittest:
            return [f"def {name}():", *lines]
        case = "".join(part.title() for part in slug.split("_"))
        return [f"class {case}RegressionTest(unittest.TestCase):", f"    def {name}(self):", *lines]

    def _statements(self) -> list[str]:
        if self._target.kind is TargetKind.MODULE:
            return [f"importlib.import_module({self._quote(self._target.way.module)})"]
        kept = self._changed()
        setup = [
            f"{self._variable(name)} = {self._render(value, len(self._variable(name)) + 3)}"
            for name, value, _ in kept
        ]
        spelled = {name: self._variable(name) for name, _, _ in kept}
        call = self._call(spelled)
        if self._target.asynchronous and self._target.generator:
            collected = f"    return [item async for item in {call}]"
            setup += ["", "async def collected():", collected, ""]
            call = "asyncio.run(collected())"
        result = self._result_checks()
        effects = [self._equal(spelled[name], after) for name, _, after in kept if after]
        if not result and not effects:
            return [*setup, call]
        return [*setup, f"result = {call}" if result else call, "", *result, *effects]

    def _changed(self) -> list[tuple[str, Expression, Expression | None]]:
        """Return values that need a name: the receiver, and arguments that the call changes."""
        values = {item.name: item.expression for item in self._target.arguments}
        found: list[tuple[str, Expression, Expression | None]] = []
        if self._target.receiver is not None:
            found.append(("self", self._target.receiver, None))
        changed = self._expected.changed_arguments if self._expected else ()
        for name in changed:
            after = self._literal(self._expected.after[name]) if self._expected else None
            if name in values and after is not None:
                found.append((name, values[name], after))
        return found

    def _variable(self, name: str) -> str:
        """Return a name that no import has."""
        if name == "self":
            name = self._target.name.rpartition(".")[0].rpartition(".")[2].lower()
        taken = {item.name or item.module for item in self._imports} | {"self", "result"}
        return f"{name}_given" if name in taken else name

    def _call(self, spelled: dict[str, str]) -> str:
        receiver = spelled.get("self", "")
        callee = callee_text(self._target, receiver)
        if self._target.kind is TargetKind.PROPERTY:
            return callee
        texts = {
            item.name: spelled.get(item.name, item.expression.text)
            for item in self._target.arguments
        }
        text = f"{callee}({', '.join(passed(self._target, texts))})"
        if self._target.asynchronous and not self._target.generator:
            text = f"asyncio.run({text})"
        elif self._target.generator and not self._target.asynchronous:
            text = f"list({text})"
        return render(text, self._indent, double=self._double, lead=len("result = "))

    def _render(self, value: Expression, lead: int) -> str:
        return render(value.text, self._indent, double=self._double, lead=lead)

    def _literal(self, described: object) -> Expression | None:
        try:
            expression = literal_of(described)  # type: ignore[arg-type]  # JSON by construction
        except Inexpressible:
            return None
        self._imports.extend(expression.imports)
        return expression

    def _result_checks(self) -> list[str]:
        if self._expected is not None:
            expression = self._literal(self._expected.value)
            if expression is not None:
                return [self._equal("result", expression)]
        return self._contract_checks()

    def _contract_checks(self) -> list[str]:
        """Return what the return annotation promises, for a result that nothing else tells."""
        source = self._target.returns
        annotation = ast.parse(source, mode="eval").body if source else None
        name = subscript(annotation)[0]
        if unwrapped(annotation) is not annotation or name not in CHECKED_TYPES:
            return []
        if self._target.generator:
            return []
        kinds = CHECKED_TYPES[name]
        if self._subject.style.unittest:
            return [f"self.assertIsInstance(result, {kinds})"]
        return [f"assert isinstance(result, {kinds})"]

    def _equal(self, name: str, expected: Expression) -> str:
        identical = expected.text in SINGLETONS
        if self._subject.style.unittest:
            method = "assertIs" if identical else "assertEqual"
            return f"self.{method}({name}, {self._render(expected, 30)})"
        sign = "is" if identical else "=="
        return f"assert {name} {sign} {self._render(expected, len(name) + 11)}"

    def _quote(self, text: str) -> str:
        return self._render(Expression(text=repr(text)), 0)
