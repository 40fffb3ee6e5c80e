import pytest

from headers.parse import Malformed, parse


def test_names_are_in_lower_case():
    assert parse("Subject: Hello\nTo: ida@x.example") == {
        "subject": ["Hello"], "to": ["ida@x.example"]}


def test_continuations_are_joined():
    assert parse("Subject: a long\n  one") == {"subject": ["a long one"]}


def test_what_is_no_header_is_refused():
    with pytest.raises(Malformed):
        parse("no colon here")
