"""Rooms and who has them when."""

from .slots import Slot, overlaps


class Taken(Exception):
    """Somebody else has the room at that time."""


class Room:
    def __init__(self, name: str, seats: int) -> None:
        self.name = name
        self.seats = seats
        self.bookings: list[tuple[Slot, str]] = []

    def is_free(self, slot: Slot) -> bool:
        return not any(overlaps(slot, taken) for taken, _ in self.bookings)

    def book(self, slot: Slot, who: str) -> None:
        if not self.is_free(slot):
            raise Taken(f"{self.name} {slot}")
        self.bookings.append((slot, who))

    def minutes_booked(self) -> int:
        return sum(slot.minutes for slot, _ in self.bookings)
