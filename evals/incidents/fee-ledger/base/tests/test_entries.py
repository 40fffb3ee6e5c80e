from decimal import Decimal

import pytest

from ledger.entries import entries
from ledger.fees import fee
from ledger.rates import rate_for


def test_debits_equal_credits():
    made = entries({"gross": "1,200.00", "method": "card"})
    assert sum(entry.debit for entry in made) == sum(entry.credit for entry in made)


def test_fees_are_rounded_half_up():
    assert fee(Decimal("101.00"), "transfer") == Decimal("0.51")


def test_unknown_methods_are_refused():
    with pytest.raises(LookupError):
        rate_for("cheque")
