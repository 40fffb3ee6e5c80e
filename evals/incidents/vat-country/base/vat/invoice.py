"""Invoices."""

from .rates import rate


def line(item: dict, country: str) -> dict:
    net = item["cents"] * item["quantity"]
    percent = rate(country, item.get("kind", "standard"))
    return {"title": item["title"], "net": net, "vat": round(net * percent / 100)}


def invoice(order: dict) -> dict:
    """Return lines and totals of an order."""
    lines = [line(item, order["country"]) for item in order["items"]]
    net = sum(made["net"] for made in lines)
    vat = sum(made["vat"] for made in lines)
    return {"lines": lines, "net": net, "vat": vat, "gross": net + vat}
