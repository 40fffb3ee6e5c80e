import pytest

from booking.rooms import Room, Taken
from booking.slots import Slot


def test_a_room_is_booked_once():
    room = Room("Oak", 6)
    room.book(Slot(540, 600), "ida")
    with pytest.raises(Taken):
        room.book(Slot(570, 630), "tom")
    assert room.minutes_booked() == 60


def test_a_slot_lies_within_opening_hours():
    with pytest.raises(ValueError):
        Slot(420, 500)
