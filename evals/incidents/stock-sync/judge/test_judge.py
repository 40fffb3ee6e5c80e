from stocksync.intake import take_in
from stocksync.stock import Stock
from stocksync.feed import parse_line
from stocksync.value import overpriced


def test_the_most_overpriced_comes_first():
    positions = [parse_line("a1;1;110"), parse_line("b2;1;300"), parse_line("c3;1;5")]
    assert overpriced(positions, {"A1": 100, "B2": 100}) == ["B2", "A1"]


def test_the_record_keeps_its_new_name():
    assert parse_line("a1;1;110") == {"article": "A1", "quantity": 1, "unit_cost": 110}


def test_a_delivery_with_agreed_prices_is_taken_in():
    stock = Stock()
    note = take_in(stock, "a1;2;110", agreed={"A1": 110})
    assert note == {"positions": 1, "value": 220, "overpriced": []}
