import pytest

from booking.rooms import Room, Taken
from booking.slots import Slot, overlaps


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Slot(540, 600), Slot(600, 660), False),
        (Slot(600, 660), Slot(540, 600), False),
        (Slot(540, 600), Slot(599, 600), True),
        (Slot(540, 600), Slot(540, 600), True),
        (Slot(540, 660), Slot(570, 600), True),
        (Slot(570, 600), Slot(540, 660), True),
        (Slot(480, 490), Slot(700, 800), False),
    ],
)
def test_overlaps(one, other, expected):
    assert overlaps(one, other) is expected


def test_a_real_collision_is_still_refused():
    room = Room("Oak", 6)
    room.book(Slot(540, 600), "ida")
    with pytest.raises(Taken):
        room.book(Slot(510, 541), "tom")
