import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import ResourceClosedError

from integrations.database import open_database, reading, writing
from integrations.schema import METADATA, tickets
from suture.errors import Conflict, InvalidInput, PermanentError, SettingsError, Unreachable

CROWD = 3


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


def open_and_count(url: str) -> int:
    with opened(url) as engine, reading(engine) as connection:
        return int(connection.execute(text("SELECT count(*) FROM tickets")).scalar_one())


def test_processes_that_start_at_once_agree_on_the_tables(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/suture.db"
    with multiprocessing.get_context("spawn").Pool(CROWD) as pool:
        assert pool.map(open_and_count, [url] * CROWD) == [0] * CROWD


def test_connections_that_open_one_server_at_once_agree_on_the_tables(postgresql_url: str) -> None:
    with opened(postgresql_url) as engine, writing(engine) as connection:
        METADATA.drop_all(connection)
    with ThreadPoolExecutor(CROWD) as pool:
        assert list(pool.map(open_and_count, [postgresql_url] * CROWD)) == [0] * CROWD


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/suture.db"
    with opened(url) as engine, writing(engine) as connection:
        connection.execute(text("INSERT INTO ledger_chains VALUES ('incident-1')"))
    with opened(url) as engine, reading(engine) as connection:
        assert connection.execute(text("SELECT * FROM ledger_chains")).scalar_one() == "incident-1"


def test_sqlite_is_durable_and_strict(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/suture.db") as engine, reading(engine) as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        values = [connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in pragmas]
    assert values == ["wal", 2, 1]


def insert_chain(engine: Engine, *, times: int) -> None:
    with writing(engine) as connection:
        for _ in range(times):
            connection.execute(text("INSERT INTO ledger_chains VALUES ('incident-1')"))


def test_a_failed_transaction_leaves_nothing(engine: Engine) -> None:
    with pytest.raises(Conflict):
        insert_chain(engine, times=2)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT * FROM ledger_chains")).all() == []
    insert_chain(engine, times=1)


def test_readers_do_not_wait_for_a_writer(engine: Engine) -> None:
    with writing(engine) as writer, reading(engine) as reader:
        writer.execute(text("INSERT INTO ledger_chains VALUES ('incident-1')"))
        assert reader.execute(text("SELECT * FROM ledger_chains")).all() == []


def test_errors_are_translated_without_the_values(engine: Engine) -> None:
    with pytest.raises((PermanentError, Unreachable)) as caught, writing(engine) as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:word)"), {"word": "confidential"})
    assert "confidential" not in str(caught.value)
    with pytest.raises(PermanentError), writing(engine) as connection:
        connection.execute(insert(tickets).values(created_at="no moment"))
    with pytest.raises(PermanentError), reading(engine) as connection:
        raise ResourceClosedError("closed")


def test_a_value_that_the_database_cannot_hold_is_invalid(postgresql: Engine) -> None:
    with pytest.raises(InvalidInput), reading(postgresql) as connection:
        connection.execute(text("SELECT 1 / 0"))


def test_a_connection_that_breaks_is_unreachable(postgresql: Engine) -> None:
    with pytest.raises(Unreachable), reading(postgresql) as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with reading(postgresql) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_a_server_that_is_away_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        open_database(f"postgresql://suture@/suture?host={tmp_path}")


def test_a_missing_driver_is_a_matter_of_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match="driver"):
        open_database(f"postgresql://suture@/suture?host={tmp_path}")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "suture.db").write_text("This is a letter, and a rather long one. " * 50)
    with pytest.raises(PermanentError):
        open_database(f"sqlite:///{tmp_path}/suture.db")


@pytest.mark.parametrize("url", ["", "suture.db", "mysql://root@localhost/x", "sqlite://"])
def test_a_wrong_url_is_a_matter_of_settings(url: str) -> None:
    with pytest.raises(SettingsError, match="database_url"):
        open_database(url)


def test_every_table_says_what_makes_its_rows_unique() -> None:
    assert all(table.primary_key.columns for table in METADATA.tables.values())
