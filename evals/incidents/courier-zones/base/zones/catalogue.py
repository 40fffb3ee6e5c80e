"""Zones: circles around depots, smallest first."""

from dataclasses import dataclass

from .geometry import Point, within


@dataclass(frozen=True)
class Zone:
    name: str
    center: Point
    radius: float
    fee_cents: int


ZONES = (
    Zone("inner", (0.0, 0.0), 1500.0, 290),
    Zone("harbour", (4000.0, -1000.0), 2000.0, 490),
    Zone("outer", (0.0, 0.0), 9000.0, 690),
)


def zone_of(point: Point) -> Zone | None:
    """Return the first zone that holds the point, or None."""
    for zone in ZONES:
        if within(zone.center, point, zone.radius):
            return zone
    return None
