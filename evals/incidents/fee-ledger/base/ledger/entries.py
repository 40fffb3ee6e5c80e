"""Ledger entries."""

from dataclasses import dataclass
from decimal import Decimal

from .fees import fee
from .money import amount


@dataclass(frozen=True)
class Entry:
    account: str
    debit: Decimal
    credit: Decimal


ZERO = Decimal("0.00")


def entries(payment: dict) -> list[Entry]:
    """Return the three entries of a payment; debits equal credits."""
    gross = amount(payment["gross"])
    charged = fee(gross, payment["method"])
    return [
        Entry("bank", gross - charged, ZERO),
        Entry("fees", charged, ZERO),
        Entry("receivables", ZERO, gross),
    ]
