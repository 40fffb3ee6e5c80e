"""Tiers, from the highest threshold down."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tier:
    name: str
    threshold: int
    multiplier: float
    free_shipping_from: int | None = None


BASIC = Tier("basic", 0, 1.0)
TIERS = (
    Tier("gold", 5000, 2.0, free_shipping_from=0),
    Tier("silver", 1000, 1.5, free_shipping_from=2000),
    Tier("bronze", 250, 1.2),
)


def tier_for(points: int) -> Tier:
    """Return the highest tier reached; everybody has at least the basic one."""
    for tier in TIERS:
        if points >= tier.threshold:
            return tier
    return BASIC
