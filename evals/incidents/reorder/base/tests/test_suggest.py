from reorder.suggest import suggestion

SLOW = {"name": "slow", "lead_days": 10, "unit_cents": 90}
QUICK = {"name": "quick", "lead_days": 2, "unit_cents": 120}
NEW = {"name": "new", "lead_days": None, "unit_cents": 80}


def test_the_cheapest_in_time_gets_the_order():
    made = suggestion({"id": "a1", "stock": 30, "sales": [2, 2]}, [SLOW, QUICK])
    assert made == {"article": "a1", "supplier": "slow", "quantity": 60}


def test_the_quickest_if_nobody_is_in_time():
    assert suggestion({"id": "a1", "stock": 1, "sales": [2]}, [SLOW, QUICK])["supplier"] == "quick"


def test_what_was_not_agreed_counts_as_two_weeks():
    assert suggestion({"id": "a1", "stock": 14, "sales": [1]}, [SLOW, NEW])["supplier"] == "new"


def test_there_is_time():
    assert suggestion({"id": "a1", "stock": 500, "sales": [1]}, [SLOW, NEW]) is None
