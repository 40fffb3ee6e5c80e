import pytest

from feedreader.items import BadFeed, items


def response(body, content_type="application/json", status=200):
    return {"status": status, "content_type": content_type, "body": body}


def test_lines_are_items():
    made = items(response(b'{"title": "One"}\n\n{"title": "Two"}\n'))
    assert [item["title"] for item in made] == ["One", "Two"]


def test_the_charset_is_respected():
    body = '{"title": "Café"}'.encode("latin-1")
    assert items(response(body, "application/json; charset=ISO-8859-1"))[0]["title"] == "Café"


def test_errors_are_no_feeds():
    with pytest.raises(BadFeed):
        items(response(b"", status=503))
