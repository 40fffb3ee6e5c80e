"""What is sold."""

from dataclasses import dataclass


class UnknownArticle(Exception):
    """Nobody sells this."""


@dataclass(frozen=True)
class Article:
    article_id: str
    title: str
    price_cents: int
    weight_grams: int


ARTICLES = {
    article.article_id: article
    for article in (
        Article("mug", "Mug with a handle on the left", 1290, 400),
        Article("lamp", "Reading lamp", 4900, 1800),
        Article("rug", "Woollen rug", 12900, 5200),
    )
}


def find(article_id: str) -> Article:
    """Return an article.

    Raises:
        UnknownArticle: there is none of that name.
    """
    if article_id not in ARTICLES:
        raise UnknownArticle(article_id)
    return ARTICLES[article_id]
