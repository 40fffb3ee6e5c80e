"""Checks that what a statement cites exists, and drops what does not."""

from collections.abc import Iterator

from pydantic import JsonValue

from suture.domain.alert import Alert
from suture.domain.evidence import Citation, CitationKind, Statement
from suture.domain.value import CommitSha
from suture.localisation.functions import lines_of
from suture.ports.source import SourceRepository

MAX_QUOTE = 500


def check_citations(
    statements: tuple[Statement, ...],
    repository: SourceRepository,
    base_sha: CommitSha,
    alert: Alert,
) -> tuple[Statement, ...]:
    """Keep the citations that exist, and the statements that have one left.

    White space in quotes does not matter. A code citation without a commit means the base.
    """
    texts = [_plain(text) for text in _leaves(alert.model_dump(mode="json"))]
    texts += [_plain(f"{each.type}: {each.value}") for each in alert.exceptions]
    checked = []
    for statement in statements:
        kept = tuple(
            citation
            for citation in statement.citations
            if _exists(citation, repository, base_sha, texts)
        )
        if kept:
            checked.append(Statement(text=statement.text, citations=kept))
    return tuple(checked)


def quote_event(text: str) -> Citation:
    """Cite the event, by the first line of one of its fields."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return Citation(kind=CitationKind.EVENT, quote=first[:MAX_QUOTE])


def quote_code(path: str, line: int, text: str) -> Citation:
    """Cite a line of the base commit."""
    return Citation(kind=CitationKind.CODE, path=path, line=line, quote=text.strip()[:MAX_QUOTE])


def quote_commit(sha: CommitSha, summary: str = "") -> Citation:
    """Cite a commit by its summary."""
    return Citation(kind=CitationKind.COMMIT, commit=sha, quote=summary[:MAX_QUOTE])


def _exists(
    citation: Citation, repository: SourceRepository, base_sha: CommitSha, texts: list[str]
) -> bool:
    quote = _plain(citation.quote)
    if citation.kind is CitationKind.EVENT:
        return bool(quote) and any(quote in text for text in texts)
    if citation.kind is CitationKind.COMMIT:
        return _commit_says(citation, quote, repository)
    return _code_says(citation, quote, repository, base_sha)


def _commit_says(citation: Citation, quote: str, repository: SourceRepository) -> bool:
    if citation.commit is None or repository.resolve(citation.commit) is None:
        return False
    said = "\n".join(
        f"{commit.summary}\n{commit.body}\n{commit.author}"
        for commit in repository.log(citation.commit, limit=1)
    )
    return quote in _plain(said)


def _code_says(
    citation: Citation, quote: str, repository: SourceRepository, base_sha: CommitSha
) -> bool:
    if citation.path is None or citation.line is None:
        return False
    sha = repository.resolve(citation.commit) if citation.commit else base_sha
    text = repository.read_file(sha, citation.path) if sha else None
    lines = lines_of(text) if text else []
    return citation.line <= len(lines) and quote in _plain(lines[citation.line - 1])


def _plain(text: str) -> str:
    return "".join(text.split())


def _leaves(value: JsonValue) -> Iterator[str]:
    waiting: list[JsonValue] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
            yield from item.keys()
        elif isinstance(item, list):
            waiting.extend(item)
        else:
            yield str(item)
