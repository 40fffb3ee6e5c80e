import base64

import pytest

from suture.audit.chain import next_entry, verify_chain
from suture.audit.findings import FindingKind
from suture.audit.signing import is_signed, make_private_key, public_key_of, signer_of
from suture.domain.ledger import GENESIS, LedgerEntry
from suture.errors import InvalidInput, SettingsError
from tests.audit.record import NOON, OTHER_KEY, PRIVATE_KEY, PUBLIC_KEY, chain, story

WHOLE = chain(story())


def kinds(entries: tuple[LedgerEntry, ...], *, closed: bool = True) -> set[FindingKind]:
    return {finding.kind for finding in verify_chain(entries, PUBLIC_KEY, closed=closed)}


def test_a_whole_chain_verifies() -> None:
    assert kinds(WHOLE) == set()


def test_a_removed_end_is_told_by_the_missing_closing_entry() -> None:
    assert kinds(WHOLE[:-1]) == {FindingKind.NOT_CLOSED}
    assert kinds(()) == {FindingKind.NOT_CLOSED}
    assert kinds(WHOLE[:-1], closed=False) == set()


def test_an_entry_taken_out_of_the_middle_breaks_a_link() -> None:
    assert kinds(WHOLE[:3] + WHOLE[4:]) == {FindingKind.BROKEN_LINK}


def test_a_removed_beginning_breaks_a_link() -> None:
    assert kinds(WHOLE[1:]) == {FindingKind.BROKEN_LINK}


def test_swapped_entries_break_links() -> None:
    assert kinds((WHOLE[0], WHOLE[2], WHOLE[1], *WHOLE[3:])) == {FindingKind.BROKEN_LINK}


def test_a_repeated_entry_is_found() -> None:
    repeated = (*WHOLE[:2], WHOLE[1], *WHOLE[2:])
    assert FindingKind.REPEATED_KEY in kinds(repeated)


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "eve"},
        {"at": NOON},
        {"data": {"head_sha": "3" * 40}},
        {"event": "incident.opened"},
        {"key": "other"},
        {"data": {"value": float("nan")}},
    ],
)
def test_any_change_of_an_entry_is_found(change: dict[str, object]) -> None:
    changed = WHOLE[7].model_copy(update={"draft": WHOLE[7].draft.model_copy(update=change)})
    findings = verify_chain((*WHOLE[:7], changed, *WHOLE[8:]), PUBLIC_KEY)
    assert (FindingKind.ALTERED, 7) in {(found.kind, found.sequence) for found in findings}


def test_an_entry_of_another_incident_is_found() -> None:
    draft = WHOLE[-1].draft.model_copy(update={"incident_id": "incident-2"})
    foreign = next_entry(draft, WHOLE[-2], signer_of(PRIVATE_KEY))
    assert kinds((*WHOLE[:-1], foreign)) == {FindingKind.FOREIGN_ENTRY}


def test_a_chain_written_anew_by_somebody_else_is_forged() -> None:
    assert kinds(chain(story(), OTHER_KEY)) == {FindingKind.FORGED}


@pytest.mark.parametrize("signature", ["", "not base64", base64.b64encode(b"short").decode()])
def test_a_malformed_signature_is_none(signature: str) -> None:
    assert kinds((*WHOLE[:-1], WHOLE[-1].model_copy(update={"signature": signature}))) == {
        FindingKind.FORGED
    }


def test_a_malformed_public_key_vouches_for_nothing() -> None:
    assert not is_signed(b"message", signer_of(PRIVATE_KEY)(b"message"), "AAAA")


def test_a_chain_begins_at_genesis() -> None:
    assert (WHOLE[0].sequence, WHOLE[0].previous) == (0, GENESIS)


def test_a_draft_that_json_cannot_express_is_refused() -> None:
    draft = WHOLE[0].draft.model_copy(update={"data": {"value": float("inf")}})
    with pytest.raises(InvalidInput):
        next_entry(draft, None, signer_of(PRIVATE_KEY))


def test_a_new_key_signs_what_its_public_half_verifies() -> None:
    key = make_private_key()
    assert is_signed(b"message", signer_of(key)(b"message"), public_key_of(key))
    with pytest.raises(SettingsError):
        signer_of(key[:-1])
