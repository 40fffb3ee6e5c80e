"""Source maps, right and hostile."""

import base64
import json
from collections.abc import Sequence
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.errors import InvalidInput
from suture.traces import source_map
from suture.traces.source_map import Original, inline_map, mapping_url, originals

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
CODE = "one\ntwo\r\nthree"


def vlq(*numbers: int) -> str:
    """Encode numbers as the specification says."""
    text = ""
    for number in numbers:
        rest = (-number << 1 | 1) if number < 0 else number << 1
        while True:
            rest, digit = rest >> 5, rest & 31
            text += LETTERS[digit | (32 if rest else 0)]
            if not rest:
                break
    return text


def made(mappings: str, sources: Sequence[object] = ("a.ts", "b.ts"), **more: object) -> str:
    return json.dumps({"version": 3, "mappings": mappings, "sources": sources, **more})


ONE_LINE = ",".join(
    [vlq(0, 0, 0, 0), vlq(10, 0, 2, 4), vlq(10), vlq(10, 1, -1, 0, 0), vlq(300, -1, 40, -2)]
)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (0, Original("a.ts", 1, None)),
        (9, Original("a.ts", 1, None)),
        (10, Original("a.ts", 3, None)),
        (25, None),
        (31, Original("b.ts", 2, None)),
        (5_000, Original("a.ts", 42, None)),
    ],
)
def test_a_column_belongs_to_the_last_segment_before_it(
    column: int, expected: Original | None
) -> None:
    assert originals(made(ONE_LINE), [(0, column)]).get((0, column)) == expected


def test_lines_go_on_with_the_numbers_of_the_lines_before() -> None:
    mappings = f";{vlq(4, 0, 5, 0)};;{vlq(2, 1, 3, 0)};{vlq(0, 0, 1, 0)}"
    found = originals(made(mappings), [(1, 4), (1, 3), (3, 2), (9, 0), (2, 0)])
    assert found == {(1, 4): Original("a.ts", 6, None), (3, 2): Original("b.ts", 9, None)}
    assert originals(made(f"AAAA;{mappings}"), [(0, 2)]) == {(0, 2): Original("a.ts", 1, None)}


def test_a_map_may_hold_the_source_and_say_where_its_sources_are() -> None:
    text = made(ONE_LINE, ["a.ts", "webpack://x/b.ts"], sourcesContent=[CODE], sourceRoot="../src/")
    found = originals(text, [(0, 10), (0, 30), (0, 400)])
    assert found[(0, 10)] == Original("../src/a.ts", 3, "three")
    assert found[(0, 30)] == Original("webpack://x/b.ts", 2, None)
    assert found[(0, 400)] == Original("../src/a.ts", 42, None)


def test_a_map_of_maps_is_read_by_its_sections() -> None:
    sections = [
        {"offset": {"line": 2, "column": 100}, "map": json.loads(made(vlq(0, 0, 7, 0), ["c.ts"]))},
        {"offset": {"line": 0, "column": 0}, "map": json.loads(made(vlq(0, 0, 0, 0)))},
    ]
    text = ")]}'\n" + json.dumps({"version": 3, "sections": sections})
    found = originals(text, [(0, 3), (2, 99), (2, 104)])
    assert found == {(0, 3): Original("a.ts", 1, None), (2, 104): Original("c.ts", 8, None)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{" * 5_000,
        made("AAA!"),
        made("g"),
        made("ggggggggggggA"),
        made("AAAA", "none"),
        json.dumps({"mappings": ["AAAA"], "sources": []}),
        json.dumps({"sections": [{"offset": 3, "map": {}}]}),
    ],
)
def test_what_is_no_source_map_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        originals(text, [(0, 0)])


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        ("MAX_MAP_CHARACTERS", made("AAAA")),
        ("MAX_MAPPING_CHARACTERS", made("A" * 20)),
        ("MAX_SOURCES", made("AAAA", ["a"] * 20)),
        ("MAX_SECTIONS", json.dumps({"sections": [{}] * 20})),
    ],
)
def test_what_exceeds_a_bound_is_refused(
    bound: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_map, bound, 10)
    with pytest.raises(InvalidInput, match="too"):
        originals(text, [(0, 0)])


@pytest.mark.parametrize(
    "text",
    [
        made(vlq(0, 7, 0, 0)),
        made(vlq(0, -1, 0, 0)),
        made(vlq(0, 0, -5, 0)),
        made(vlq(0, 0)),
        made(vlq(0, 0, 0, 0), [None]),
        made(vlq(0, 0, 0, 0), [{"a": 1}]),
        made(vlq(-9, 0, 0, 0) + "," + vlq(20, 0, 0, 0)),
        made(""),
        "{}",
    ],
)
def test_segments_that_lead_nowhere_tell_nothing_of_an_own_line(text: str) -> None:
    found = originals(text, [(0, 3)])
    assert all(each.line >= 1 and each.source == "a.ts" for each in found.values())


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=LETTERS + ";,!é", max_size=60), st.lists(st.integers(0, 40), max_size=4))
def test_no_mappings_break_the_reader(mappings: str, columns: list[int]) -> None:
    try:
        found = originals(made(mappings), [(line, line * 7) for line in columns])
    except InvalidInput:
        return
    assert all(each.source in {"a.ts", "b.ts"} for each in found.values())


def test_the_last_comment_names_the_map() -> None:
    script = "a()\n//# sourceMappingURL=old.map\nb()\n  //@ sourceMappingURL=new.map \n"
    assert mapping_url(script) == "new.map"
    assert mapping_url("a = '//# sourceMappingURL=x.map'") == ""
    assert mapping_url("body{}\n/*# sourceMappingURL=style.map*/") == "style.map"


def test_a_map_can_stand_in_the_script() -> None:
    text = made("AAAA", ["ü.ts"])
    encoded = base64.b64encode(text.encode()).decode()
    assert inline_map(f"data:application/json;charset=utf-8;base64,{encoded}") == text
    assert inline_map(f"data:application/json,{quote(text)}") == text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "server.js.map",
        "https://cdn.example.com/server.js.map",
        "data:image/png;base64,AAAA",
        "data:application/json;base64,A",
    ],
)
def test_other_urls_hold_no_map(url: str) -> None:
    assert inline_map(url) is None
