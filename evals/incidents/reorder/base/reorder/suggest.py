"""Suggestions for the buyer."""

from .demand import daily, days_left
from .suppliers import cheapest, in_time, lead_days

COVER_DAYS = 30


def suggestion(article: dict, suppliers: list[dict]) -> dict | None:
    """Return what to order now, or None when there is time.

    Orders go to the cheapest supplier who delivers in time, else to the quickest.
    """
    left = days_left(article["stock"], article["sales"])
    if left is None or left > max(lead_days(supplier) for supplier in suppliers) * 2:
        return None
    punctual = in_time(suppliers, left)
    chosen = cheapest(punctual) if punctual else min(suppliers, key=lead_days)
    quantity = round(daily(article["sales"]) * COVER_DAYS)
    return {"article": article["id"], "supplier": chosen["name"], "quantity": quantity}
