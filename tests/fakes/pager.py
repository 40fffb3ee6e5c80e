"""Pages in a dictionary."""

from suture.errors import SutureError
from suture.ports.pager import Page


class FakePager:
    """Implements `suture.ports.pager.Pager`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        """The open ones."""
        self.stood_down: list[str] = []
        self.failure: SutureError | None = None
        """Raised by every call while it is set."""

    def page(self, page: Page) -> None:
        self._try()
        self.pages[page.key] = page

    def stand_down(self, key: str) -> None:
        self._try()
        self.stood_down.append(key)
        self.pages.pop(key, None)

    def _try(self) -> None:
        if self.failure is not None:
            raise self.failure
