"""Distances on the city's grid, in metres."""

import math

Point = tuple[float, float]


def distance(one: Point, other: Point) -> float:
    return math.hypot(one[0] - other[0], one[1] - other[1])


def within(center: Point, point: Point, radius: float) -> bool:
    """Whether a point lies in the circle, its edge included."""
    return distance(center, point) <= radius
