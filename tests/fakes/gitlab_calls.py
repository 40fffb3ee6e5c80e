"""How the small GitLab is called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.github_git import Json

Query = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a route is called with."""

    query: Query
    body: Json
    names: tuple[str, ...]


Route = tuple[str, str, Callable[[Call], Any]]


def page_of(rows: list[Json], query: Query) -> list[Json]:
    """Return the page that is asked for."""
    size, page = int(query.get("per_page", "20")), int(query.get("page", "1"))
    return rows[(page - 1) * size : page * size]
