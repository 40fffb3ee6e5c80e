"""Where somebody is woken who is on duty."""

from typing import Protocol

from suture.domain.alert import Severity
from suture.domain.ticket import Link
from suture.domain.value import Line, Value


class Page(Value):
    """A call for somebody on duty."""

    key: Line
    """The case that it is about; what is paged twice under one key is one page."""
    summary: Line
    severity: Severity
    links: tuple[Link, ...] = ()


class Pager(Protocol):
    """Calls people until somebody answers."""

    def page(self, page: Page) -> None:
        """Call whoever is on duty. Idempotency key: `page.key`, while the page is open."""
        ...

    def stand_down(self, key: str) -> None:
        """End the page of this key; without one, nothing happens."""
        ...
