"""An incident's record: read, exported and verified."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from apps.cli.histories import Histories
from apps.cli.incidents import CASE, checked
from integrations.git.bench import Bench, open_bench
from integrations.git.commits import merge_base, parents_of
from integrations.git.diff import raw_diff
from suture.audit.bundle import ARTIFACTS, BundleContents, build_bundle, referenced_digests
from suture.audit.chain import verify_chain
from suture.audit.events import Fact, LedgerEvent
from suture.audit.findings import Finding, FindingKind
from suture.audit.invariants import check_invariants
from suture.canonical import sha256
from suture.domain.ledger import LedgerEntry
from suture.errors import InvalidInput, LedgerCorrupt, NotFound, SutureError
from suture.ports.artifacts import ArtifactStore
from workers.parts import Parts

STORED = ("event", "evidence", "files", "base_suite", "patched_suite")
"""Facts that name an artifact which must be there."""
MAX_BUNDLE_BYTES = 512 << 20
BUNDLED = re.compile(r"(artifacts/[0-9a-f]{64}|manifest\.json|manifest\.sig|[a-z]+\.jsonl?)")


def read_case(parts: Parts, name: str) -> tuple[str, tuple[LedgerEntry, ...]]:
    """Return the case's name and its entries; without an occurrence, the newest one's.

    Raises:
        NotFound: nothing is on record under this name.
    """
    checked(name)
    if CASE.fullmatch(name):
        newest, entries = name, parts.ledger.read(name)
    else:
        newest, entries, occurrence = "", (), 1
        while found := parts.ledger.read(f"{name}-{occurrence}"):
            newest, entries = f"{name}-{occurrence}", found
            occurrence += 1
    if not entries:
        raise NotFound(f"Nothing is on record of {name}. See: suture incidents list")
    return newest, entries


def verify_case(parts: Parts, entries: Sequence[LedgerEntry]) -> tuple[Finding, ...]:
    """Check chain, signatures, invariants, artifacts, and what git holds of the merge."""
    closed = entries[-1].draft.event == LedgerEvent.INCIDENT_CLOSED
    return (
        *verify_chain(entries, parts.ledger.public_key(), closed=closed),
        *check_invariants(entries),
        *_verify_artifacts(parts.artifacts, entries),
        *_verify_merges(parts, entries),
    )


def bundle_of(
    parts: Parts, case: str, entries: tuple[LedgerEntry, ...], histories: Histories
) -> dict[str, bytes]:
    """Return the files of an export."""
    artifacts = []
    for digest in referenced_digests(entries):
        try:
            artifacts.append(parts.artifacts.get(digest))
        except (NotFound, LedgerCorrupt):
            # Not every digest on record is an artifact's; a damaged one is told by verifying.
            continue
    contents = BundleContents(
        incident_id=case,
        entries=entries,
        artifacts=tuple(artifacts),
        history=histories.content,
        missing_history=histories.missing,
        public_key=parts.ledger.public_key(),
        code_version=version("suture"),
        exported_at=datetime.now(UTC),
    )
    return build_bundle(contents, parts.ledger.sign)


def write_bundle(directory: Path, files: dict[str, bytes]) -> None:
    """Write an export into a directory that is new or empty.

    Raises:
        InvalidInput: it holds something, or cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise InvalidInput(f"{directory} is not empty. Name another --output.")
        (directory / ARTIFACTS).mkdir()
        for name, content in files.items():
            (directory / name).write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"{directory} cannot be written: {error.strerror}.") from error


def read_bundle(directory: Path) -> dict[str, bytes]:
    """Read an export back; what could not be part of one is read by name only.

    Raises:
        InvalidInput: it is no directory, or too large.
    """
    files: dict[str, bytes] = {}
    size = 0
    try:
        for path in sorted(directory.rglob("*")):
            name = path.relative_to(directory).as_posix()
            if path.is_dir() and not path.is_symlink():
                continue
            readable = BUNDLED.fullmatch(name) and path.is_file() and not path.is_symlink()
            size += path.stat().st_size if readable else 0
            if size > MAX_BUNDLE_BYTES:
                raise InvalidInput(f"{directory} is too large for an export.")
            files[name] = path.read_bytes() if readable else b""
    except OSError as error:
        raise InvalidInput(f"{directory} cannot be read: {error.strerror}.") from error
    if not files:
        raise InvalidInput(f"There is no export in {directory}.")
    return files


def _verify_artifacts(
    artifacts: ArtifactStore, entries: Sequence[LedgerEntry]
) -> Iterator[Finding]:
    for entry in entries:
        data = entry.draft.data
        needed = {data.get(fact) for fact in STORED}
        if entry.draft.event == LedgerEvent.PULL_REQUEST_OPENED:
            needed.add(data.get(Fact.PATCH_DIGEST))
        for digest in referenced_digests((entry,)):
            try:
                artifacts.get(digest)
            except LedgerCorrupt as error:
                yield _finding(FindingKind.WRONG_CONTENT, entry, str(error))
            except NotFound:
                if digest in needed:
                    yield _finding(FindingKind.MALFORMED, entry, f"The artifact {digest} is gone.")


def _verify_merges(parts: Parts, entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    service = next((entry.draft.data.get("service") for entry in entries), None)
    known = parts.catalogue.get(service) if isinstance(service, str) else None
    for entry in entries:
        if known is None or entry.draft.event != LedgerEvent.PULL_REQUEST_MERGED:
            continue
        try:
            with open_bench(known.repository) as bench:
                yield from _verify_merge(bench, entry)
        except SutureError as error:
            yield _finding(FindingKind.MERGED_SOMETHING_ELSE, entry, f"git: {error}")


def _verify_merge(bench: Bench, entry: LedgerEntry) -> Iterator[Finding]:
    """Compare the merge commit in git with what was approved."""
    facts = {fact: str(entry.draft.data.get(fact)) for fact in Fact}
    merge, head = facts[Fact.MERGE_SHA], facts[Fact.HEAD_SHA]
    parents = parents_of(bench, merge)
    if head != merge and head not in parents[1:]:
        what = f"The merge {merge[:12]} does not bring in the head {head[:12]}."
        yield _finding(FindingKind.MERGED_SOMETHING_ELSE, entry, what)
        return
    base = merge_base(bench, parents[0], head) if head != merge else parents[0]
    if sha256(raw_diff(bench.directory, base, head, run=bench.run())) != facts[Fact.PATCH_DIGEST]:
        what = "The diff in git is not the diff that was approved."
        yield _finding(FindingKind.MERGED_SOMETHING_ELSE, entry, what)


def _finding(kind: FindingKind, entry: LedgerEntry, what: str) -> Finding:
    return Finding(kind=kind, explanation=what[:500], sequence=entry.sequence)
