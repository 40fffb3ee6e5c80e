"""What people say on a pull request: reviews with their comments on lines, and comments.

https://docs.github.com/en/rest/pulls/reviews and https://docs.github.com/en/rest/issues/comments
"""

from collections import defaultdict
from collections.abc import Iterator

from pydantic import AwareDatetime, Field

from integrations.github.client import Answer, GitHubClient, repository_path
from integrations.github.pulls import LOOK, pull_path
from integrations.marks import is_own_comment
from suture.domain.pull_request import PullRequestRef, Remark, RemarkKind
from suture.domain.value import CommitSha
from suture.traces.bounds import bounded

PERSON = "User"
"""Bots and Apps are of other types."""
KINDS = {
    "APPROVED": RemarkKind.APPROVAL,
    "CHANGES_REQUESTED": RemarkKind.CHANGES,
    "COMMENTED": RemarkKind.COMMENT,
}
"""Reviews that were dismissed no longer count, and pending ones do not yet."""
MAX_REMARKS = 200
"""The newest."""
MAX_TEXT = 4_000
MAX_LOGIN = 100


class _Account(Answer):
    login: str = Field(min_length=1, max_length=MAX_LOGIN)
    type: str = PERSON


class _Said(Answer):
    id: int
    user: _Account | None = None
    """None where the account is gone."""
    body: str | None = None


class _Review(_Said):
    state: str
    commit_id: CommitSha | None = None
    submitted_at: AwareDatetime | None = None


class _LineComment(_Said):
    pull_request_review_id: int | None = None
    path: str = ""
    line: int | None = None


class _Comment(_Said):
    created_at: AwareDatetime


def read_remarks(client: GitHubClient, ref: PullRequestRef) -> tuple[Remark, ...]:
    """Return the newest 200 remarks of people, oldest first; none of Suture's, bots' or Apps'.

    Raises:
        NotFound: there is no such pull request.
    """
    remarks = [*_reviews(client, ref), *_comments(client, ref)]
    return tuple(sorted(remarks, key=lambda one: (one.at, one.remark_id))[-MAX_REMARKS:])


def _reviews(client: GitHubClient, ref: PullRequestRef) -> Iterator[Remark]:
    rows = client.list(f"{pull_path(ref)}/reviews", _Review, LOOK)
    lines = _line_comments(client, ref) if rows else {}
    for row in rows:
        author, kind = _author(row), KINDS.get(row.state)
        if author is None or kind is None or row.submitted_at is None:
            continue
        text = "\n\n".join(part for part in (row.body or "", *lines.get(row.id, ())) if part)
        if kind is RemarkKind.COMMENT and not text.strip():
            continue
        yield Remark(
            remark_id=f"review/{row.id}",
            kind=kind,
            author=author,
            head_sha=row.commit_id,
            text=bounded(text, MAX_TEXT),
            at=row.submitted_at,
        )


def _line_comments(client: GitHubClient, ref: PullRequestRef) -> dict[int, list[str]]:
    """Return what was said about lines, by review: often all that a review says."""
    found: dict[int, list[str]] = defaultdict(list)
    for row in client.list(f"{pull_path(ref)}/comments", _LineComment, LOOK):
        if row.pull_request_review_id is not None and _author(row) is not None:
            place = row.path if row.line is None else f"{row.path}:{row.line}"
            found[row.pull_request_review_id].append(f"{place}: {row.body or ''}")
    return found


def _comments(client: GitHubClient, ref: PullRequestRef) -> Iterator[Remark]:
    path = f"{repository_path(ref.repository)}/issues/{ref.number}/comments"
    for row in client.list(path, _Comment, LOOK):
        author = _author(row)
        if author is None or is_own_comment(row.body or ""):
            continue
        yield Remark(
            remark_id=f"comment/{row.id}",
            kind=RemarkKind.COMMENT,
            author=author,
            text=bounded(row.body or "", MAX_TEXT),
            at=row.created_at,
        )


def _author(said: _Said) -> str | None:
    """Return who said it, if it is a person."""
    if said.user is None or said.user.type != PERSON:
        return None
    return said.user.login.lower()
