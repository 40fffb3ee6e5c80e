from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from integrations.database import writing
from integrations.local.ledger import LocalLedger, _make_key
from suture.audit.chain import verify_chain
from suture.audit.findings import FindingKind
from suture.audit.signing import is_signed
from suture.domain.ledger import GENESIS, LedgerDraft
from suture.errors import InvalidInput, LedgerCorrupt, SettingsError
from suture.ports.ledger import Ledger
from tests.fakes.ledger import FakeLedger

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def draft(key: str, incident: str = "incident-1", **data: object) -> LedgerDraft:
    facts = {"incident_id": incident, "key": key, "event": "ticket.opened", "actor": "suture"}
    return LedgerDraft.model_validate({**facts, "at": NOON, "data": data})


@pytest.fixture
def ledger(engine_or_fake: Engine | None, tmp_path: Path) -> Ledger:
    if engine_or_fake is None:
        return FakeLedger()
    return LocalLedger(engine_or_fake, tmp_path / "keys" / "ledger.key")


def test_entries_form_a_chain_that_verifies(ledger: Ledger) -> None:
    appended = [ledger.append(draft(f"k{number}", text="Größe\0")) for number in range(3)]
    assert ledger.read("incident-1") == tuple(appended)
    assert [entry.sequence for entry in appended] == [0, 1, 2]
    assert appended[0].previous == GENESIS
    assert verify_chain(appended, ledger.public_key(), closed=False) == ()


def test_the_same_key_returns_the_entry_it_has(ledger: Ledger) -> None:
    first = ledger.append(draft("merged", sha="1"))
    ledger.append(draft("closed"))
    assert ledger.append(draft("merged", sha="2")) == first
    assert len(ledger.read("incident-1")) == 2


def test_incidents_have_chains_of_their_own(ledger: Ledger) -> None:
    ledger.append(draft("opened"))
    other = ledger.append(draft("opened", incident="incident-2"))
    assert other.sequence == 0
    assert ledger.read("incident-3") == ()


def test_what_json_cannot_express_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InvalidInput):
        ledger.append(draft("nan", value=float("nan")))
    assert ledger.append(draft("fine")).sequence == 0


def test_appends_from_many_threads_make_one_chain(ledger: Ledger) -> None:
    keys = [f"k{number % 20}" for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: ledger.append(draft(key)), keys))
    entries = ledger.read("incident-1")
    assert len(entries) == 20
    assert verify_chain(entries, ledger.public_key(), closed=False) == ()


def test_an_entry_changed_in_the_database_is_found(engine: Engine, tmp_path: Path) -> None:
    ledger = LocalLedger(engine, tmp_path / "key")
    for number in range(3):
        ledger.append(draft(f"k{number}", who="ada"))
    with writing(engine) as connection:
        change = "UPDATE ledger_entries SET entry = replace(entry, 'ada', 'eve') WHERE sequence = 1"
        connection.execute(text(change))
    findings = verify_chain(ledger.read("incident-1"), ledger.public_key(), closed=False)
    assert [(found.kind, found.sequence) for found in findings] == [(FindingKind.ALTERED, 1)]


def test_an_entry_that_is_none_any_more_is_corrupt(engine: Engine, tmp_path: Path) -> None:
    ledger = LocalLedger(engine, tmp_path / "key")
    ledger.append(draft("k"))
    with writing(engine) as connection:
        connection.execute(text("UPDATE ledger_entries SET entry = 'nonsense'"))
    with pytest.raises(LedgerCorrupt):
        ledger.read("incident-1")
    with pytest.raises(LedgerCorrupt):
        ledger.append(draft("k2"))


def test_the_signing_key_is_made_once_and_for_its_owner_only(
    engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "keys" / "ledger.key"
    with ThreadPoolExecutor(8) as pool:
        ledgers = [LocalLedger(engine, path) for _ in range(8)]
        keys = set(pool.map(lambda ledger: ledger.public_key(), ledgers))
    assert len(keys) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_who_comes_second_takes_the_key_that_is_there(engine: Engine, tmp_path: Path) -> None:
    first = LocalLedger(engine, tmp_path / "key")
    signature = first.sign(b"message")
    _make_key(tmp_path / "key")
    assert is_signed(b"message", signature, LocalLedger(engine, tmp_path / "key").public_key())


def test_a_signing_key_that_others_may_read_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    LocalLedger(engine, path).public_key()
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        LocalLedger(engine, path).public_key()


def test_a_signing_key_that_cannot_be_made_is_a_matter_of_settings(
    engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="signing key"):
        LocalLedger(engine, tmp_path / "file" / "key").public_key()


def test_a_damaged_signing_key_is_refused(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    path.touch(mode=0o600)
    with pytest.raises(SettingsError, match="32 bytes"):
        LocalLedger(engine, path).append(draft("k"))
