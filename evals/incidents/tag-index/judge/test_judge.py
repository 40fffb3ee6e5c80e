from tagindex.frontmatter import read
from tagindex.tags import parse_tags


def test_calls_do_not_see_each_other():
    assert parse_tags("Red") == ["red"]
    assert parse_tags("Blue, Sea Green") == ["blue", "sea-green"]
    assert parse_tags("") == []


def test_given_tags_are_added():
    assert parse_tags("b", {"a"}) == ["a", "b"]


def test_articles_without_tags_have_none():
    read("Tags: x\n---\n")
    assert read("Title: y\n---\n")["tags"] == []
