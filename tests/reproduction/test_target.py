"""Which frames can be called, which cannot, and what is said of them."""

import pytest

from suture.domain.alert import ExceptionInfo, Frame
from suture.domain.evidence import Evidence, Location
from suture.reproduction.layout import ProjectLayout
from suture.reproduction.neighbours import neighbours_of
from suture.reproduction.planning import plan
from suture.reproduction.target import Search, TargetKind, find_targets
from suture.verdict.observation import Observation, Outcome
from tests.reproduction.production import EVIDENCE, make_alert

SOURCE = """
import enum

class Color(enum.Enum):
    _ignore_ = []
    RED = 1
    BLUE = 2
    shade: int = 3

class Lone(enum.Enum):
    ONLY = 1

class Cart:
    def total(self):
        return 1
    @staticmethod
    def rate(a):
        return a
    def bare():
        return 1

class Other:
    def total(self):
        return 2

def outer(a):
    def inner(b):
        return b
    return inner(a)

def plain(a, b=2, *, c=3):
    return a

def strict(a: int) -> "int | None":
    return a

def checked(a) -> float:
    return a

def rows(a) -> list[int]:
    for x in a:
        yield x
"""
LAYOUT = ProjectLayout(
    files=("shop/__init__.py", "shop/m.py", "9/x.py"),
    sources={"shop/__init__.py": "", "shop/m.py": SOURCE, "9/x.py": "def f():\n    pass\n"},
)


def frame(function: str, line: int | None = None, path: str = "shop/m.py", **given: str) -> Frame:
    return Frame(filename=path, function=function, lineno=line, variables=dict(given))


def search(*frames: Frame, evidence: Evidence = EVIDENCE) -> Search:
    link = ExceptionInfo(type="shop.Bad-Error", frames=frames)
    return find_targets(make_alert((link,)), evidence, LAYOUT)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (frame("total", 15, self="<shop.m.Nothing object at 0x7f>"), "only its address"),
        (frame("gone"), "not there any more"),
        (frame("total"), "not there any more"),
        (frame("inner", b="1"), "inside another function"),
        (frame("plain"), "a was not captured"),
        (frame("bare"), "argument self was not captured"),
        (frame("plain", path="lib/unknown.py"), "not in the repository"),
        (frame("f", path="9/x.py"), "cannot be imported by name"),
    ],
)
def test_a_frame_that_cannot_be_called_says_why(given: Frame, reason: str) -> None:
    found = search(given)
    assert found.targets == ()
    assert reason in found.refusals[0]


def test_methods_of_one_name_are_told_apart_by_the_line() -> None:
    found = search(frame("total", 24, self="<shop.m.Other object at 0x7f>"))
    assert [target.name for target in found.targets] == ["Other.total"]
    assert found.targets[0].kind is TargetKind.METHOD


def test_a_function_is_no_generator_because_one_inside_it_is() -> None:
    assert not search(frame("outer", a="1")).targets[0].generator
    assert search(frame("rows", a="1")).targets[0].generator


def test_static_methods_are_plain_calls() -> None:
    assert search(frame("rate", a="1")).targets[0].kind is TargetKind.FUNCTION


def test_outer_frames_lead_and_doubtful_ones_follow() -> None:
    found = search(frame("plain", a="1"), frame("strict", a="2"), frame("<module>"))
    assert [target.name for target in found.targets] == ["strict", "", "plain"]
    assert "default stands in" in found.targets[2].doubts[0]
    outer = search(frame("<module>"), frame("strict", a="2"))
    assert [target.name for target in outer.targets] == ["strict"]


def test_the_evidence_knows_the_file_best() -> None:
    place = Location(path="shop/m.py", line=3, function="strict")
    evidence = EVIDENCE.model_copy(update={"path": (place,)})
    assert search(frame("strict", a="1", path="m.py"), evidence=evidence).targets
    assert search(frame("checked", a="1", path="m.py"), evidence=evidence).targets


def test_endless_stacks_are_cut_in_the_middle() -> None:
    found = search(*(frame("strict", a=str(number)) for number in range(60)))
    texts = [target.arguments[0].expression.text for target in found.targets]
    assert texts == [*"01234567", "52", "53", "54", "55"]


def test_an_alert_without_frames_has_no_target() -> None:
    assert find_targets(make_alert(), EVIDENCE, LAYOUT) == Search(targets=(), refusals=())


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("1", ["2", "0"]),
        ("True", ["False"]),
        ("'a'", ["'ax'", "''"]),
        ("[1]", ["[]", "[2]", "[0]"]),
        ("{'a': None}", ["{}", "{'ax': None}", "{'': None}"]),
        ("None", []),
        ("<Color.RED: 1>", ["Color.BLUE"]),
        ("<Color.BLUE: 1>", ["Color.RED"]),
        ("<Color.GONE: 1>", []),
        ("<Lone.ONLY: 1>", []),
        ("datetime.timezone.utc", []),
        ("0", ["1"]),
    ],
)
def test_neighbours_differ_in_one_value(value: str, texts: list[str]) -> None:
    target = search(frame("checked", a=value)).targets[0]
    found = neighbours_of(target, LAYOUT)
    assert [item.arguments[0].expression.text for item in found] == texts


def test_neighbours_are_bounded_and_include_the_receiver() -> None:
    wide = search(frame("checked", a=repr(list(range(50))))).targets[0]
    assert 8 < len(neighbours_of(wide, LAYOUT)) <= 12
    method = search(frame("total", 15, self="<Color.RED: 1>")).targets[0]
    receivers = [item.receiver for item in neighbours_of(method, LAYOUT)]
    assert [item.text for item in receivers if item] == ["Color.BLUE"]


def written(function: str, expected: Observation | None = None, alert_id: str = "e1") -> str:
    link = ExceptionInfo(type="shop.Bad-Error", frames=(frame(function, a="[1]"),))
    alert = make_alert((link,)).model_copy(update={"alert_id": alert_id})
    test = plan(alert, EVIDENCE, LAYOUT).plans[0].regression_test(expected)
    assert test is not None
    compile(str(test.content), test.path, "exec")
    return str(test.content)


def test_without_an_expected_result_the_annotation_is_asserted() -> None:
    assert "assert isinstance(result, (int, float))" in written("checked")
    assert "assert" not in written("strict")
    assert "assert" not in written("rows")


def test_a_result_without_literal_is_not_asserted() -> None:
    opaque = Observation(
        outcome=Outcome.RETURNED,
        value={"type": "opaque"},
        before={"a": {"type": "opaque"}},
        after={"a": {"type": "cycle"}},
    )
    assert "assert" not in written("strict", opaque)
    failed = Observation(outcome=Outcome.RAISED)
    assert "assert" not in written("strict", failed)


def test_hostile_texts_do_not_reach_the_test() -> None:
    text = written("strict", alert_id='"""\nimport os\nos.system("id")\n"""')
    assert "import os" not in text
    assert text.startswith('"""Regression test: BadError in shop.m.strict, reported by')


def test_a_unittest_case_asserts_the_annotation_too() -> None:
    case = "import unittest\nfrom shop.m import checked\n\nclass A(unittest.TestCase): pass\n"
    sources = {**LAYOUT.sources, "tests/test_m.py": case}
    layout = ProjectLayout(files=tuple(sources), sources=sources)
    link = ExceptionInfo(type="E", frames=(frame("checked", a="1"),))
    test = plan(make_alert((link,)), EVIDENCE, layout).plans[0].regression_test(None)
    assert test is not None
    assert "self.assertIsInstance(result, (int, float))" in str(test.content)
