"""A whole incident's ledger, as the workflow would write it, to be spoilt one fact at a time."""

from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from suture.audit.chain import next_entry
from suture.audit.events import LedgerEvent
from suture.audit.signing import public_key_of, signer_of
from suture.domain.ledger import LedgerDraft, LedgerEntry

PRIVATE_KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
PUBLIC_KEY = public_key_of(PRIVATE_KEY)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD, MERGE = "1" * 40, "2" * 40
DIFF = "d" * 64

Line = tuple[LedgerEvent, str, dict[str, JsonValue]]


def story() -> list[Line]:
    """Return event, actor and data of each entry, in order."""
    target: dict[str, JsonValue] = {"head_sha": HEAD, "patch_digest": DIFF}
    said: dict[str, JsonValue] = {"kind": "approve", "actor_role": "approver", **target}
    red_green_red: dict[str, JsonValue] = {
        "verified": True,
        "patch_digest": DIFF,
        "red_on_base": True,
        "green_with_patch": True,
        "red_without_fix": True,
        "new_failures": [],
    }
    refused: dict[str, JsonValue] = {"refusal": "unauthorised", "reason": "A viewer."}
    return [
        (LedgerEvent.INCIDENT_OPENED, "suture", {"service": "shop"}),
        (LedgerEvent.VERIFICATION_MADE, "suture", red_green_red),
        (LedgerEvent.PULL_REQUEST_OPENED, "suture", {"number": 1, **target}),
        (LedgerEvent.APPROVAL_REQUESTED, "suture", {**target, "authors": ["Bob"]}),
        (LedgerEvent.DECISION_REFUSED, "eve", {"decision_id": "d-0", **said, **refused}),
        (LedgerEvent.DECISION_RECEIVED, "ada", {"decision_id": "d-1"}),
        (LedgerEvent.DECISION_ACCEPTED, "ada", {"decision_id": "d-1", **said}),
        (
            LedgerEvent.PULL_REQUEST_MERGED,
            "suture",
            {"decision_id": "d-1", "merge_sha": MERGE, "authors": [], **target},
        ),
        (LedgerEvent.INCIDENT_CLOSED, "suture", {"kind": "fixed"}),
    ]


def chain(lines: list[Line], private_key: bytes = PRIVATE_KEY) -> tuple[LedgerEntry, ...]:
    """Write the lines into a chain, a minute apart."""
    entries: list[LedgerEntry] = []
    for number, (event, actor, data) in enumerate(lines):
        draft = LedgerDraft(
            incident_id="incident-1",
            key=f"{event}/{number}",
            event=event,
            actor=actor,
            at=NOON + number * timedelta(minutes=1),
            data=data,
        )
        previous = entries[-1] if entries else None
        entries.append(next_entry(draft, previous, signer_of(private_key)))
    return tuple(entries)
