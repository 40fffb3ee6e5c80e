import pytest
from pydantic import JsonValue

from suture.audit.chain import verify_chain
from suture.audit.events import LedgerEvent
from suture.audit.findings import FindingKind
from suture.audit.invariants import check_invariants
from tests.audit.record import PUBLIC_KEY, Line, chain, story

VERIFIED, OPENED, REQUESTED, REFUSED, RECEIVED, ACCEPTED, MERGED = range(1, 8)


def kinds(lines: list[Line]) -> set[FindingKind]:
    entries = chain(lines)
    assert verify_chain(entries, PUBLIC_KEY, closed=False) == ()
    return {finding.kind for finding in check_invariants(entries)}


def changed(number: int, **facts: JsonValue) -> list[Line]:
    lines = story()
    event, actor, data = lines[number]
    lines[number] = (event, actor, {**data, **facts})
    return lines


def without(number: int) -> list[Line]:
    return [line for place, line in enumerate(story()) if place != number]


def test_an_incident_as_it_should_be_has_no_finding() -> None:
    assert kinds(story()) == set()


@pytest.mark.parametrize("fact", ["head_sha", "patch_digest"])
def test_merging_something_else_than_was_approved_is_found(fact: str) -> None:
    other = "3" * 40 if fact == "head_sha" else "e" * 64
    assert FindingKind.MERGED_SOMETHING_ELSE in kinds(changed(MERGED, **{fact: other}))
    assert FindingKind.MERGED_SOMETHING_ELSE in kinds(changed(ACCEPTED, **{fact: other}))


def test_merging_without_an_accepted_approval_is_found() -> None:
    no_consent = FindingKind.MERGED_WITHOUT_CONSENT
    assert no_consent in kinds(without(ACCEPTED))
    assert no_consent in kinds(changed(ACCEPTED, kind="reject"))
    assert no_consent in kinds(changed(MERGED, decision_id="d-0"))
    assert no_consent in kinds(changed(MERGED, decision_id=None))


def test_an_approval_after_the_merge_is_found() -> None:
    lines = story()
    lines[ACCEPTED], lines[MERGED] = lines[MERGED], lines[ACCEPTED]
    assert kinds(lines) == {FindingKind.CONSENT_AFTER_MERGE}


@pytest.mark.parametrize("number", [MERGED, REQUESTED])
def test_an_approval_by_an_author_is_found_wherever_authors_are_on_record(number: int) -> None:
    assert kinds(changed(number, authors=["Ada", 7])) == {FindingKind.OWN_APPROVAL}


def test_each_of_several_approvals_must_be_somebody_s_own() -> None:
    both: list[JsonValue] = ["d-1", "d-2"]
    assert kinds(changed(MERGED, approvals=both)) == {FindingKind.MERGED_WITHOUT_CONSENT}
    lines = changed(MERGED, approvals=both)
    event, actor, data = lines[ACCEPTED]
    second: Line = (event, "grace", {**data, "decision_id": "d-2"})
    assert kinds([*lines[:ACCEPTED], second, *lines[ACCEPTED:]]) == set()
    again: Line = (event, actor, {**data, "decision_id": "d-2"})
    assert kinds([*lines[:ACCEPTED], again, *lines[ACCEPTED:]]) == {FindingKind.OWN_APPROVAL}


def test_an_approval_by_suture_itself_is_found() -> None:
    lines = story()
    event, _, data = lines[ACCEPTED]
    lines[ACCEPTED] = (event, "suture", data)
    assert kinds(lines) == {FindingKind.OWN_APPROVAL}


def test_merging_on_a_stale_consent_is_found() -> None:
    stale: Line = (LedgerEvent.CONSENT_STALED, "suture", {"decision_id": "d-1"})
    lines = story()
    assert kinds([*lines[:MERGED], stale, *lines[MERGED:]]) == {FindingKind.CONSENT_WAS_STALE}
    other: Line = (LedgerEvent.CONSENT_STALED, "suture", {"decision_id": "d-7"})
    assert kinds([*lines[:MERGED], other, *lines[MERGED:], stale]) == set()


def test_a_decision_without_a_verdict_is_found() -> None:
    late: Line = (LedgerEvent.DECISION_RECEIVED, "bob", {"decision_id": "d-9"})
    assert kinds([*story(), late]) == {FindingKind.NO_VERDICT}


def test_a_second_verdict_is_found() -> None:
    lines = story()
    assert kinds([*lines, lines[REFUSED]]) == {FindingKind.CONTRADICTORY_VERDICT}


@pytest.mark.parametrize("fact", ["refusal", "reason"])
def test_a_refusal_without_a_reason_is_found(fact: str) -> None:
    assert kinds(changed(REFUSED, **{fact: ""})) == {FindingKind.UNEXPLAINED_REFUSAL}


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("verified", False),
        ("red_on_base", False),
        ("green_with_patch", None),
        ("red_without_fix", "true"),
        ("new_failures", ["tests/test_a.py::test_b"]),
        ("patch_digest", "e" * 64),
    ],
)
def test_a_pull_request_without_its_evidence_is_found(fact: str, value: JsonValue) -> None:
    assert kinds(changed(VERIFIED, **{fact: value})) == {FindingKind.NO_EVIDENCE}


def test_evidence_after_the_pull_request_is_found() -> None:
    lines = story()
    lines[VERIFIED], lines[OPENED] = lines[OPENED], lines[VERIFIED]
    assert kinds(lines) == {FindingKind.NO_EVIDENCE}


def test_an_entry_that_lacks_what_it_must_say_is_found() -> None:
    assert FindingKind.MISSING_FACT in kinds(changed(MERGED, merge_sha=None))
    assert FindingKind.MISSING_FACT in kinds(changed(OPENED, patch_digest=7))


def test_events_that_this_version_does_not_know_are_passed_over() -> None:
    entries = chain(story())
    draft = entries[0].draft.model_copy(update={"event": "teapot.boiled"})
    unknown = entries[0].model_copy(update={"draft": draft})
    assert check_invariants((unknown, *entries[1:])) == ()
