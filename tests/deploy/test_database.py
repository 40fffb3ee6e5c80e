"""What deploying asks of PostgreSQL, by a real one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from integrations.database import open_database
from tests.builders.postgresql import find_programs, running_postgresql

ROOT = Path(__file__).parents[2]
SERVING = (
    "CREATE ROLE serving LOGIN",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO serving",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO serving",
)


@pytest.fixture(scope="module")
def superuser() -> Iterator[str]:
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs `postgres` and `initdb` are not on PATH")
    with running_postgresql(programs) as url:
        yield url


def run(url: str, *statements: str) -> None:
    driver = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(driver, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def test_once_the_tables_are_there_a_role_that_cannot_make_any_serves(superuser: str) -> None:
    open_database(superuser).dispose()
    run(superuser, *SERVING)
    serving = make_url(superuser).set(username="serving")
    open_database(serving.render_as_string(hide_password=False)).dispose()
    with pytest.raises(ProgrammingError, match="permission denied"):
        run(serving.render_as_string(hide_password=False), "CREATE TABLE x (id int)")


def test_the_compose_files_role_makes_its_tables_and_sees_nothing_of_temporals(
    superuser: str,
) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    script = str(compose["configs"]["database"]["content"])
    # The test's own superuser has the name that the script gives to Suture's role.
    renamed = re.sub(r"\$\{.*?\}", "secret", script).replace("suture", "shared")
    assert "ROLE shared LOGIN PASSWORD 'secret'" in renamed
    run(superuser, *(line.strip() for line in renamed.split(";") if line.strip()))
    run(superuser, "CREATE DATABASE temporal", "CREATE TABLE executions (id int)")
    own = make_url(superuser).set(username="shared", database="shared")
    open_database(own.render_as_string(hide_password=False)).dispose()
    foreign = own.set(database="postgres").render_as_string(hide_password=False)
    with pytest.raises(ProgrammingError, match="permission denied"):
        run(foreign, "SELECT * FROM executions")
