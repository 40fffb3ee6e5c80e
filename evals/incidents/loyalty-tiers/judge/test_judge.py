import pytest

from loyalty.events import Accounts, handle_purchase
from loyalty.greeting import greeting
from loyalty.tiers import BASIC, tier_for


@pytest.mark.parametrize("points", [0, 1, 249])
def test_everybody_has_the_basic_tier(points):
    assert tier_for(points) == BASIC


def test_new_customers_earn_points():
    assert handle_purchase(Accounts(), {"customer": "c-1", "amount_cents": 4250}) == 42


def test_new_customers_are_greeted():
    assert greeting("Ida", 10) == "Hello Ida, you are basic. Next: bronze."


def test_tiers_above_are_as_before():
    assert [tier_for(p).name for p in (250, 999, 1000, 5000)] == [
        "bronze", "bronze", "silver", "gold"]
