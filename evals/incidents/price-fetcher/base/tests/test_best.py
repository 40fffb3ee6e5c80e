import asyncio

from prices.best import best_quote
from prices.sources import TableSource

NORTH = TableSource("north", {"lamp": 4200, "chair": 9900})
SOUTH = TableSource("south", {"lamp": 3900})


def test_the_cheapest_wins():
    assert asyncio.run(best_quote([NORTH, SOUTH], "lamp"))["source"] == "south"


def test_nobody_sells_it():
    assert asyncio.run(best_quote([NORTH, SOUTH], "boat")) is None
