import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.envelopes import envelope, item
from integrations.sentry.envelope import (
    MAX_HEADER_BYTES,
    MAX_ITEMS,
    key_of_auth_header,
    key_of_dsn,
    parse_envelope,
)
from suture.errors import InvalidInput

JSON_LINE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "length", "dsn", "event_id"]), inner, max_size=4)
    ),
    max_leaves=6,
).map(lambda value: json.dumps(value).encode())


def test_items_with_a_length_may_hold_newlines() -> None:
    parsed = parse_envelope(envelope(item("attachment", b"a\nb"), item("event", b"{}")))
    assert [(kept.type, kept.payload) for kept in parsed.items] == [
        ("attachment", b"a\nb"),
        ("event", b"{}"),
    ]
    assert [kept.payload for kept in parsed.events] == [b"{}"]


def test_items_without_a_length_end_with_their_line() -> None:
    parsed = parse_envelope(
        envelope(item("session", b'{"a":1}', length=False), item("event", b"{}", length=False))
    )
    assert [kept.payload for kept in parsed.items] == [b'{"a":1}', b"{}"]


def test_the_last_item_needs_no_final_newline() -> None:
    for length in (True, False):
        parsed = parse_envelope(envelope(item("event", b"{}", length=length)).rstrip(b"\n"))
        assert [kept.payload for kept in parsed.items] == [b"{}"]


def test_blank_lines_between_items_are_skipped() -> None:
    parsed = parse_envelope(envelope(b"\n\r\n", item("event", b"{}"), b"\n"))
    assert len(parsed.items) == 1


def test_an_envelope_may_be_empty() -> None:
    assert parse_envelope(b"{}").items == ()


def test_an_item_may_be_empty() -> None:
    assert parse_envelope(envelope(item("event", b""))).items[0].payload == b""
    assert parse_envelope(b'{}\n{"type":"event"}').items[0].payload == b""


def test_the_header_tells_event_id_and_key() -> None:
    parsed = parse_envelope(envelope(event_id="ab", dsn="https://abc@host:1/7"))
    assert (parsed.event_id, parsed.key) == ("ab", "abc")


def test_header_values_of_another_type_count_as_absent() -> None:
    parsed = parse_envelope(envelope(event_id=7, dsn=["x"]))
    assert (parsed.event_id, parsed.key) == (None, None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "envelope header"),
        (b"[]", "must be a JSON object"),
        (b"not json\n", "envelope header"),
        (b"{}\n7", "must be a JSON object"),
        (b'{}\n{"length":1}\nx', "no type"),
        (b'{}\n{"type":""}\nx', "no type"),
        (b'{}\n{"type":"event","length":-1}\nx', "natural number"),
        (b'{}\n{"type":"event","length":true}\nx', "natural number"),
        (b'{}\n{"type":"event","length":"1"}\nx', "natural number"),
        (b'{}\n{"type":"event","length":5}\nx', "cut off"),
        (b'{}\n{"type":"event","length":99999999999999999999}\nx', "cut off"),
        (b'{}\n{"type":"event","length":1}\nxy', "does not match"),
        (b"{" + b" " * MAX_HEADER_BYTES + b"}", "longer than"),
        (envelope(*[item("log", b"")] * (MAX_ITEMS + 1)), "more than"),
    ],
)
def test_a_broken_envelope_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        parse_envelope(body)


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON_LINE | st.binary(max_size=20), max_size=8).map(b"\n".join))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    try:
        parsed = parse_envelope(body)
    except InvalidInput:
        return
    assert sum(len(kept.payload) for kept in parsed.items) <= len(body)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=10), st.binary(max_size=50)), max_size=MAX_ITEMS // 8
    )
)
def test_what_was_put_in_comes_out(items: list[tuple[str, bytes]]) -> None:
    parsed = parse_envelope(envelope(*[item(kind, payload) for kind, payload in items]))
    assert [(kept.type, kept.payload) for kept in parsed.items] == items


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_cut_off_envelope_never_yields_a_wrong_payload(data: st.DataObject) -> None:
    whole = envelope(item("event", b'{"a": "b\\n"}'), item("event", b"[1,2,3]"))
    cut = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
    try:
        parsed = parse_envelope(whole[:cut])
    except InvalidInput:
        return
    assert {kept.payload for kept in parsed.items} <= {b'{"a": "b\\n"}', b"[1,2,3]"}


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Sentry sentry_key=abc, sentry_version=7", "abc"),
        ("sentry sentry_version=7,sentry_key=abc", "abc"),
        ("Sentry sentry_version=7, sentry_key = abc ", "abc"),
        ("Bearer sentry_key=abc", None),
        ("Sentry sentry_key=a b", None),
        ("Sentry sentry_key=" + "a" * 129, None),
        ("Sentry", None),
        ("", None),
    ],
)
def test_the_key_is_read_from_the_auth_header(header: str, key: str | None) -> None:
    assert key_of_auth_header(header) == key


@pytest.mark.parametrize(
    ("dsn", "key"),
    [
        ("http://abc@127.0.0.1:8700/7", "abc"),
        ("http://abc:old@host/7", "abc"),
        ("http://host/7", None),
        ("http://[broken/7", None),
        ("", None),
    ],
)
def test_the_key_is_read_from_a_dsn(dsn: str, key: str | None) -> None:
    assert key_of_dsn(dsn) == key
