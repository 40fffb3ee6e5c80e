import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.canonical import canonical_json
from suture.errors import InvalidInput
from suture.hostile_json import parse_json, parse_object


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        (b'["Infinity", 1.5]', ["Infinity", 1.5]),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'"\xff"', "\N{REPLACEMENT CHARACTER}"),
        (rb'{"a": "x\ud800y"}', {"a": "x?y"}),
        (rb'{"a": "\ud83d\ude00"}', {"a": "\N{GRINNING FACE}"}),
    ],
)
def test_json_is_read(text: bytes, value: object) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"NaN",
        b'{"a": Infinity}',
        b"[1e999]",
        b'["Infinity", -1e999]',
        b"[" * 100_000,
        b'["\\ud800",' + b"[" * 100_000,
        b'["\\ud800", NaN]',
        b"9" * 5_000,
    ],
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput, match="no valid JSON"):
        parse_json(text)


@pytest.mark.parametrize("text", [b"[]", b"1", b'"x"', b"null"])
def test_an_object_is_insisted_on(text: bytes) -> None:
    with pytest.raises(InvalidInput, match="The event must be a JSON object"):
        parse_object(text, what="event")


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_whatever_json_can_say_has_a_canonical_form(text: str) -> None:
    encodable = json.dumps({"a": text}).encode()
    assert canonical_json(parse_json(encodable)).decode("utf-8")
