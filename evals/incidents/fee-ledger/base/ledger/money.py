"""Amounts: always Decimal, always two places once booked."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def amount(text: str) -> Decimal:
    """Read an amount such as `1,234.50`."""
    return Decimal(text.replace(",", ""))


def booked(value: Decimal) -> Decimal:
    """Round to cents, half up."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)
