"""Suppliers: `{"name", "lead_days", "unit_cents"}`.

`lead_days` is None as long as nothing was agreed.
"""

USUAL_LEAD_DAYS = 14


def lead_days(supplier: dict) -> int:
    """Days until a delivery comes; what was not agreed counts as the usual two weeks."""
    agreed = supplier["lead_days"]
    return USUAL_LEAD_DAYS if agreed is None else agreed


def cheapest(suppliers: list[dict]) -> dict:
    """Return the supplier with the lowest price; the quicker one if two ask the same."""
    return min(suppliers, key=lambda supplier: (supplier["unit_cents"], supplier["lead_days"]))


def in_time(suppliers: list[dict], days: int) -> list[dict]:
    """Return the suppliers that deliver within some days."""
    return [supplier for supplier in suppliers if lead_days(supplier) <= days]
