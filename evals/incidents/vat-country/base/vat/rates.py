"""Standard and reduced rates in percent, as the tax adviser confirmed them."""

RATES = {
    "DE": {"standard": 19.0, "reduced": 7.0},
    "FR": {"standard": 20.0, "reduced": 5.5},
}


def rate(country: str, kind: str = "standard") -> float:
    """Return the rate for a country."""
    return RATES[country][kind]
