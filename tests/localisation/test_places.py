import json

from suture.domain.alert import Alert, ExceptionInfo, FailedTest
from suture.domain.evidence import Evidence, Location
from suture.localisation.cause import find_cause
from suture.localisation.places import WEIGHTS, rank_functions, rank_places
from suture.localisation.spectrum import (
    MAX_NEAR,
    RanCall,
    RanLine,
    Spectrum,
    neighbouring_tests,
    read_spectrum,
)
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
    assert found.index("Cart.add") < found.index("Cart.rows")


def test_what_only_the_failing_tests_functions_call_is_more_suspicious(stage: Stage) -> None:
    alert = failing(stage)
    evidence = looked_into(stage, ("tests/test_shop.py", 5, "test_discount"))
    ran = seen(("shop.py", 2, 4), ("shop.py", 7, 0), ("shop.py", 13, 4))
    scores = {}
    for called in (1, 11, 5, 40):
        call = RanCall(path="shop.py", line=called, caller_path="shop.py", caller_line=5)
        spectrum = ran.model_copy(update={"calls": (call,)})
        found = rank_functions(alert, evidence, spectrum, stage.snapshot())
        scores[called] = {each.unit[1]: each.score for each in found}
    assert scores[1]["total"] == scores[40]["total"] + WEIGHTS["callers"]
    assert scores[11]["Cart.rows"] == scores[40]["Cart.rows"] + WEIGHTS["callers"]
    assert scores[5] == scores[40]


def test_what_a_test_would_have_called_is_weighed_though_it_failed_before(stage: Stage) -> None:
    alert = failing(stage, "AttributeError", "no")
    test = (
        "import shop\n\n\ndef test_discount():\n"
        "    shop.missing\n    assert shop.discount(1, 2) == 8\n    print(shop.Cart())\n"
    )
    stage.commit({"tests/test_shop.py": test})
    evidence = looked_into(stage, ("tests/test_shop.py", 5, "test_discount"))
    ran = seen(("shop.py", 2, 4))
    assert "discount" in names(rank_places(alert, evidence, ran, stage.snapshot()))


def test_what_is_there_to_help_tests_is_less_suspicious(stage: Stage) -> None:
    alert = failing(stage)
    code = "def double(x):\n    y = x\n    return y * 2\n"
    stage.commit({"shop/testing.py": code, "shop/tested.py": code})
    evidence = looked_into(stage, ("tests/test_shop.py", 5, "test_discount"))
    ran = seen(("shop/testing.py", 3, 0), ("shop/tested.py", 3, 0))
    found = rank_functions(alert, evidence, ran, stage.snapshot())
    scores = {each.unit[0]: each.score for each in found}
    assert scores["shop/testing.py"] == scores["shop/tested.py"] + WEIGHTS["testing"]


def test_the_words_of_an_inner_function_are_its_own(stage: Stage) -> None:
    alert = failing(stage)
    code = "def outer(x):\n    def inner():\n        discount = x\n\n    return inner\n"
    stage.commit({"nested.py": code})
    evidence = looked_into(stage, ("tests/test_shop.py", 5, "test_discount"))
    ran = seen(("nested.py", 2, 0), ("nested.py", 3, 0))
    assert names(rank_places(alert, evidence, ran, stage.snapshot()))[0] == "outer.inner"


def test_a_spectrum_is_read_from_what_the_sandbox_printed() -> None:
    told = {
        "failed": 1,
        "passed": 3,
        "lines": [["shop.py", 2, 1, 3], ["shop.py", 0, 1, 3]],
        "raised": [],
        "calls": [["shop.py", 1, "test_shop.py", 4], ["shop.py", 1, "test_shop.py", 0]],
    }
    said = json.dumps(told)
    found = read_spectrum(f"noise\nabc {said}\n", "abc")
    assert found is not None
    assert found.by_path == {"shop.py": {2: 0.5}}
    moved = found.moved("shop/{}".format)
    assert moved.by_path == {"shop/shop.py": {2: 0.5}}
    [call] = moved.calls
    assert (call.path, call.line) == ("shop/shop.py", 1)
    assert (call.caller_path, call.caller_line) == ("shop/test_shop.py", 4)
    assert read_spectrum(said, "abc") is None
    assert read_spectrum("abc {}", "abc") is None
    assert read_spectrum('abc {"lines": 3}', "abc") is None
    assert read_spectrum(f"abc {json.dumps({**told, 'failed': 0})}", "abc") is None
    assert read_spectrum(" " * (9 << 20), "abc") is None
    assert Spectrum().ochiai(RanLine(path="a", line=1, failed=0, passed=0)) == 0.0


def test_files_of_the_same_folder_and_of_like_names_are_nearest() -> None:
    paths = (
        *("tests/test_zoo.py", "tests/test_cart_rows.py", "tests/test_cart.py", "tests/data.py"),
        *("tests/more/test_cart_more.py", "shop/cart.py", "tests/tests_all.py", "cart_test.py"),
    )
    assert neighbouring_tests(paths, ("tests/test_cart.py::test_a",)) == (
        *("tests/test_cart_rows.py", "tests/test_zoo.py", "tests/tests_all.py"),
        *("cart_test.py", "tests/more/test_cart_more.py"),
    )
    many = tuple(f"tests/test_{n}.py" for n in range(90))
    assert len(neighbouring_tests(many, ())) == MAX_NEAR


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
        ("tests/test_shop.py", 5, "gone"),
        ("more.py", 2, "f"),
        ("tests/test_shop.py", 5, "test_discount"),
    )
    ran = seen(("more.py", 2, 0), ("page.js", 2, 0), ("tests/test_shop.py", 5, 0))
    ran = ran.model_copy(update={"raised": ran.lines})
    found = rank_functions(alert, looked_into(stage, *path), ran, stage.snapshot())
    called = {("shop.py", "discount"), ("shop.py", "total")}
    assert {each.unit for each in found} - called == {("more.py", "f"), ("page.js", "show")}
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
