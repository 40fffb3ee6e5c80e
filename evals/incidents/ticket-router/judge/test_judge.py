import pytest

from router.deadlines import hours_to_answer
from router.intake import receive
from router.ticket import Ticket


@pytest.mark.parametrize(
    ("plan", "queue", "hours"),
    [
        ("enterprise", "outage", 1),
        ("business", "outage", 1),
        ("free", "outage", 1),
        ("enterprise", "billing", 2),
        ("business", "billing", 4),
        ("enterprise", "general", 12),
        ("business", "general", 24),
        ("free", "general", 48),
    ],
)
def test_hours(plan, queue, hours):
    assert hours_to_answer(Ticket(1, "x", "y", plan), queue) == hours


def test_an_outage_of_a_business_customer_is_scheduled():
    form = {"number": "1", "text": "all down", "plan": "business"}
    assert receive(form, 10) == {"number": 1, "queue": "outage", "due": 11}
