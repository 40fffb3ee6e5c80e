import asyncio

from prices.fallback import quote_or_last
from prices.memory import PriceMemory
from prices.sources import TableSource


async def twice(second):
    memory = PriceMemory()
    await quote_or_last([TableSource("shop", {"lamp": 4000})], memory, "lamp")
    return await quote_or_last([], memory, second)


def test_the_last_price_is_stale():
    quote = asyncio.run(twice("lamp"))
    assert quote == {"source": "shop", "article": "lamp", "cents": 4000, "stale": True}


def test_what_was_never_known_is_none():
    assert asyncio.run(twice("boat")) is None
