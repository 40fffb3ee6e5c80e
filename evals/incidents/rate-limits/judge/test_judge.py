import pytest

import gate
import limits


def test_sixty_where_nothing_is_set():
    assert limits.per_minute({}) == 60
    assert limits.per_minute({"burst": 3}) == limits.DEFAULT_PER_MINUTE


def test_what_is_set_counts():
    assert limits.per_minute({"per_minute": "30"}) == 30


def test_nonsense_is_still_refused():
    with pytest.raises(limits.BadConfig):
        limits.per_minute({"per_minute": 0})
    with pytest.raises(limits.BadConfig):
        limits.per_minute({"per_minute": -2})


def test_the_client_is_admitted_at_the_default_rate():
    made = gate.Gate({"n": {"burst": 1}})
    assert made.admit("n", 0)
    assert not made.admit("n", 0.9)
    assert made.admit("n", 2.0)
