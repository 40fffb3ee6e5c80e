import json

from suture.domain.alert import Alert, ExceptionInfo, FailedTest
from suture.domain.evidence import Evidence, Location
from suture.localisation.cause import find_cause
from suture.localisation.places import rank_functions, rank_places
from suture.localisation.spectrum import RanLine, Spectrum, read_spectrum
from tests.builders.stage import Stage, report

SHOP = (
    "def total(prices):\n    return sum(prices)\n\n\n"
    "def discount(price, share):\n    '''Take a share off.'''\n    return price + share\n\n\n"
    "class Cart:\n    def rows(self):\n        '''All of them.'''\n        return self.kept\n\n"
    "    def add(self, price):\n        self.kept.append(price)\n"
)
TEST = (
    "from shop import discount, total\n\n\ndef test_discount():\n"
    "    assert discount(total([10]), 2) == 8\n"
)


def failing(stage: Stage, error: str = "AssertionError", said: str = "12 != 8") -> Alert:
    stage.commit({"shop.py": SHOP, "tests/test_shop.py": TEST, "notes.txt": "shop"})
    return report(
        exceptions=(ExceptionInfo(type=error, value=said),),
        failed_tests=(FailedTest(node_id="tests/test_shop.py::test_discount", message=said),),
    )


def seen(*lines: tuple[str, int, int]) -> Spectrum:
    return Spectrum(
        failed=1,
        passed=4,
        lines=tuple(
            RanLine(path=path, line=line, failed=1, passed=passed) for path, line, passed in lines
        ),
    )


def looked_into(stage: Stage, *path: tuple[str, int, str | None]) -> Evidence:
    places = tuple(Location(path=p, line=line, function=name) for p, line, name in path)
    return Evidence(
        base_sha=stage.snapshot().sha, path=places, crash=places[-1] if places else None
    )


def names(found: tuple[Location, ...]) -> list[str | None]:
    return [place.function for place in found]


def test_what_only_the_failing_test_runs_is_more_suspicious(stage: Stage) -> None:
    alert = failing(stage)
    evidence = looked_into(stage, ("tests/test_shop.py", 5, "test_discount"))
    ran = seen(
        ("shop.py", 2, 4), ("shop.py", 7, 0), ("tests/test_shop.py", 5, 0), ("gone.py", 1, 0)
    )
    found = rank_places(alert, evidence, ran, stage.snapshot())
    assert names(found) == ["discount", "total"]
    assert found[0].line == 7


def test_without_runs_the_functions_that_feed_the_failing_line_are_ranked(stage: Stage) -> None:
    alert = failing(stage)
    evidence = looked_into(stage, ("tests/test_shop.py", 5, "test_discount"))
    assert set(names(rank_places(alert, evidence, None, stage.snapshot()))) == {"discount", "total"}
    assert rank_places(report(), looked_into(stage), None, stage.snapshot()) == ()


def test_the_place_of_the_crash_comes_first_unless_something_was_only_waited_for(
    stage: Stage,
) -> None:
    path = (("tests/test_shop.py", 5, "test_discount"), ("shop.py", 2, "total"))
    scores = {}
    for error in ("TypeError", "TimeoutError"):
        alert = failing(stage, error, "no")
        ran = seen(("shop.py", 2, 0), ("shop.py", 7, 0))
        found = rank_functions(alert, looked_into(stage, *path), ran, stage.snapshot())
        scores[error] = {each.unit[1]: each.score for each in found}
    assert scores["TypeError"]["total"] > scores["TypeError"]["discount"]
    assert scores["TypeError"]["total"] > scores["TimeoutError"]["total"]


def test_a_function_that_the_error_names_is_suspicious_though_it_never_ran(stage: Stage) -> None:
    alert = failing(stage, "TypeError", "Cart.add() got an unexpected keyword argument 'count'")
    evidence = looked_into(stage, ("tests/test_shop.py", 5, "test_discount"))
    assert names(rank_places(alert, evidence, None, stage.snapshot()))[1] == "Cart.add"


def test_what_only_hands_a_value_on_is_less_suspicious(stage: Stage) -> None:
    alert = failing(stage)
    evidence = looked_into(stage, ("tests/test_shop.py", 5, "test_discount"))
    ran = seen(("shop.py", 13, 0), ("shop.py", 16, 0))
    ran = ran.model_copy(update={"raised": ran.lines})
    found = names(rank_places(alert, evidence, ran, stage.snapshot()))
    assert found == ["Cart.add", "Cart.rows"]


def test_a_spectrum_is_read_from_what_the_sandbox_printed() -> None:
    line = {"path": "shop.py", "line": 2, "failed": 1, "passed": 3}
    said = json.dumps({"failed": 1, "passed": 3, "lines": [line], "raised": []})
    found = read_spectrum(f"noise\nabc {said}\n", "abc")
    assert found is not None
    assert found.by_path == {"shop.py": {2: 0.5}}
    assert found.moved("shop/{}".format).by_path == {"shop/shop.py": {2: 0.5}}
    assert read_spectrum(said, "abc") is None
    assert read_spectrum("abc {}", "abc") is None
    assert read_spectrum('abc {"lines": 3}', "abc") is None
    assert read_spectrum(" " * (9 << 20), "abc") is None
    assert Spectrum().ochiai(RanLine(path="a", line=1, failed=0, passed=0)) == 0.0


def test_frames_classes_and_lines_without_a_function_are_passed_over(stage: Stage) -> None:
    alert = failing(stage, "KeyError", "no")
    more = (
        "def f(x):\n    return Cart(x)\n\n\n"
        "class Cart:\n    def __init__(self, x):\n        self.x = x\n"
    )
    stage.commit({"more.py": more, "page.js": "function show() {\n  return 1;\n}\n"})
    path = (
        ("more.py", 2, "f"),
        ("more.py", 7, "gone"),
        ("tests/test_shop.py", 5, "test_discount"),
        ("more.py", 2, "f"),
        ("tests/test_shop.py", 5, "test_discount"),
    )
    ran = seen(("more.py", 2, 0), ("page.js", 2, 0), ("tests/test_shop.py", 5, 0))
    ran = ran.model_copy(update={"raised": ran.lines})
    found = rank_functions(alert, looked_into(stage, *path), ran, stage.snapshot())
    assert {each.unit for each in found} == {("more.py", "f"), ("page.js", "show")}
    without = rank_functions(alert, looked_into(stage, *path[:1]), None, stage.snapshot())
    assert ("more.py", "Cart") not in {each.unit for each in without}


def test_what_a_failed_test_imports_is_the_cause_while_nothing_better_is_known(
    stage: Stage,
) -> None:
    stage.commit({"shop.py": "RATE = 3\n", "tests/test_rate.py": "def test_a():\n    assert 0\n"})
    test = Location(path="tests/test_rate.py", line=2, function="test_a")
    module = Location(path="shop.py", line=1)
    evidence = Evidence(base_sha=stage.snapshot().sha, crash=test, path=(test, module))
    found = find_cause(evidence, "", stage.snapshot())
    assert found is not None
    assert found.location == module
    alone = evidence.model_copy(update={"path": (test,)})
    assert find_cause(alone, "", stage.snapshot()) is None
