from mailqueue.bounces import process
from mailqueue.message import Message


def test_a_hard_bounce_blocks_the_address():
    blocked = set()
    line = process({"m1": Message("m1", "ida@Example.org", "x")}, {"id": "m1", "code": "554"}, blocked)
    assert blocked == {"ida@Example.org"}
    assert line == "hard bounce 554 from example.org for ida@Example.org"


def test_a_soft_bounce_blocks_nobody():
    blocked = set()
    process({"m1": Message("m1", "ida@example.org", "x")}, {"id": "m1", "code": "421"}, blocked)
    assert blocked == set()


def test_the_field_keeps_its_new_name():
    assert Message(message_id="m1", address="a@b", subject="x").address == "a@b"
