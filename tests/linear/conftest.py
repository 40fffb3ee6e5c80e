"""A tracker with a Linear."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, delete

from integrations.database import open_database, writing
from integrations.linear.tracker import LinearTracker
from integrations.schema import linear_tickets
from suture.domain.alert import Severity
from suture.domain.ticket import TicketContent, TicketRef, TicketState
from tests.fakes.linear_server import LinearServer, serving
from tests.fakes.linear_tracker import linear_settings


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('linear')}/suture.db")
    yield opened
    opened.dispose()


@pytest.fixture
def engine(database: Engine) -> Engine:
    with writing(database) as connection:
        connection.execute(delete(linear_tickets))
    return database


@pytest.fixture
def linear() -> Iterator[LinearServer]:
    with serving() as server:
        yield server


def content(state: TicketState = TicketState.OPEN, **given: object) -> TicketContent:
    values: dict[str, object] = {
        "title": "KeyError in cart",
        "body": "It **broke**.",
        "severity": Severity.HIGH,
        "state": state,
        "labels": ("shop", "severity-high"),
    }
    return TicketContent.model_validate(values | given)


def opened(
    engine: Engine, linear: LinearServer, **given: object
) -> tuple[LinearTracker, TicketRef]:
    """Return a tracker and a ticket that it made."""
    tracker = LinearTracker(engine, linear_settings(linear, **given))
    return tracker, tracker.ensure_ticket("shop", "case-1", content())
