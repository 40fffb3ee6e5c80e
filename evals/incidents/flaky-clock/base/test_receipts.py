from datetime import date

import receipts


def test_numbers_count_within_a_day():
    assert receipts.number("2026-03-02", 7) == "20260302-00007"


def test_a_receipt_is_of_today():
    assert receipts.receipt(1, 500)["at"].startswith(date.today().isoformat())
