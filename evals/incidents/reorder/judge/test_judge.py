import pytest

from reorder.suppliers import cheapest
from reorder.suggest import suggestion


def supplier(name, days, cents):
    return {"name": name, "lead_days": days, "unit_cents": cents}


@pytest.mark.parametrize(("days", "name"), [(5, "agreed"), (13, "agreed"), (15, "open")])
def test_what_was_not_agreed_counts_as_two_weeks(days, name):
    suppliers = [supplier("open", None, 210), supplier("agreed", days, 210)]
    assert cheapest(suppliers)["name"] == name
    assert cheapest(suppliers[::-1])["name"] == name


def test_the_price_goes_first():
    assert cheapest([supplier("open", None, 100), supplier("agreed", 1, 210)])["name"] == "open"


def test_nothing_agreed_at_all():
    both = [supplier("one", None, 5), supplier("two", None, 5)]
    assert cheapest(both)["name"] == "one"


def test_a_suggestion_is_made():
    article = {"id": "a", "stock": 45, "sales": [3]}
    made = suggestion(article, [supplier("open", None, 210), supplier("agreed", 5, 210)])
    assert made["supplier"] == "agreed"
