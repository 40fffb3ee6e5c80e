"""Price sources: anything with an async `quote(article)`."""

import asyncio


class TableSource:
    """Quotes from a table, as the nightly file import fills it."""

    def __init__(self, name, table, delay=0.0):
        self.name = name
        self.table = table
        self.delay = delay

    async def quote(self, article):
        """Return `{"source", "article", "cents"}`, or None when it is not sold here."""
        await asyncio.sleep(self.delay)
        cents = self.table.get(article)
        if cents is None:
            return None
        return {"source": self.name, "article": article, "cents": cents}
