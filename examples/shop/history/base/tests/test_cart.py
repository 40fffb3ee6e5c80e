import pytest

from shop.cart import lines, subtotal
from shop.catalogue import UnknownArticle


def test_lines_are_priced():
    assert subtotal(lines({"mug": 2, "lamp": 1})) == 7480


def test_unknown_articles_are_refused():
    with pytest.raises(UnknownArticle):
        lines({"boat": 1})
