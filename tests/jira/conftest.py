"""A tracker with a Jira of each kind."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, delete

from integrations.database import open_database, writing
from integrations.schema import jira_aliases, jira_comments, jira_tickets
from suture.domain.alert import Severity
from suture.domain.ticket import TicketContent, TicketState
from tests.fakes.jira_server import JiraServer, serving


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('jira')}/suture.db")
    yield opened
    opened.dispose()


@pytest.fixture
def engine(database: Engine) -> Engine:
    with writing(database) as connection:
        for table in (jira_comments, jira_aliases, jira_tickets):
            connection.execute(delete(table))
    return database


@pytest.fixture(params=[True, False], ids=["cloud", "server"])
def jira(request: pytest.FixtureRequest) -> Iterator[JiraServer]:
    with serving(cloud=request.param) as server:
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
