import pytest

from headers.classify import classify
from headers.parse import Malformed, parse


def test_values_may_hold_colons():
    assert parse("Subject: Re: Lunch at 12:30?") == {"subject": ["Re: Lunch at 12:30?"]}
    assert parse("Link:http://x.example:80/") == {"link": ["http://x.example:80/"]}


def test_the_name_ends_at_the_first_colon():
    assert list(parse("Date: Mon, 2 Mar 2026 09:00:00 +0000")) == ["date"]


def test_bulk_is_still_bulk():
    assert classify("Subject: Re: x\nPrecedence: Bulk") == "bulk"


def test_malformed_lines_are_still_refused():
    with pytest.raises(Malformed):
        parse("Subject: a: b\nnothing")
