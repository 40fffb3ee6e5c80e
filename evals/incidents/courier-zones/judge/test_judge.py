from zones.couriers import assign, nearby

COURIERS = {"kim": (2500.0, 0.0), "lee": (1000.0, 0.0)}


def test_express_orders_are_served_from_further_away():
    assert assign(COURIERS, {"x": 7000, "y": 0, "express": True}) == "kim"
    assert assign(COURIERS, {"x": 8900, "y": 0, "express": True}) == "kim"


def test_express_has_a_limit():
    assert assign(COURIERS, {"x": 90_000, "y": 0, "express": True}) is None


def test_other_orders_are_as_before():
    assert assign(COURIERS, {"x": 7000, "y": 0}) is None
    assert assign(COURIERS, {"x": 0, "y": 0}) == "lee"


def test_the_new_order_stays():
    assert nearby(1200.0, COURIERS, (0.0, 0.0)) == ["lee"]
