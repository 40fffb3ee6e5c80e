"""Choosing among quotes."""

import asyncio


async def all_quotes(sources, article):
    """Return the quotes of every source that sells the article."""
    quotes = await asyncio.gather(*(source.quote(article) for source in sources))
    return [quote for quote in quotes if quote is not None]


async def best_quote(sources, article):
    """Return the cheapest quote, or None when nobody sells it."""
    quotes = await all_quotes(sources, article)
    return min(quotes, key=lambda quote: quote["cents"], default=None)
