import pytest

from loyalty.points import earned_points, spend


def test_silver_customers_earn_half_as_much_again():
    assert earned_points(1200, 10_000) == 150


def test_gold_customers_earn_double():
    assert earned_points(9000, 2_550) == 50


def test_points_that_are_not_there_cannot_be_spent():
    with pytest.raises(ValueError):
        spend(10, 11)
