"""Symbols that were read once, kept by blob in a SQLite file beside the mirror.

It is a cache: what cannot be read is thrown away and read again from the source. It is written
by any number of processes. Source: https://www.sqlite.org/wal.html.
"""

import hashlib
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

import structlog

from suture.errors import InvalidInput
from suture.index.symbols import FORMAT, FileSymbols, decode, encode

log = structlog.get_logger()

BlobKey = tuple[str, str]
"""Object name and language: the same bytes mean something else in another language."""

GRAMMARS = ("", "-go", "-java", "-javascript", "-kotlin", "-python", "-typescript")
BUSY_SECONDS = 20.0
MAX_BYTES = 2 << 30
"""A store that has grown beyond is begun anew."""
BATCH = 500
SCHEMA = """
CREATE TABLE IF NOT EXISTS blobs (
    id INTEGER PRIMARY KEY, blob BLOB NOT NULL, language TEXT NOT NULL, symbols BLOB NOT NULL,
    UNIQUE (blob, language)
);
CREATE TABLE IF NOT EXISTS names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS mentions (
    name INTEGER NOT NULL, defines INTEGER NOT NULL, blob INTEGER NOT NULL,
    PRIMARY KEY (name, defines, blob)
) WITHOUT ROWID;
"""


class SymbolStore:
    """One repository's symbols."""

    def __init__(self, mirror: Path) -> None:
        self._file = mirror.with_name(f"{mirror.stem}-symbols-{_reader_version()}.sqlite")

    def load(self, keys: Collection[BlobKey]) -> Mapping[BlobKey, FileSymbols]:
        """Return what is known of these blobs."""
        found: dict[BlobKey, FileSymbols] = {}
        with self._open() as connection:
            for blob, language in keys:
                row = connection.execute(
                    "SELECT symbols FROM blobs WHERE blob = ? AND language = ?",
                    (bytes.fromhex(blob), language),
                ).fetchone()
                if row is not None:
                    found[blob, language] = _decoded(row[0])
        return found

    def missing(self, keys: Collection[BlobKey]) -> tuple[BlobKey, ...]:
        """Return the blobs of which nothing is known."""
        with self._open() as connection:
            rows = connection.execute("SELECT blob, language FROM blobs")
            known = {(blob.hex(), language) for blob, language in rows}
        return tuple(key for key in keys if key not in known)

    def save(self, found: Iterable[tuple[BlobKey, FileSymbols]]) -> None:
        """Keep symbols. What is known already stays."""
        packed = [(key, symbols, encode(symbols)) for key, symbols in found]
        with self._open() as connection, _transaction(connection):
            for (blob, language), symbols, content in packed:
                row = connection.execute(
                    "INSERT INTO blobs (blob, language, symbols) VALUES (?, ?, ?)"
                    " ON CONFLICT DO NOTHING RETURNING id",
                    (bytes.fromhex(blob), language, content),
                ).fetchone()
                if row is not None:
                    _keep_names(connection, row[0], symbols)

    def mentioning(self, names: Collection[str], *, defines: bool) -> frozenset[BlobKey]:
        """Return the known blobs that define one of these names, or that name it in any way."""
        found: set[BlobKey] = set()
        kinds = (1,) if defines else (0, 1)
        with self._open() as connection:
            for name in names:
                for kind in kinds:
                    rows = connection.execute(
                        "SELECT blobs.blob, language FROM names JOIN mentions"
                        " ON mentions.name = names.id JOIN blobs ON blobs.id = mentions.blob"
                        " WHERE names.name = ? AND defines = ?",
                        (name, kind),
                    )
                    found |= {(blob.hex(), language) for blob, language in rows}
        return frozenset(found)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file; begin anew with one that is broken or too large."""
        if self._file.exists() and self._file.stat().st_size > MAX_BYTES:
            self._discard("large")
        try:
            connection = self._connected()
        except sqlite3.DatabaseError:
            self._discard("broken")
            connection = self._connected()
        with closing(connection):
            yield connection

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            connection.execute("PRAGMA synchronous = OFF").close()
            connection.executescript(SCHEMA)
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def _discard(self, why: str) -> None:
        log.warning("symbols.discarded", file=self._file.name, why=why)
        for end in ("", "-wal", "-shm"):
            self._file.with_name(self._file.name + end).unlink(missing_ok=True)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _keep_names(connection: sqlite3.Connection, blob: int, symbols: FileSymbols) -> None:
    defined = {each.simple for each in symbols.definitions}
    rows = [(name,) for name in sorted(symbols.names)]
    connection.executemany("INSERT INTO names (name) VALUES (?) ON CONFLICT DO NOTHING", rows)
    connection.executemany(
        "INSERT OR IGNORE INTO mentions SELECT id, ?, ? FROM names WHERE name = ?",
        [(int(name in defined), blob, name) for (name,) in rows],
    )


def _decoded(packed: bytes) -> FileSymbols:
    try:
        return decode(packed)
    except InvalidInput:
        return FileSymbols()


def _reader_version() -> str:
    """Name what decides how source is read: our format and the grammars."""
    parts = [str(FORMAT), *(version(f"tree-sitter{each}") for each in GRAMMARS)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:8]
