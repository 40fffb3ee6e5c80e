"""REPAIR: an argument that goes to the wrong call, or does not reach the call that needs it."""

import ast
import re
from collections.abc import Iterator

from suture.patterns.complaint import Shape
from suture.patterns.index import last_name, parameter_names
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit, SourceFile

MAX_CALLS = 40
MAX_KEYWORDS = 12
LEAST_SHARED = 2
"""Keywords that two calls must share to count as calls of one kind."""


def moved_argument(scene: Scene) -> Iterator[Suggestion]:
    """Pass an argument to the outer call instead of the inner one, or the other way round.

    Before:
        def upper(values):
            return [value.upper() for value in values]
        def numbered(values, start=0):
            return list(enumerate(upper(values, start)))
        >>> numbered(["a"], 1)
    After:
        def upper(values):
            return [value.upper() for value in values]
        def numbered(values, start=0):
            return list(enumerate(upper(values), start))
    """
    for spot, outer in scene.each(ast.Call):
        for inner in outer.args:
            if not isinstance(inner, ast.Call):
                continue
            for argument in inner.args[1:]:
                yield _moved(spot, argument, inner, outer)
            for argument in outer.args:
                if argument is not inner:
                    yield _moved(spot, argument, outer, inner)


def _moved(spot: Spot, argument: ast.expr, giver: ast.Call, taker: ast.Call) -> Suggestion:
    file = spot.file
    place = giver.args.index(argument)
    start, end = file.span(argument)
    if place:
        start = file.span(giver.args[place - 1])[1]
    else:
        end = file.span(giver.args[1])[0]
    edits = (Edit(start, end, ""), _appended(file, taker, file.segment(argument)))
    return Suggestion(
        spot,
        edits,
        f"Pass `{file.shown(argument)}` to `{file.shown(taker.func)}` in {spot.where}",
        f"`{file.shown(giver.func)}` gets an argument that the call beside it takes.",
        0.9 if last_name(argument) else 0.6,
    )


def _appended(file: SourceFile, call: ast.Call, text: str) -> Edit:
    """Pass one more positional argument."""
    if call.args:
        end = file.span(call.args[-1])[1]
        return Edit(end, end, f", {text}")
    at = file.text.index("(", file.span(call.func)[1]) + 1
    return Edit(at, at, f"{text}, " if call.keywords else text)


def with_keyword(file: SourceFile, call: ast.Call, text: str) -> Edit:
    """Pass one more keyword, after all other arguments."""
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if not given:
        at = file.span(call)[1] - 1
        return Edit(at, at, text)
    at = max(file.span(argument)[1] for argument in given)
    return Edit(at, at, f", {text}")


def forwarded_value(scene: Scene) -> Iterator[Suggestion]:
    """Pass on what the called function takes, and the object or the caller has by that name.

    Before:
        class Job:
            def __init__(self, name, retries=0):
                self.retries = retries
        class Queue:
            def __init__(self, retries):
                self.retries = retries
            def job(self, name):
                return Job(name)
        >>> assert Queue(3).job("a").retries == 3
    After:
        class Job:
            def __init__(self, name, retries=0):
                self.retries = retries
        class Queue:
            def __init__(self, retries):
                self.retries = retries
            def job(self, name):
                return Job(name, retries=self.retries)
    """
    for spot, node in scene.each(ast.Call):
        if any(keyword.arg is None for keyword in node.keywords):
            continue
        taken = {keyword.arg for keyword in node.keywords}
        for name in _lacking(scene, node):
            value = _value_of(scene, spot, name)
            if value and name not in taken:
                yield Suggestion(
                    spot,
                    (with_keyword(spot.file, node, f"{name}={value}"),),
                    f"Pass `{name}` on to `{spot.file.shown(node.func)}` in {spot.where}",
                    f"It takes `{name}`, and {spot.where} has one that goes nowhere.",
                    1.0 if value.startswith("self.") or spot.is_unread(name) else 0.8,
                )


def _lacking(scene: Scene, node: ast.Call) -> list[str]:
    """Return parameters of the called function that the call leaves at their defaults."""
    found: list[str] = []
    for function in scene.index.called(node)[:2]:
        found += parameter_names(function.node)[len(node.args) :]
    return list(dict.fromkeys(found))[:MAX_KEYWORDS]


def _value_of(scene: Scene, spot: Spot, name: str) -> str:
    if name in spot.locals:
        return name
    owner = spot.file.class_of(spot.statement)
    own = owner is not None and "self" in spot.locals
    return f"self.{name}" if own and owner and name in scene.index.members(owner.name) else ""


def sibling_keyword(scene: Scene) -> Iterator[Suggestion]:
    """Pass a keyword that another call of the same kind passes.

    Before:
        def send(**settings):
            return settings
        def by_mail(name, timeout):
            return send(name=name, retries=1, timeout=timeout)
        def by_phone(name, timeout):
            return send(name=name, retries=2)
        >>> assert by_phone("a", 5)["timeout"] == 5
    After:
        def send(**settings):
            return settings
        def by_mail(name, timeout):
            return send(name=name, retries=1, timeout=timeout)
        def by_phone(name, timeout):
            return send(name=name, retries=2, timeout=timeout)
    """
    for spot, node in scene.each(ast.Call):
        taken = {keyword.arg for keyword in node.keywords}
        if None in taken:
            continue
        for other in _alike(spot.file, node, taken):
            for keyword in other.keywords:
                if keyword.arg and keyword.arg not in taken and spot.sees(keyword.value):
                    yield Suggestion(
                        spot,
                        (with_keyword(spot.file, node, spot.file.segment(keyword)),),
                        f"Pass `{keyword.arg}` to `{spot.file.shown(node.func)}` in {spot.where}",
                        f"The call at line {other.lineno} passes it.",
                    )


def _alike(file: SourceFile, node: ast.Call, taken: set[str | None]) -> list[ast.Call]:
    """Return calls of the same function, or such as take the same keywords."""
    found = []
    for other in file.nodes:
        if not isinstance(other, ast.Call) or other is node or not other.keywords:
            continue
        shared = taken & {keyword.arg for keyword in other.keywords}
        same = last_name(other.func) == last_name(node.func) != ""
        if same or len(shared) >= LEAST_SHARED:
            found.append(other)
    return found[:MAX_CALLS]


EXPECTED = re.compile(
    r"Expected(?: call)?: ([\w.]{1,80})(\([^\n]{0,1500})\n\s{0,20}"
    r"Actual(?: call)?: \1(\([^\n]{0,1500})"
)
"""What `unittest.mock` says of a call that differs."""
PLAIN = re.compile(r"[(,] ?(\w{1,80})=(True|False|None|-?\d{1,9})(?=[,)])")


def expected_keyword(scene: Scene) -> Iterator[Suggestion]:
    """Pass the flag, or the number, that the failed check of a call names.

    Before:
        from unittest.mock import Mock
        class Form:
            def __init__(self):
                self.prompt = Mock()
            def check(self):
                self.prompt.assert_called_once_with("a", default=1, strict=False)
        def ask(form, question):
            form.prompt(question, default=1)
            form.check()
        >>> ask(Form(), "a")
    After:
        from unittest.mock import Mock
        class Form:
            def __init__(self):
                self.prompt = Mock()
            def check(self):
                self.prompt.assert_called_once_with("a", default=1, strict=False)
        def ask(form, question):
            form.prompt(question, default=1, strict=False)
            form.check()
    """
    called, wanted = expected_keywords(scene.complaint.message)
    for spot, node in scene.each(ast.Call) if wanted else ():
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        for name, text in wanted.items():
            old = given.get(name)
            if old is not None and not isinstance(old, ast.Constant):
                continue
            edit = spot.file.replace(old, text) if old else None
            yield Suggestion(
                spot,
                (edit or with_keyword(spot.file, node, f"{name}={text}"),),
                f"Pass `{name}={text}` to `{spot.file.shown(node.func)}` in {spot.where}",
                f"The check of this call expects `{name}={text}`.",
                1.0 if last_name(node.func) == called else 0.3,
            )


def expected_keywords(message: str) -> tuple[str, dict[str, str]]:
    """Return whose call was checked, and its keywords that differ and have plain values."""
    found = EXPECTED.search(message)
    if found is None:
        return "", {}
    had = dict(PLAIN.findall(found[3]))
    wanted = {name: text for name, text in PLAIN.findall(found[2]) if had.get(name) != text}
    return found[1].rpartition(".")[2], wanted


ASSERTED = frozenset({Shape.ASSERTION})
WRONG = ASSERTED | {Shape.OPERANDS, Shape.NOT_ITERABLE, Shape.ARGUMENT_COUNT, Shape.NONE_USED}

PATTERNS = (
    Pattern("passing.moved", moved_argument, 0.7, WRONG, 0.6),
    Pattern("passing.forwarded", forwarded_value, 0.75, ASSERTED, 0.3),
    Pattern("passing.sibling", sibling_keyword, 0.5, ASSERTED, 0.2),
    Pattern("passing.expected", expected_keyword, 0.95, ASSERTED),
)
