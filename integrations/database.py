"""Opens Suture's own database, SQLite or PostgreSQL, and runs transactions on it.

SQLite runs in WAL with full synchronisation: what a transaction wrote survives a power cut,
which the ledger promises. Writers begin IMMEDIATE, so that none fails half-way because another
one wrote meanwhile. Sources: https://docs.sqlalchemy.org/en/20/dialects/sqlite.html,
https://www.sqlite.org/wal.html and https://www.sqlite.org/pragma.html#pragma_synchronous.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from integrations.schema import METADATA
from suture.errors import Conflict, InvalidInput, PermanentError, SettingsError, Unreachable

BUSY_SECONDS = 30
SCHEMA_LOCK = 7_285_771
"""PostgreSQL advisory lock under which tables are made."""
SPENDING_LOCK = 7_285_772
"""PostgreSQL advisory lock under which money is reserved."""
FIXES_LOCK = 7_285_773
"""PostgreSQL advisory lock under which causes are taken for repair."""
MAX_ID_DIGITS = 18
"""Every number of so many digits fits a 64-bit column."""
WRITES = "suture_writes"


def open_database(url: str) -> Engine:
    """Connect and create the tables that are missing; safe when several processes start at once.

    Raises:
        SettingsError: the URL is wrong, or its driver is not installed.
        Unreachable: the database does not answer.
    """
    engine = _engine(_parse(url))
    with writing(engine) as connection:
        take_turns(connection, SCHEMA_LOCK)
        METADATA.create_all(connection)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Run a transaction that writes: all of it is durable on return, or nothing happened.

    Raises:
        Unreachable, Conflict, InvalidInput, PermanentError: translated from the database's.
    """
    with _translated(), engine.execution_options(**{WRITES: True}).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Run a transaction that only reads, without waiting for writers.

    Raises:
        Unreachable, PermanentError: translated from the database's.
    """
    with _translated(), engine.begin() as connection:
        yield connection


def take_turns(connection: Connection, lock: int) -> None:
    """Wait until no other transaction holds this lock; it is held until this one ends.

    SQLite needs none: its writers take turns anyway. PostgreSQL's advisory locks have numbers.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key is there; whether it was inserted."""
    statement = _insert(connection, table).values(**values).on_conflict_do_nothing()
    inserted = connection.execute(statement.returning(*table.primary_key.columns))
    return inserted.one_or_none() is not None


def upsert(
    connection: Connection,
    table: Table,
    values: Mapping[str, Any],
    changed: Mapping[str, Any],
) -> None:
    """Insert a row, or set these columns (values or expressions) of the one with its key."""
    statement = _insert(connection, table).values(**values)
    keys = list(table.primary_key.columns)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=dict(changed)))


def row_id(text_id: str) -> int:
    """Return the row number that an id from outside names; one that no row has for nonsense."""
    plain = text_id.isascii() and text_id.isdecimal() and len(text_id) <= MAX_ID_DIGITS
    return int(text_id) if plain else 0


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingsError("database_url is no SQLAlchemy URL.") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise SettingsError(f"database_url names {backend}: use sqlite or postgresql.")
    if parsed.database in {None, "", ":memory:"}:
        raise SettingsError("database_url must name a file: memory is not shared or durable.")
    return parsed


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        try:
            return create_engine(url, pool_pre_ping=True, pool_timeout=BUSY_SECONDS)
        except ModuleNotFoundError as error:
            raise SettingsError(
                "PostgreSQL needs its driver: install suture[postgresql]."
            ) from error
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_timeout=BUSY_SECONDS)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, entry: ConnectionPoolEntry) -> None:
    del entry
    # Transactions are begun below: the driver's own habit of beginning late would break them.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1_000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise Unreachable(f"The database does not answer: {_first_line(error)}") from error
    except IntegrityError as error:
        raise Conflict(f"Somebody else wrote the same: {_first_line(error)}") from error
    except DataError as error:
        raise InvalidInput(f"The database refuses a value: {_first_line(error)}") from error
    except SQLAlchemyError as error:
        raise PermanentError(f"The database refuses: {_first_line(error)}") from error


def _first_line(error: SQLAlchemyError) -> str:
    """Say what went wrong without the statement and its values, which may be confidential."""
    cause = error.orig if isinstance(error, StatementError) else error
    return str(cause).split("\n", 1)[0][:300]
