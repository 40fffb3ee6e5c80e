"""Fees of one payment."""

from decimal import Decimal

from .money import booked
from .rates import rate_for


def fee(gross: Decimal, method: str) -> Decimal:
    """Return the provider's fee, rounded to cents."""
    share, fixed = rate_for(method)
    return booked(gross * share + fixed)
