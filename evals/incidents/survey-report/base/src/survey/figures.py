"""Figures over scores."""


def average(scores: list[int]) -> float:
    """Arithmetic mean, 0.0 when nobody answered."""
    if not scores:
        return 0.0
    return round(sum(scores) / len(scores), 2)


def top_share(scores: list[int], top: int = 4) -> float:
    """Share of scores at or above the top mark, 0.0 when nobody answered."""
    if not scores:
        return 0.0
    return round(sum(score >= top for score in scores) / len(scores), 2)
