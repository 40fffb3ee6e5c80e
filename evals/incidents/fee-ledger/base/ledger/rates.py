"""What the payment providers charge: a share of the amount and a fixed part."""

from decimal import Decimal

RATES: dict[str, tuple[Decimal, Decimal]] = {
    "card": (Decimal("0.014"), Decimal("0.25")),
    "transfer": (Decimal("0.005"), Decimal("0.00")),
}


def rate_for(method: str) -> tuple[Decimal, Decimal]:
    """Return share and fixed part.

    Raises:
        LookupError: we have no contract for this method.
    """
    if method not in RATES:
        raise LookupError(f"no rate for {method}")
    return RATES[method]
