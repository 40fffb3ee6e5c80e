"""Addresses that are taken."""

from .make import slugify


class Register:
    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def claim(self, title: str, article: int) -> str:
        """Return a free address for the article; the same one when asked again."""
        slug = slugify(title)
        number = 1
        name = slug
        while self._taken.get(name, article) != article:
            number += 1
            name = f"{slug}-{number}"
        self._taken[name] = article
        return name
