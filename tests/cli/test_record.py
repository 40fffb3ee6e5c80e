"""Records: read, verified, exported; any change is found."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from apps.cli.histories import Histories
from apps.cli.record import bundle_of, read_bundle, read_case, verify_case, write_bundle
from suture.audit.bundle import verify_bundle
from suture.audit.events import LedgerEvent
from suture.audit.findings import FindingKind
from suture.domain.ledger import LedgerDraft
from suture.errors import InvalidInput, NotFound
from suture.settings import Settings
from tests.cli.reports import KEY, OPENED
from workers.parts import Parts, build_parts

INCIDENT = KEY.incident_id


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    with closing(build_parts(Settings(state_dir=tmp_path / "state"))) as built:
        yield built


def record(parts: Parts, case: str, name: LedgerEvent, **data: str) -> None:
    parts.ledger.append(
        LedgerDraft(
            incident_id=case, key=name, event=name, actor="suture", at=OPENED, data={**data}
        )
    )


def recorded(parts: Parts, case: str = f"{INCIDENT}-1") -> str:
    digest = parts.artifacts.put(b"the alert")
    record(parts, case, LedgerEvent.INCIDENT_OPENED, service="shop", event=digest)
    record(parts, case, LedgerEvent.INCIDENT_CLOSED, kind="not_code")
    return digest


def stored(parts: Parts, digest: str) -> Path:
    state = parts.settings.state_dir / "artifacts"
    return state / digest[:2] / digest[2:]


def test_a_whole_record_verifies(parts: Parts) -> None:
    recorded(parts)
    case, entries = read_case(parts, INCIDENT)
    assert case == f"{INCIDENT}-1"
    assert verify_case(parts, entries) == ()


def test_the_incidents_name_means_its_newest_occurrence(parts: Parts) -> None:
    recorded(parts)
    recorded(parts, f"{INCIDENT}-2")
    assert read_case(parts, INCIDENT)[0] == f"{INCIDENT}-2"
    assert read_case(parts, f"{INCIDENT}-1")[0] == f"{INCIDENT}-1"


def test_what_is_not_on_record_is_told(parts: Parts) -> None:
    with pytest.raises(NotFound):
        read_case(parts, INCIDENT)
    with pytest.raises(InvalidInput):
        read_case(parts, "x' OR '1'='1")


def test_a_changed_artifact_is_found(parts: Parts) -> None:
    digest = recorded(parts)
    stored(parts, digest).write_bytes(b"another alert")
    findings = verify_case(parts, read_case(parts, INCIDENT)[1])
    assert [finding.kind for finding in findings] == [FindingKind.WRONG_CONTENT]


def test_a_missing_artifact_is_found(parts: Parts) -> None:
    digest = recorded(parts)
    stored(parts, digest).unlink()
    findings = verify_case(parts, read_case(parts, INCIDENT)[1])
    assert [finding.kind for finding in findings] == [FindingKind.MALFORMED]


def test_an_export_verifies_elsewhere_and_tells_of_each_change(
    parts: Parts, tmp_path: Path
) -> None:
    digest = recorded(parts)
    case, entries = read_case(parts, INCIDENT)
    directory = tmp_path / "export"
    write_bundle(directory, bundle_of(parts, case, entries, Histories(content=b"{}")))
    key = parts.ledger.public_key()
    assert verify_bundle(read_bundle(directory), key) == ()
    (directory / "artifacts" / digest).write_bytes(b"another")
    (directory / "stray").symlink_to("/etc/passwd")
    found = {finding.kind for finding in verify_bundle(read_bundle(directory), key)}
    assert found == {FindingKind.WRONG_CONTENT, FindingKind.UNLISTED_FILE}


def test_an_export_never_overwrites(parts: Parts, tmp_path: Path) -> None:
    recorded(parts)
    case, entries = read_case(parts, INCIDENT)
    (tmp_path / "mine").write_text("keep")
    with pytest.raises(InvalidInput, match="not empty"):
        write_bundle(tmp_path, bundle_of(parts, case, entries, Histories()))
