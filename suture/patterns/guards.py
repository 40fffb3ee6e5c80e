"""GUARD: a case that the code forgot, handled the way its neighbours handle it.

Where nothing in the code says how, the same guard is offered as what it is: hiding the error.
"""

import ast
from collections.abc import Iterator

from suture.domain.patch import PatchNature
from suture.patterns.cases import FINDERS, Case, cases_at, passed_by_callers
from suture.patterns.complaint import Shape
from suture.patterns.conventions import Answer, answers_for
from suture.patterns.defaults import defaults_of
from suture.patterns.parsed import Spot
from suture.patterns.scene import Pattern, Scene, Suggestion
from suture.patterns.source import Edit

MAX_ANSWERS = 6


def early_answer(scene: Scene) -> Iterator[Suggestion]:
    """Answer early, the way the function, its docstring or its neighbours say.

    Before:
        class Cart:
            def __init__(self, prices):
                self.prices = prices
            def total(self):
                if not self.prices:
                    return 0
                return sum(self.prices)
            def mean(self):
                return sum(self.prices) / len(self.prices)
        >>> Cart([]).mean()
    After:
        class Cart:
            def __init__(self, prices):
                self.prices = prices
            def total(self):
                if not self.prices:
                    return 0
                return sum(self.prices)
            def mean(self):
                if not self.prices:
                    return 0
                return sum(self.prices) / len(self.prices)
    """
    for case in _cases(scene):
        if case.spot.alone and case.outside and not case.called:
            for answer in answers_for(scene, case.spot, case.text)[:MAX_ANSWERS]:
                lines = (f"if {case.bad}:", f"\t{answer.line}")
                yield _guard(case, answer, (case.spot.file.before(case.spot.statement, *lines),))


def caller_answer(scene: Scene) -> Iterator[Suggestion]:
    """Ask at the caller, which passed the bad value on.

    Before:
        def name_of(user):
            return user.name
        def find(users, key):
            return users.get(key)
        def greet(users, key):
            if not key:
                return "hello"
            user = find(users, key)
            return "hello " + name_of(user)
        >>> greet({}, "a")
    After:
        def name_of(user):
            return user.name
        def find(users, key):
            return users.get(key)
        def greet(users, key):
            if not key:
                return "hello"
            user = find(users, key)
            if user is None:
                return "hello"
            return "hello " + name_of(user)
    """
    for inner in _cases(scene):
        for case in passed_by_callers(scene, inner):
            if case.spot.alone and case.outside and not case.called:
                for answer in answers_for(scene, case.spot, case.text)[:MAX_ANSWERS]:
                    lines = (f"if {case.bad}:", f"\t{answer.line}")
                    edit = case.spot.file.before(case.spot.statement, *lines)
                    yield _guard(case, answer, (edit,))


def named_answer(scene: Scene) -> Iterator[Suggestion]:
    """Give the result of a call a name, and answer early when it is None.

    Before:
        def label(prices: dict, name: str) -> str | None:
            return prices.get(name).strip()
        >>> label({}, "bolt")
    After:
        def label(prices: dict, name: str) -> str | None:
            found = prices.get(name)
            if found is None:
                return None
            return found.strip()
    """
    for case in _cases(scene):
        spot, name = case.spot, "found"
        taken = name in spot.scope or isinstance(spot.statement, ast.While)
        if taken or not case.called:
            continue
        if not spot.alone or not case.outside:
            continue
        for answer in answers_for(scene, spot, case.text)[:MAX_ANSWERS]:
            lines = (f"{name} = {case.text}", f"if {name} is None:", f"\t{answer.line}")
            edits = (
                spot.file.before(spot.statement, *lines),
                spot.file.replace(case.subject, name),
            )
            yield _guard(case, answer, edits)


def _cases(scene: Scene) -> Iterator[Case]:
    for spot in scene.on_path():
        yield from cases_at(scene, spot)


def _guard(case: Case, answer: Answer, edits: tuple[Edit, ...]) -> Suggestion:
    what = f"{case.words} `{case.spot.file.shown(case.subject)}`"
    fit = case.fit * answer.fit
    if answer.stated:
        title = f"Guard {case.spot.where} against {what}"
        why = f"The statement fails for {what}; `{answer.line}`, as {answer.stated}."
        return Suggestion(case.spot, edits, title, why, fit)
    title = f"Hide {what} in {case.spot.where}"
    why = f"Nothing says what {case.spot.where} should answer; `{answer.line}` is made up."
    return Suggestion(case.spot, edits, title, why, fit, PatchNature.HIDES_ERROR)


def stricter_condition(scene: Scene) -> Iterator[Suggestion]:
    """Ask for the value in the condition that uses it.

    Before:
        def adult(user):
            if user["age"] >= 18:
                return "in"
            return "out"
        >>> adult({})
    After:
        def adult(user):
            if "age" in user and user["age"] >= 18:
                return "in"
            return "out"
    """
    for case in _cases(scene):
        for test in _tests(case):
            file = case.spot.file
            joined = isinstance(test, ast.BoolOp | ast.IfExp | ast.NamedExpr)
            for before, fit in ((f"{case.good} and ", 1.0), (f"{case.bad} or ", 0.8)):
                yield Suggestion(
                    case.spot,
                    file.wrap(test, f"{before}(" if joined else before, ")" if joined else ""),
                    f"Guard the condition of {case.spot.where} against {case.words} "
                    f"`{file.shown(case.subject)}`",
                    f"The condition needs `{case.good}`; a branch that is there is the answer.",
                    case.fit * fit,
                )


def _tests(case: Case) -> Iterator[ast.expr]:
    """Yield the conditions around the subject, innermost first."""
    parents = case.spot.file.parents
    child, outer = case.subject, parents[case.subject]
    while isinstance(outer, ast.expr | ast.comprehension):
        condition = isinstance(outer, ast.IfExp) and outer.test is child
        kept = isinstance(outer, ast.comprehension) and child in outer.ifs
        if condition or kept or isinstance(outer, ast.BoolOp):
            yield child
        child = outer if isinstance(outer, ast.expr) else child
        outer = parents[outer]
    if isinstance(outer, ast.If | ast.While) and outer.test is child:
        yield child


def empty_instead(scene: Scene) -> Iterator[Suggestion]:
    """Walk through nothing where an optional value is None.

    Before:
        def names(rows: list | None) -> list:
            return [row["name"] for row in rows]
        >>> names(None)
    After:
        def names(rows: list | None) -> list:
            return [row["name"] for row in rows or []]
    """
    for case in _cases(scene):
        parent = case.spot.file.parents[case.subject]
        walked = isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension | ast.Starred)
        for value in ("[]",) if walked else ('""', "0", "[]", "{}"):
            bare = isinstance(parent, ast.For | ast.AsyncFor | ast.comprehension | ast.Call)
            bare = bare and getattr(parent, "func", None) is not case.subject
            before, after = ("", f" or {value}") if bare else ("(", f" or {value})")
            optional = walked and _is_optional(case.spot, case.text)
            yield Suggestion(
                case.spot,
                case.spot.file.wrap(case.subject, before, after),
                f"{'Treat' if optional else 'Hide'} a missing `{case.text[:60]}` in "
                f"{case.spot.where} as {value}",
                f"`{case.text[:60]}` may be left out by its declaration."
                if optional
                else f"Nothing says that {value} stands for a missing value here.",
                case.fit,
                None if optional else PatchNature.HIDES_ERROR,
            )


def _is_optional(spot: Spot, name: str) -> bool:
    if spot.function is None:
        return False
    for parameter in ast.walk(spot.function.args):
        if isinstance(parameter, ast.arg) and parameter.arg == name and parameter.annotation:
            text = spot.file.segment(parameter.annotation)
            if "Optional" in text or "None" in text:
                return True
    return any(
        parameter.arg == name and isinstance(value, ast.Constant) and value.value is None
        for parameter, value in defaults_of(spot.function)
    )


def skipped_items(scene: Scene) -> Iterator[Suggestion]:
    """Leave out what is None where the code around leaves it out too.

    Before:
        def names(users):
            return [user["name"] for user in users]
        def ages(users):
            return [user["age"] for user in users if user is not None]
        >>> names([None])
    After:
        def names(users):
            return [user["name"] for user in users if user is not None]
        def ages(users):
            return [user["age"] for user in users if user is not None]
    """
    for case in _cases(scene):
        for node in case.spot.nodes if not case.outside else ():
            if isinstance(node, ast.comprehension):
                file = case.spot.file
                end = max(file.span(part)[1] for part in (node.iter, *node.ifs))
                stated = f" if {case.good}" in file.text
                yield Suggestion(
                    case.spot,
                    (Edit(end, end, f" if {case.good}"),),
                    f"{'Leave' if stated else 'Hide by leaving'} {case.words} "
                    f"`{file.shown(case.subject)}` out in {case.spot.where}",
                    f"Other code in {file.path} leaves such items out."
                    if stated
                    else "Nothing says that such items may be left out.",
                    case.fit,
                    None if stated else PatchNature.HIDES_ERROR,
                )


ANY = frozenset(FINDERS)
NONE = frozenset({Shape.NONE_USED})

PATTERNS = tuple(
    Pattern(name, suggest, prior, answers, nature=PatchNature.GUARD)
    for name, suggest, prior, answers in (
        ("guards.early", early_answer, 0.9, ANY),
        ("guards.caller", caller_answer, 0.95, ANY),
        ("guards.named", named_answer, 0.85, NONE),
        ("guards.condition", stricter_condition, 0.85, ANY),
        ("guards.optional", empty_instead, 0.85, NONE),
        ("guards.skipped", skipped_items, 0.8, ANY),
    )
)
