"""Who leads to the cause of an incident, and what tests it."""

import pytest

from suture.domain.evidence import Location
from suture.domain.reach import Reach
from suture.index.questions import CodeQuestions
from suture.localisation import reach
from suture.localisation.reach import reach_of
from tests.builders.stage import Stage

FILES = {
    "shop/rates.py": "def rate(country):\n    return {}[country]\n",
    "shop/pricing.py": "from shop.rates import rate\n\n\ndef price(order):\n"
    "    return rate(order.country)\n\n\ndef refund(order):\n"
    "    return price(order) + price(order)\n",
    "shop/web.py": "from shop.pricing import price, refund\n\n\ndef post_order(request):\n"
    "    return price(request.order)\n\n\ndef post_refund(request):\n"
    "    return refund(request.order)\n",
    "shop/job.py": "from shop.rates import rate\n\nrate('FI')\n",
    "tests/test_pricing.py": "from shop.pricing import price\n\n\ndef test_price():\n"
    "    assert price(None)\n",
}


@pytest.fixture
def questions(stage: Stage) -> CodeQuestions:
    sha = stage.commit(FILES)
    return CodeQuestions(stage.repository.code_index(), sha)


def test_callers_are_followed_to_where_nothing_calls_them(questions: CodeQuestions) -> None:
    found = reach_of(Location(path="shop/rates.py", line=2), questions)
    assert found is not None
    assert (found.callers, found.tests, found.whole) == (4, 1, True)
    entries = {(each.path, each.function) for each in found.entries}
    assert entries == {
        ("shop/job.py", None),
        ("shop/web.py", "post_order"),
        ("shop/web.py", "post_refund"),
    }
    assert [each.function for each in found.tested_by] == ["test_price"]
    assert str(found) == "leading to the cause: 4 functions; reaching it: 1 test"


def test_a_search_that_ends_at_a_bound_says_so(
    questions: CodeQuestions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "MAX_ASKED", 1)
    found = reach_of(Location(path="shop/rates.py", line=2), questions)
    assert found is not None
    assert not found.whole
    assert "or more" in str(found)


def test_what_is_no_function_reaches_nothing(questions: CodeQuestions) -> None:
    assert reach_of(Location(path="shop/job.py", line=3), questions) is None
    assert reach_of(Location(path="missing.py", line=1), questions) is None


def test_one_of_each_is_told_as_one() -> None:
    told = Reach(callers=1, tests=0, whole=True)
    assert "1 function; reaching it: 0 tests" in str(told)
