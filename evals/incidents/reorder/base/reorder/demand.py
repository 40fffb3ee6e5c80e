"""How long stock lasts."""


def daily(sales: list[int]) -> float:
    """Average sales per day, 0.0 without any history."""
    return sum(sales) / len(sales) if sales else 0.0


def days_left(stock: int, sales: list[int]) -> int | None:
    """Whole days until stock runs out; None when nothing is sold."""
    rate = daily(sales)
    return int(stock / rate) if rate else None
