"""Markdown becomes Jira's documents, and no text becomes markup."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.jira import adf, wiki
from integrations.jira.markdown import BEGIN, END, MAX_CHARACTERS, safe_url, title
from tests.fakes.jira_document import faults_of

MARKDOWN = """\
# Root cause

It **broke** in `cart.py:3`, _badly_, see [#3](https://host.invalid/pull/3?a=1).
Next line\\
after a break.

- one
- two
  - deeper
    > quoted

    # not a heading here

3. three

   ```py
   x = {"a": [1]}
   ```

> said **so**
> > twice

---

    indented
"""
WIKI = r"""h1. Root cause

It {*}broke{*} in {{cart.py:3}}, {_}badly{_}, see [\#3|https://host.invalid/pull/3?a=1]. Next line
after a break.

* one
* two
** deeper
quoted
not a heading here

# three
{noformat}
x = {"a": [1]}
{noformat}

{quote}
said {*}so{*}

twice
{quote}

----

{noformat}
indented
{noformat}
"""
HOSTILE = (
    "{code}x{code} [~ada] @ada !http://evil.invalid/x.png! {color:red}red{color} h1. big\n\n"
    "|| a || b ||\n| c | d |\n\n----\n\nbq. quote\n\n"
    "# item {panel} *bold* _em_ -del- ??cite?? \\\\ "
    "[x|http://evil.invalid] <script>alert(1)</script> ![i](http://evil.invalid/i.png) :) (x) &lt;"
)


def text_of(document: object) -> str:
    return adf.plain_text(document)


def test_markdown_becomes_a_document() -> None:
    document = adf.document(MARKDOWN)
    assert faults_of(document) == ""
    kinds = [block["type"] for block in document["content"]]
    assert kinds == [
        "heading",
        "paragraph",
        "bulletList",
        "orderedList",
        "blockquote",
        "rule",
        "codeBlock",
    ]
    marks = {
        node["text"]: [mark["type"] for mark in node.get("marks", [])]
        for node in document["content"][1]["content"]
        if node["type"] == "text"
    }
    assert marks["broke"] == ["strong"]
    assert marks["cart.py:3"] == ["code"]
    assert marks["badly"] == ["em"]
    assert marks["#3"] == ["link"]
    assert document["content"][3]["attrs"] == {"order": 3}
    assert document["content"][-1]["content"] == [{"type": "text", "text": "indented"}]


def test_markdown_becomes_wiki_markup() -> None:
    assert wiki.markup(MARKDOWN) + "\n" == WIKI


def test_hostile_text_stays_text_in_a_document() -> None:
    document = adf.document(HOSTILE)
    assert faults_of(document) == ""
    assert "{code}x{code} [~ada] @ada" in text_of(document)
    assert "<script>alert(1)</script>" in text_of(document)
    written = json.dumps(document)
    assert '"mention"' not in written
    assert '"media' not in written


def test_hostile_text_is_escaped_in_wiki_markup() -> None:
    written = wiki.markup(HOSTILE)
    for live in ("{code}", "[~", "!http", "{color", "||", "{panel", "[x|", r"\\ ", ":)", "??"):
        assert not re.search(r"(?<!\\)" + re.escape(live), written), live
    assert r"\{code\}x\{code\} \[\~ada\]" in written
    assert not re.search(r"(?m)^(h1|bq)\. (big|quote)", written)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a-b --c -d- 1-2", r"a-b \-\-c \-d\- 1-2"),
        ("back\\slash", "back&#92;slash"),
        ("&#42; & &amp;", r"&amp;\#42; & &amp;amp;"),
        ("h2. big", "h2&#46; big"),
        ("f(x) (*r) (ok)", r"f\(x) \(\*r) (ok)"),
        ("snake_case", r"snake\_case"),
    ],
)
def test_wiki_text_is_escaped(text: str, escaped: str) -> None:
    assert wiki.escape(text) == escaped


def test_a_code_block_cannot_be_left() -> None:
    hostile = "```\n{noformat}\n{NoFormat:a=b} [~ada]\n```\n"
    assert wiki.markup(hostile).lower().count("{noformat") == 2
    assert faults_of(adf.document(hostile)) == ""


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_any_text_becomes_a_valid_document(text: str) -> None:
    document = adf.with_own_part(None, text)
    assert faults_of(document) == ""
    json.dumps(document).encode()


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet="#*_->`[]() \n\t1.a!<\\"))
def test_any_markdown_becomes_a_valid_document(text: str) -> None:
    assert faults_of(adf.document(text)) == ""
    wiki.markup(text).encode()


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text(), st.text())
def test_wiki_parts_of_people_stay(above: str, below: str, said: str) -> None:
    if BEGIN in above + below or END in above + below:
        return
    first = f"{above}\n{wiki.with_own_part('', 'old')}\n{below}"
    again = wiki.with_own_part(first, said)
    assert again.startswith(f"{above}\n")
    assert again.endswith(f"\n{below}")
    assert wiki.with_own_part(again, said) == again


def test_document_parts_of_people_stay() -> None:
    theirs = {"type": "panel", "content": [{"type": "mediaSingle", "attrs": {"x": 1}}]}
    written = adf.with_own_part({"content": [theirs]}, "old")
    written["content"].append({"type": "rule"})
    again = adf.with_own_part(written, "new")
    assert again["content"][0] == theirs
    assert again["content"][-1] == {"type": "rule"}
    assert "old" not in text_of(again)
    assert adf.with_own_part(again, "new") == again


def test_without_its_markers_suture_writes_below_and_takes_nothing_away() -> None:
    written = adf.with_own_part(None, "old")
    without_begin = {"content": written["content"][1:]}
    assert text_of(adf.with_own_part(without_begin, "new")).startswith("old")
    without_end = {"content": [*written["content"][:-1], adf.document("theirs")["content"][0]]}
    once = adf.with_own_part(without_end, "new")
    twice = adf.with_own_part(once, "newer")
    assert "oldtheirs" in text_of(twice)
    assert "newer" in text_of(twice)
    kept = wiki.with_own_part(f"{BEGIN}\nold\ntheirs", "new")
    assert kept.startswith(f"{BEGIN}\nold\ntheirs\n")
    assert "theirs" in wiki.with_own_part(kept, "newer")


@pytest.mark.parametrize("found", [None, 3, "text", {"content": None}, {"content": [3, {}]}])
def test_a_description_of_any_shape_is_kept(found: object) -> None:
    assert BEGIN in text_of(adf.with_own_part(found, "new"))
    assert BEGIN in wiki.with_own_part(found, "new")


def test_no_text_forges_a_marker() -> None:
    forged = f"{BEGIN}\n\n{END}\n\nmore"
    twice = adf.with_own_part(adf.with_own_part(None, forged), "new")
    assert "more" not in text_of(twice)
    assert "more" not in wiki.with_own_part(wiki.with_own_part("", forged), "new")


def test_long_text_is_cut_and_titles_are_one_line() -> None:
    assert len(text_of(adf.document("x" * 50_000))) <= MAX_CHARACTERS
    assert title("a\nb\0" + "x" * 300) == "a b\ufffd" + "x" * 251


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://host.invalid/a|b]{c}", "https://host.invalid/a%7Cb%5D%7Bc%7D"),
        ("javascript:alert(1)", None),
        ("//host.invalid", None),
        ("http://[", None),
    ],
)
def test_links_lead_to_pages_only(url: str, safe: str | None) -> None:
    assert safe_url(url) == safe
