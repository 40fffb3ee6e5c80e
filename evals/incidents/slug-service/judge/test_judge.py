from slugs.make import slugify
from slugs.publish import publish
from slugs.register import Register


def test_a_title_without_ascii_has_a_stable_address():
    assert slugify("東京だより") == "article-ccc74eea"
    assert slugify("!!!") == "article-9a7b006d"


def test_it_is_published():
    url = publish(Register(), {"id": 1, "title": "???"})["url"]
    assert url == "/articles/article-2d86c2a6"


def test_other_titles_are_as_before():
    assert slugify("Crème brûlée") == "creme-brulee"
