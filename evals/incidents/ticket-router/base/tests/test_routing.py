import pytest

from router.routing import Router, schedule
from router.ticket import Ticket


@pytest.mark.parametrize(
    ("topic", "text", "queue"),
    [
        ("invoice", "where is it", "billing"),
        ("other", "your site is down again", "outage"),
        ("other", "hello", "general"),
    ],
)
def test_queues(topic, text, queue):
    assert Router().queue_for(Ticket(1, topic, text)) == queue


def test_free_customers_wait_the_whole_time():
    assert schedule(Router(), Ticket(1, "refund", "please"), now=100)["due"] == 108


def test_enterprise_customers_wait_a_quarter():
    ticket = Ticket(2, "other", "hello", plan="enterprise")
    assert schedule(Router(), ticket, now=100)["due"] == 112
