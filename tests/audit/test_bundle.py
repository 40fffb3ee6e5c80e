import pytest
from pydantic import JsonValue

from suture.audit.bundle import (
    BundleContents,
    build_bundle,
    referenced_digests,
    verify_bundle,
)
from suture.audit.findings import FindingKind
from suture.audit.signing import public_key_of, signer_of
from suture.canonical import sha256
from suture.domain.ledger import LedgerEntry
from tests.audit.record import NOON, OTHER_KEY, PRIVATE_KEY, PUBLIC_KEY, chain, story

PATCH = b"--- a\n+++ b\n"
WHOLE = chain(story())


def export(
    entries: tuple[LedgerEntry, ...] = WHOLE, key: bytes = PRIVATE_KEY, incident: str = "incident-1"
) -> dict[str, bytes]:
    contents = BundleContents(
        incident_id=incident,
        entries=entries,
        artifacts=(PATCH,),
        history=b'{"events": []}',
        public_key=public_key_of(key),
        code_version="0.1.0",
        exported_at=NOON,
    )
    return build_bundle(contents, signer_of(key))


def kinds(files: dict[str, bytes], key: str | None = PUBLIC_KEY) -> set[FindingKind]:
    return {finding.kind for finding in verify_bundle(files, key)}


def test_an_export_verifies_with_and_without_the_key() -> None:
    assert kinds(export()) == set()
    assert kinds(export(), key=None) == set()


def test_an_export_without_history_verifies() -> None:
    contents = BundleContents(
        incident_id="incident-1",
        entries=WHOLE[:-1],
        public_key=PUBLIC_KEY,
        code_version="0.1.0",
        exported_at=NOON,
    )
    files = build_bundle(contents, signer_of(PRIVATE_KEY))
    assert sorted(files) == ["entries.jsonl", "manifest.json", "manifest.sig"]
    assert kinds(files) == set()


@pytest.mark.parametrize("name", sorted(export()))
def test_a_change_of_any_byte_of_any_file_is_found(name: str) -> None:
    files = export()
    for place in range(0, len(files[name]), max(1, len(files[name]) // 40)):
        content = bytearray(files[name])
        content[place] ^= 1
        assert kinds({**files, name: bytes(content)}), f"{name} byte {place}"


@pytest.mark.parametrize("name", sorted(export()))
def test_a_missing_file_is_found(name: str) -> None:
    files = export()
    del files[name]
    assert kinds(files) & {FindingKind.MALFORMED, FindingKind.FORGED}


def test_a_file_that_nobody_listed_is_found() -> None:
    assert kinds({**export(), "artifacts/more": b""}) == {FindingKind.UNLISTED_FILE}


def test_an_export_signed_anew_is_found_only_by_who_knows_the_key() -> None:
    forged = export(chain(story(), OTHER_KEY), OTHER_KEY)
    assert kinds(forged, key=None) == set()
    assert FindingKind.FORGED in kinds(forged)


def test_an_end_cut_off_with_a_manifest_of_before_is_found() -> None:
    files = export()
    shorter = b"".join(files["entries.jsonl"].splitlines(keepends=True)[:-1])
    found = kinds({**files, "entries.jsonl": shorter})
    assert {FindingKind.WRONG_CONTENT, FindingKind.NOT_CLOSED} <= found


def test_a_manifest_of_another_incident_is_found() -> None:
    assert kinds(export(incident="incident-2")) == {FindingKind.FOREIGN_ENTRY}


def test_unreadable_entries_are_found() -> None:
    found = kinds({**export(), "entries.jsonl": b"[" * 100_000})
    assert found == {FindingKind.MALFORMED, FindingKind.WRONG_CONTENT}


def test_the_invariants_are_part_of_the_audit() -> None:
    lines = story()
    lines[6] = (*lines[6][:2], {**lines[6][2], "head_sha": "9" * 40})
    assert kinds(export(chain(lines))) == {FindingKind.MERGED_SOMETHING_ELSE}


def test_digests_are_found_however_deep_the_data() -> None:
    lines = story()
    digests = [sha256(name.encode()) for name in "abc"]
    data: dict[str, JsonValue] = {
        "deep": [{"deeper": digests[0]}, digests[1]],
        "count": 3,
        "text": digests[2] + "0",
    }
    assert referenced_digests(chain([(*lines[0][:2], data)])) == tuple(sorted(digests[:2]))
