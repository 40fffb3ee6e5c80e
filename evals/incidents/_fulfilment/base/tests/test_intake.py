import pytest

from fulfilment.intake import InvalidOrder, parse_order

GOOD = {"id": "o1", "name": "Ida", "country": "DE", "weight_grams": "1200"}


def test_a_good_order_is_taken():
    assert parse_order(GOOD)["weight_grams"] == 1200


@pytest.mark.parametrize(
    "change", [{"country": "XX"}, {"weight_grams": 99_999}, {"name": ""}, {"note": "x" * 61}]
)
def test_bad_orders_are_refused(change):
    with pytest.raises(InvalidOrder):
        parse_order({**GOOD, **change})
