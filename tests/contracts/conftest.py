"""Databases to hold adapters against: SQLite always, PostgreSQL where a server can be had."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from integrations.database import open_database, writing
from integrations.schema import METADATA
from tests.builders.postgresql import find_programs, running_postgresql


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs `postgres` and `initdb` are not on PATH")
    with running_postgresql(programs) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql(postgresql_url: str) -> Iterator[Engine]:
    opened = open_database(postgresql_url)
    yield opened
    opened.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    yield from empty_database(request, tmp_path)


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def engine_or_fake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine | None]:
    """None asks for the fake."""
    if request.param == "fake":
        yield None
    else:
        yield from empty_database(request, tmp_path)


def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path}/suture.db")
        yield opened
        opened.dispose()
    else:
        shared: Engine = request.getfixturevalue("postgresql")
        names = ", ".join(METADATA.tables)
        with writing(shared) as connection:
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
        yield shared
