from tagindex.index import TagIndex
from tagindex.tags import normalise, parse_tags


def test_tags_are_normalised():
    assert normalise("  Open   Source ") == "open-source"


def test_tags_are_distinct_and_sorted():
    assert parse_tags("Python, git; python") == ["git", "python"]


def test_articles_with_all_tags_are_found():
    index = TagIndex()
    index.add("one", ["git", "python"])
    index.add("two", ["git"])
    assert index.find("git", "python") == ["one"]
    assert index.cloud(2) == {"git": 2}
