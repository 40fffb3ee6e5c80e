"""Linear's tracker with a server of its own, and the hands of a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Engine

from integrations.linear.tracker import LinearTracker
from suture.domain.ticket import TicketRef
from suture.linear_settings import LinearSettings
from tests.fakes.linear_server import API_KEY, LinearServer, serving


def linear_settings(server: LinearServer, **given: object) -> LinearSettings:
    values: dict[str, Any] = {
        "api_url": server.url,
        "api_key": SecretStr(API_KEY),
        "team": "SHOP",
    }
    return LinearSettings.model_validate(values | given)


class ServedLinearTracker(LinearTracker):
    """Closes tickets as a person does, and reads their comments."""

    def __init__(self, engine: Engine, server: LinearServer) -> None:
        super().__init__(engine, linear_settings(server))
        self.server = server

    def close_by_human(self, ticket_id: str, actor: str) -> None:
        del actor
        self.server.set_state(ticket_id, "Canceled")

    def texts(self, ticket: TicketRef) -> list[str]:
        return self.server.texts(ticket.ticket_id)


@contextmanager
def served_linear_tracker(engine: Engine) -> Iterator[ServedLinearTracker]:
    with serving() as server:
        yield ServedLinearTracker(engine, server)
