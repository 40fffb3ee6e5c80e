"""What tests run of a fix."""

import json

import pytest

from suture.verdict.coverage import Coverage, Ran, changed_statements, cover, read_ran

BASE = "def fare(age):\n    return 20\n"
FIXED = '''\
def fare(age):
    """Say what to pay."""
    if age < 14 and (
        age > 2
    ):
        try:
            return 10
        except KeyError:
            return 0
    return 20
'''
STATEMENTS = changed_statements("fares.py", BASE, FIXED)


def test_statements_are_told_by_their_own_lines() -> None:
    assert [(one.line, one.last) for one in STATEMENTS] == [(3, 5), (7, 7), (9, 9)]
    assert changed_statements("fares.py", BASE, "def (") == ()
    assert changed_statements("fares.py", BASE, BASE) == ()


def test_a_statement_is_run_where_one_of_its_lines_is() -> None:
    ran = Ran(by_test={"fares.py": (4, 10)}, by_others={"fares.py": (7,)}, whole=True)
    found = cover(STATEMENTS, ran)
    assert (found.statements, found.by_test, found.by_any) == (3, 1, 2)
    assert found.uncovered == ("fares.py:9",)
    assert found.notes == ("No test runs what the fix changes at fares.py:9",)


def test_nothing_is_called_uncovered_while_tests_were_left_out() -> None:
    found = cover(STATEMENTS, Ran(when_loaded={"fares.py": (3,)}))
    assert found.uncovered == ()
    assert found.notes == ("2 changed statements are run by other tests than the failing ones",)
    assert Coverage(statements=1, by_test=1, by_any=1).notes == ()


@pytest.mark.parametrize("said", ["", "[]", '{"by_test": 3}', " " * (2 << 20)], ids=range(4))
def test_what_the_sandbox_may_not_say_is_passed_over(said: str) -> None:
    assert read_ran(said) is None


def test_paths_are_put_below_the_services_root() -> None:
    said = json.dumps({"by_test": {"fares.py": [3]}, "whole": True})
    ran = read_ran(said)
    assert ran is not None
    assert ran.moved(lambda path: f"shop/{path}").by_test == {"shop/fares.py": (3,)}
