"""The benchmark itself: both ways agree, and it measures something."""

from benchmarks.candidates import measure


def test_both_ways_find_the_same_candidate() -> None:
    found = measure(candidates=4, alone=2, rounds=1)
    assert found.candidates == 4
    assert found.ratio > 0
