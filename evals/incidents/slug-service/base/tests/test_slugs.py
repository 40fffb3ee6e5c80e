from slugs.make import slugify
from slugs.register import Register


def test_accents_are_dropped():
    assert slugify("Crème brûlée, bitte!") == "creme-brulee-bitte"


def test_long_slugs_are_cut_at_a_dash():
    assert slugify("word " * 20) == "word-word-word-word-word-word-word-word"


def test_taken_addresses_get_a_number():
    register = Register()
    assert register.claim("News", 1) == "news"
    assert register.claim("News", 2) == "news-2"
    assert register.claim("News", 1) == "news"
