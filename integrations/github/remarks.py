"""What people say on a pull request: reviews with their comments on lines, and comments.

Whoever may write a repository may edit everybody's comments there. What was edited is therefore
nobody's word: it could hold a command that its author never gave. A review's verdict stays, for
nobody can change that.

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
MAX_NODES = 100
"""GraphQL's limit."""
UNEDITED = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) { ... on PullRequestReview { id lastEditedAt } }
}
"""
"""REST does not say whether a review was edited."""


class _Account(Answer):
    login: str = Field(min_length=1, max_length=MAX_LOGIN)
    type: str = PERSON


class _Said(Answer):
    id: int
    user: _Account | None = None
    """None where the account is gone."""
    body: str | None = None


class _Review(_Said):
    node_id: str = ""
    state: str
    commit_id: CommitSha | None = None
    submitted_at: AwareDatetime | None = None


class _LineComment(_Said):
    pull_request_review_id: int | None = None
    path: str = ""
    line: int | None = None


class _Comment(_Said):
    created_at: AwareDatetime
    updated_at: AwareDatetime


class _Node(Answer):
    id: str = ""
    edited: AwareDatetime | None = Field(default=None, alias="lastEditedAt")


class _Nodes(Answer):
    nodes: tuple[_Node | None, ...]


def read_remarks(client: GitHubClient, ref: PullRequestRef) -> tuple[Remark, ...]:
    """Return the newest 200 remarks of people, oldest first; none of Suture's, bots' or Apps'.

    Raises:
        NotFound: there is no such pull request.
    """
    remarks = [*_reviews(client, ref), *_comments(client, ref)]
    return tuple(sorted(remarks, key=lambda one: one.at)[-MAX_REMARKS:])


def _reviews(client: GitHubClient, ref: PullRequestRef) -> Iterator[Remark]:
    rows = client.list(f"{pull_path(ref)}/reviews", _Review, LOOK)
    lines = _line_comments(client, ref) if rows else {}
    unedited = _unedited(client, rows)
    for row in rows:
        author, kind = _author(row), KINDS.get(row.state)
        if author is None or kind is None or row.submitted_at is None:
            continue
        text = "\n\n".join(part for part in (row.body or "", *lines.get(row.id, ())) if part)
        if kind is RemarkKind.COMMENT and (row.node_id not in unedited or not text.strip()):
            continue
        yield Remark(
            remark_id=f"review/{row.id}",
            kind=kind,
            author=author,
            head_sha=row.commit_id,
            text=bounded(text, MAX_TEXT),
            at=row.submitted_at,
        )


def _unedited(client: GitHubClient, reviews: list[_Review]) -> frozenset[str]:
    """Return which of the newest reviews without a verdict are as they were written."""
    ids = [row.node_id for row in reviews if KINDS.get(row.state) is RemarkKind.COMMENT]
    if not ids:
        return frozenset()
    told = client.graphql(UNEDITED, {"ids": ids[-MAX_NODES:]}, _Nodes, LOOK)
    return frozenset(one.id for one in told.nodes if one is not None and one.edited is None)


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
        if author is None or row.updated_at != row.created_at or is_own_comment(row.body or ""):
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
