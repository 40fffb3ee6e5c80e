from mailqueue.message import Message
from mailqueue.queue import MailQueue


def test_a_message_dies_after_three_attempts():
    queue = MailQueue()
    queue.put(Message("m1", "ida@example.org", "Hello"))
    while queue.run_once(lambda message: False):
        pass
    assert [message.message_id for message in queue.dead] == ["m1"]


def test_the_domain_is_in_lower_case():
    assert Message("m1", "ida@Example.ORG", "x").domain == "example.org"
