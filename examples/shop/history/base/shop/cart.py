"""Carts: `{article id: quantity}`."""

from .catalogue import find


def lines(items: dict[str, int]) -> list[dict]:
    """Return a priced line per article."""
    made = []
    for article_id, quantity in items.items():
        article = find(article_id)
        made.append(
            {
                "article": article.article_id,
                "quantity": quantity,
                "cents": article.price_cents * quantity,
                "grams": article.weight_grams * quantity,
            }
        )
    return made


def subtotal(priced: list[dict]) -> int:
    """Return the sum of the lines in cents."""
    return sum(line["cents"] for line in priced)
