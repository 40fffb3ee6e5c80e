"""Earning and spending."""

from .tiers import tier_for

CENTS_PER_POINT = 100


def earned_points(balance: int, amount_cents: int) -> int:
    """Points for a purchase, multiplied by the tier held when it was made."""
    tier = tier_for(balance)
    return int(amount_cents // CENTS_PER_POINT * tier.multiplier)


def spend(balance: int, points: int) -> int:
    if points > balance:
        raise ValueError(f"only {balance} points left")
    return balance - points
