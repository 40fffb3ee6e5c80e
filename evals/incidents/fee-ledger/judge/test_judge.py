from decimal import Decimal

import pytest

from ledger.entries import entries
from ledger.fees import fee


@pytest.mark.parametrize(
    ("gross", "method", "expected"),
    [
        ("1049.00", "wallet", "20.03"),
        ("10.00", "wallet", "0.29"),
        ("5.00", "wallet", "0.20"),
        ("100.00", "card", "1.65"),
        ("101.00", "transfer", "0.51"),
        ("99999999.95", "wallet", "1900000.10"),
    ],
)
def test_fees(gross, method, expected):
    assert fee(Decimal(gross), method) == Decimal(expected)


def test_wallet_entries_balance():
    made = entries({"gross": "1,049.00", "method": "wallet"})
    assert made[0].debit == Decimal("1028.97")
    assert sum(entry.debit for entry in made) == Decimal("1049.00")


def test_fees_are_decimals():
    assert isinstance(fee(Decimal(3), "wallet"), Decimal)
