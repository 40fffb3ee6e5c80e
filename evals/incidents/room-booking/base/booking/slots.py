"""Time slots of one day, in minutes since midnight. A slot's end is not part of it."""

from dataclasses import dataclass

OPENS = 8 * 60
CLOSES = 20 * 60


@dataclass(frozen=True)
class Slot:
    start: int
    end: int

    def __post_init__(self) -> None:
        if not OPENS <= self.start < self.end <= CLOSES:
            raise ValueError(f"not a slot: {self.start}-{self.end}")

    @property
    def minutes(self) -> int:
        return self.end - self.start


def overlaps(one: Slot, other: Slot) -> bool:
    """Whether the slots share any minute."""
    return one.start < other.end and other.start < one.end
