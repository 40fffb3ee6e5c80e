"""The ledger in Suture's own database, signed by a key that this instance made for itself.

Appends to one chain take turns: SQLite has one writer at a time, PostgreSQL locks the chain's
row. The unique key of an incident's entries is the idempotency key.
"""

import os
import tempfile
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, select

from integrations.database import insert_once, reading, writing
from integrations.schema import ledger_chains, ledger_entries
from suture.audit.chain import next_entry
from suture.audit.signing import make_private_key, public_key_of, signer_of
from suture.canonical import canonical_json
from suture.domain.ledger import LedgerDraft, LedgerEntry
from suture.errors import LedgerCorrupt, SettingsError


class LocalLedger:
    """Implements `suture.ports.ledger.Ledger`; any number of threads and processes may append."""

    def __init__(self, engine: Engine, signing_key_path: Path) -> None:
        self._engine = engine
        self._key_path = signing_key_path

    def append(self, draft: LedgerDraft) -> LedgerEntry:
        """Give the draft its place in the chain, durably.

        The same key returns the entry it has, whatever the new draft says: a record never changes.

        Raises:
            InvalidInput: the draft holds what JSON cannot express.
        """
        incident = draft.incident_id
        with writing(self._engine) as connection:
            insert_once(connection, ledger_chains, {"incident_id": incident})
            chain = select(ledger_chains).where(ledger_chains.c.incident_id == incident)
            connection.execute(chain.with_for_update()).one()
            known = _find(connection, incident, draft.key)
            if known is not None:
                return known
            entry = next_entry(draft, _last(connection, incident), signer_of(self._key))
            values = {
                "incident_id": incident,
                "sequence": entry.sequence,
                "key": draft.key,
                "entry": canonical_json(entry).decode(),
            }
            connection.execute(ledger_entries.insert().values(**values))
            return entry

    def read(self, incident_id: str) -> tuple[LedgerEntry, ...]:
        """Return an incident's entries in order, as they are stored: verifying is the audit's.

        Raises:
            LedgerCorrupt: a stored entry is no entry any more.
        """
        query = (
            select(ledger_entries.c.entry)
            .where(ledger_entries.c.incident_id == incident_id)
            .order_by(ledger_entries.c.sequence)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).scalars().all()
        return tuple(_parse(row) for row in rows)

    def public_key(self) -> str:
        """Return the Ed25519 public key that signs entries, base64."""
        return public_key_of(self._key)

    def sign(self, message: bytes) -> str:
        """Sign an export's manifest, base64."""
        return signer_of(self._key)(message)

    @cached_property
    def _key(self) -> bytes:
        return ensure_signing_key(self._key_path)


def ensure_signing_key(path: Path) -> bytes:
    """Return the key in this file, made once with mode 0600 whoever starts first.

    Raises:
        SettingsError: the file cannot be read or made, or others may read it.
    """
    try:
        if not path.exists():
            _make_key(path)
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"Others may read the signing key. Run: chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"The signing key {path}: {error.strerror}.") from error


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(make_private_key())
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a rename, never replaces the key that another process was first to make.
        path.hardlink_to(name)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()


def _find(connection: Connection, incident: str, key: str) -> LedgerEntry | None:
    query = select(ledger_entries.c.entry).where(
        ledger_entries.c.incident_id == incident, ledger_entries.c.key == key
    )
    row = connection.execute(query).scalar_one_or_none()
    return None if row is None else _parse(row)


def _last(connection: Connection, incident: str) -> LedgerEntry | None:
    query = (
        select(ledger_entries.c.entry)
        .where(ledger_entries.c.incident_id == incident)
        .order_by(ledger_entries.c.sequence.desc())
        .limit(1)
    )
    row = connection.execute(query).scalar_one_or_none()
    return None if row is None else _parse(row)


def _parse(row: str) -> LedgerEntry:
    try:
        return LedgerEntry.model_validate_json(row)
    except ValidationError as error:
        raise LedgerCorrupt("A stored ledger entry cannot be read any more.") from error
