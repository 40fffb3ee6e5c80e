from feedreader.items import items
from feedreader.response import text_of


def test_no_charset_means_utf8():
    assert text_of({"body": "Crème".encode(), "content_type": "text/plain"}) == "Crème"
    assert text_of({"body": "Crème".encode()}) == "Crème"


def test_a_named_charset_is_respected():
    response = {"body": "Crème".encode("latin-1"), "content_type": "text/plain; charset=latin-1"}
    assert text_of(response) == "Crème"


def test_items_keep_their_accents():
    body = '{"title": "日本"}'.encode()
    assert items({"status": 200, "content_type": "application/json", "body": body}) == [{"title": "日本"}]
