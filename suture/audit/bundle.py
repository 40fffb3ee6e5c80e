"""An incident's record as files that somebody else can check without Suture running.

manifest.json       what there is, by digest
manifest.sig        Ed25519 over the manifest, base64
entries.jsonl       the ledger's entries, one per line
history.json        Temporal's history, where it was exported
artifacts/<digest>  what the entries name by digest
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field, JsonValue, ValidationError

from suture.audit.chain import verify_chain
from suture.audit.events import LedgerEvent
from suture.audit.findings import Finding, FindingKind
from suture.audit.invariants import check_invariants
from suture.audit.signing import Sign, is_signed
from suture.canonical import canonical_json, sha256
from suture.domain.ledger import LedgerEntry
from suture.domain.value import Digest, Instant, Value
from suture.errors import InvalidInput

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
ENTRIES = "entries.jsonl"
HISTORY = "history.json"
ARTIFACTS = "artifacts/"
PURPOSE = b"suture.bundle.v1\n"
DIGEST = re.compile(r"[0-9a-f]{64}")


class BundleManifest(Value):
    """What an export holds."""

    version: int = Field(default=1, ge=1, le=1)
    incident_id: str
    count: int = Field(ge=0)
    """Entries."""
    entries: Digest
    """Of the entries' file."""
    artifacts: tuple[Digest, ...] = ()
    history: Digest | None = None
    missing_history: str = ""
    """What of Temporal's history is not in here, and why; empty where it is whole."""
    closed: bool
    """Whether the incident was closed when it was exported."""
    public_key: str
    """The ledger's, base64."""
    code_version: str
    exported_at: Instant


class BundleContents(Value):
    """What goes into an export."""

    incident_id: str
    entries: tuple[LedgerEntry, ...]
    artifacts: tuple[bytes, ...] = ()
    history: bytes | None = None
    missing_history: str = ""
    public_key: str
    code_version: str
    exported_at: Instant


def build_bundle(contents: BundleContents, sign: Sign) -> dict[str, bytes]:
    """Return the files of an export by name."""
    lines = b"".join(canonical_json(entry) + b"\n" for entry in contents.entries)
    artifacts = {sha256(content): content for content in contents.artifacts}
    manifest = canonical_json(
        BundleManifest(
            incident_id=contents.incident_id,
            count=len(contents.entries),
            entries=sha256(lines),
            artifacts=tuple(sorted(artifacts)),
            history=None if contents.history is None else sha256(contents.history),
            missing_history=contents.missing_history,
            closed=_is_closed(contents.entries),
            public_key=contents.public_key,
            code_version=contents.code_version,
            exported_at=contents.exported_at,
        )
    )
    files = {MANIFEST: manifest, SIGNATURE: sign(PURPOSE + manifest).encode(), ENTRIES: lines}
    if contents.history is not None:
        files[HISTORY] = contents.history
    return files | {ARTIFACTS + digest: content for digest, content in artifacts.items()}


def referenced_digests(entries: Sequence[LedgerEntry]) -> tuple[Digest, ...]:
    """Return everything in the entries' data that may be the address of an artifact."""
    found = {text for entry in entries for text in _texts(entry.draft.data)}
    return tuple(sorted(text for text in found if DIGEST.fullmatch(text)))


def read_manifest(files: Mapping[str, bytes]) -> BundleManifest:
    """Return what an export says of itself; only `verify_bundle` says whether that holds.

    Raises:
        InvalidInput: nobody can read it.
    """
    try:
        return BundleManifest.model_validate_json(files.get(MANIFEST, b""))
    except ValidationError as error:
        raise InvalidInput("The manifest is unreadable.") from error


def verify_bundle(
    files: Mapping[str, bytes], trusted_key: str | None = None
) -> tuple[Finding, ...]:
    """Check an export: files, signatures, chain, invariants.

    Without `trusted_key`, the ledger's public key from elsewhere, an export that somebody signed
    anew with a key of their own looks whole.
    """
    try:
        manifest = read_manifest(files)
    except InvalidInput as error:
        return (Finding(kind=FindingKind.MALFORMED, explanation=str(error)),)
    key = trusted_key or manifest.public_key
    try:
        entries = _read_entries(files.get(ENTRIES, b""))
    except ValidationError:
        unreadable = Finding(kind=FindingKind.MALFORMED, explanation="The entries are unreadable.")
        return (*_verify_files(files, manifest, key), unreadable)
    return (
        *_verify_files(files, manifest, key),
        *_verify_manifest(manifest, entries),
        *verify_chain(entries, key, closed=manifest.closed),
        *check_invariants(entries),
    )


def _verify_files(
    files: Mapping[str, bytes], manifest: BundleManifest, key: str
) -> Iterator[Finding]:
    signature = files.get(SIGNATURE, b"").decode("ascii", "replace")
    if not is_signed(PURPOSE + files[MANIFEST], signature, key):
        yield Finding(kind=FindingKind.FORGED, explanation="The manifest is not signed by the key.")
    listed = {ENTRIES: manifest.entries}
    listed |= {ARTIFACTS + digest: digest for digest in manifest.artifacts}
    if manifest.history is not None:
        listed[HISTORY] = manifest.history
    for name, digest in listed.items():
        if name not in files:
            yield Finding(kind=FindingKind.MALFORMED, explanation=f"{name} is missing.")
        elif sha256(files[name]) != digest:
            yield Finding(kind=FindingKind.WRONG_CONTENT, explanation=f"{name} was changed.")
    for name in sorted(set(files) - set(listed) - {MANIFEST, SIGNATURE}):
        yield Finding(kind=FindingKind.UNLISTED_FILE, explanation=f"{name[:200]} is not listed.")


def _verify_manifest(manifest: BundleManifest, entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    if manifest.count != len(entries) or manifest.closed != _is_closed(entries):
        what = "The manifest counts other entries than there are."
        yield Finding(kind=FindingKind.WRONG_CONTENT, explanation=what)
    if any(entry.draft.incident_id != manifest.incident_id for entry in entries):
        what = "The entries belong to another incident than the manifest says."
        yield Finding(kind=FindingKind.FOREIGN_ENTRY, explanation=what)


def _read_entries(content: bytes) -> tuple[LedgerEntry, ...]:
    return tuple(LedgerEntry.model_validate_json(line) for line in content.splitlines())


def _is_closed(entries: Sequence[LedgerEntry]) -> bool:
    return bool(entries) and entries[-1].draft.event == LedgerEvent.INCIDENT_CLOSED


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
