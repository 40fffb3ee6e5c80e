"""The rows behind the local code host: what git does not know of a pull request."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from integrations.database import insert_once, reading, row_id, upsert, writing
from integrations.local.tracker import Comment
from integrations.schema import (
    own_commits,
    pull_request_checks,
    pull_request_comments,
    pull_request_reviews,
    pull_requests,
)
from suture.domain.approval import DecisionKind
from suture.domain.pull_request import Check, PullRequest, PullRequestRef, PullRequestState
from suture.domain.value import CommitSha, Instant, Line, Value
from suture.errors import NotFound
from suture.ports.code_host import PullRequestRequest


class Review(Value):
    """What a person said of a pull request."""

    key: str
    actor: str
    kind: DecisionKind
    head_sha: CommitSha | None = None
    text: str = ""
    at: Instant


class PullRequestRecord(Value):
    """A pull request as the database has it."""

    pull_request_id: str
    ref: PullRequestRef
    title: Line
    body: str
    draft: bool
    state: PullRequestState
    last: PullRequest | None
    """As it was last seen whole."""
    merge_base: CommitSha | None
    opened_at: Instant
    revert_of: int | None


class Conversation(Value):
    """What was said below a pull request, oldest first."""

    checks: tuple[Check, ...]
    comments: tuple[Comment, ...]
    reviews: tuple[Review, ...]


class PullRequestRows:
    """Reads and writes them; each method is one transaction."""

    def __init__(self, engine: Engine, console_url: str) -> None:
        self._engine = engine
        self._console_url = console_url.rstrip("/")

    def own(self, repository: str, sha: CommitSha) -> None:
        """Write down that Suture made this commit, before any branch shows it."""
        with writing(self._engine) as connection:
            insert_once(connection, own_commits, {"repository": repository, "sha": sha})

    def owned(self, repository: str, commits: tuple[CommitSha, ...]) -> frozenset[CommitSha]:
        """Return those of the commits that Suture made."""
        query = select(own_commits.c.sha).where(
            own_commits.c.repository == repository, own_commits.c.sha.in_(commits)
        )
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())

    def ensure(self, request: PullRequestRequest, revert_of: int | None = None) -> PullRequestRef:
        """Find the branch's pull request or number a new one; update its text."""
        text = {"title": request.title, "body": request.body}
        table = pull_requests.c
        with writing(self._engine) as connection:
            chosen = (table.repository == request.repository) & (table.branch == request.branch)
            row = connection.execute(select(pull_requests).where(chosen)).one_or_none()
            if row is not None:
                connection.execute(update(pull_requests).where(chosen).values(text))
                return self._ref(row)
            newest = select(func.coalesce(func.max(table.number), 0)).where(
                table.repository == request.repository
            )
            values = {
                "repository": request.repository,
                "number": connection.execute(newest).scalar_one() + 1,
                "branch": request.branch,
                "base_branch": request.base_branch,
                **text,
                "draft": request.draft,
                "state": PullRequestState.OPEN,
                "opened_at": datetime.now(UTC),
                "revert_of": revert_of,
            }
            connection.execute(insert(pull_requests).values(values))
            return self._ref(connection.execute(select(pull_requests).where(chosen)).one())

    def find(self, repository: str, branch: str) -> PullRequestRecord | None:
        """Return the pull request of a branch."""
        table = pull_requests.c
        return self._find((table.repository == repository) & (table.branch == branch))

    def find_revert(self, ref: PullRequestRef) -> PullRequestRecord | None:
        """Return the pull request that undoes this one."""
        table = pull_requests.c
        return self._find((table.repository == ref.repository) & (table.revert_of == ref.number))

    def get(self, ref: PullRequestRef) -> PullRequestRecord:
        """Return a pull request by repository and number.

        Raises:
            NotFound: there is none.
        """
        found = self._find(_numbered(ref))
        if found is None:
            raise NotFound(f"There is no pull request {ref.number} in {ref.repository}.")
        return found

    def get_by_id(self, pull_request_id: str) -> PullRequestRecord:
        """Return a pull request by the id in its URL.

        Raises:
            NotFound: there is none.
        """
        found = self._find(pull_requests.c.id == row_id(pull_request_id))
        if found is None:
            raise NotFound(f"There is no pull request {pull_request_id[:40]}.")
        return found

    def newest(self, limit: int) -> tuple[PullRequestRecord, ...]:
        """Return pull requests of all repositories, newest first."""
        query = select(pull_requests).order_by(pull_requests.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return tuple(self._record(row) for row in connection.execute(query))

    def settle(self, seen: PullRequest, merge_base: CommitSha | None) -> None:
        """Keep what was seen. What is merged or closed stays as it was then."""
        values = {"state": seen.state, "last": seen.model_dump_json(), "merge_base": merge_base}
        still_open = pull_requests.c.state == PullRequestState.OPEN
        with writing(self._engine) as connection:
            chosen = update(pull_requests).where(_numbered(seen.ref), still_open)
            connection.execute(chosen.values(values))

    def mark_ready(self, ref: PullRequestRef) -> None:
        """Make it no draft."""
        with writing(self._engine) as connection:
            _id(connection, ref)
            chosen = update(pull_requests).where(_numbered(ref))
            connection.execute(chosen.values(draft=False))

    def ensure_check(self, ref: PullRequestRef, head_sha: CommitSha, check: Check) -> None:
        """Keep the newest check of this name on this head."""
        said = {"conclusion": check.conclusion, "summary": check.summary}
        with writing(self._engine) as connection:
            place = {"pull_request_id": _id(connection, ref), "head_sha": head_sha}
            values = {**place, "name": check.name, **said}
            upsert(connection, pull_request_checks, values, said)

    def ensure_comment(self, ref: PullRequestRef, key: str, text: str) -> None:
        """Add the comment unless one with this key is there."""
        with writing(self._engine) as connection:
            values = {"key": key, "text": text, "at": datetime.now(UTC)}
            values["pull_request_id"] = _id(connection, ref)
            insert_once(connection, pull_request_comments, values)

    def ensure_review(self, ref: PullRequestRef, review: Review) -> None:
        """Show what a person said; idempotent by the review's key."""
        with writing(self._engine) as connection:
            values = {**review.model_dump(), "pull_request_id": _id(connection, ref)}
            insert_once(connection, pull_request_reviews, values)

    def conversation(self, ref: PullRequestRef, head_sha: CommitSha | None) -> Conversation:
        """Return comments, reviews and the checks of this head."""
        checks, comments = pull_request_checks, pull_request_comments
        reviews = pull_request_reviews
        with reading(self._engine) as connection:
            number = _id(connection, ref)
            on_head = (checks.c.pull_request_id == number) & (checks.c.head_sha == head_sha)
            rows = connection.execute(select(checks).where(on_head).order_by(checks.c.name)).all()
            said = select(comments).where(comments.c.pull_request_id == number)
            judged = select(reviews).where(reviews.c.pull_request_id == number)
            return Conversation(
                checks=tuple(
                    Check(name=row.name, conclusion=row.conclusion, summary=row.summary)
                    for row in rows
                ),
                comments=tuple(
                    Comment(key=row.key, text=row.text, at=row.at)
                    for row in connection.execute(said.order_by(comments.c.id))
                ),
                reviews=tuple(
                    _review(row) for row in connection.execute(judged.order_by(reviews.c.id))
                ),
            )

    def _find(self, condition: ColumnElement[bool]) -> PullRequestRecord | None:
        with reading(self._engine) as connection:
            row = connection.execute(select(pull_requests).where(condition)).one_or_none()
        return None if row is None else self._record(row)

    def _record(self, row: Row[Any]) -> PullRequestRecord:
        last = None if row.last is None else PullRequest.model_validate_json(row.last)
        return PullRequestRecord(
            pull_request_id=str(row.id),
            ref=self._ref(row),
            title=row.title,
            body=row.body,
            draft=row.draft,
            state=PullRequestState(row.state),
            last=last,
            merge_base=row.merge_base,
            opened_at=row.opened_at,
            revert_of=row.revert_of,
        )

    def _ref(self, row: Row[Any]) -> PullRequestRef:
        return PullRequestRef(
            number=row.number,
            repository=row.repository,
            branch=row.branch,
            base_branch=row.base_branch,
            url=f"{self._console_url}/pull-requests/{row.id}",
        )


def _numbered(ref: PullRequestRef) -> ColumnElement[bool]:
    table = pull_requests.c
    return (table.repository == ref.repository) & (table.number == ref.number)


def _id(connection: Connection, ref: PullRequestRef) -> int:
    row = connection.execute(select(pull_requests.c.id).where(_numbered(ref))).one_or_none()
    if row is None:
        raise NotFound(f"There is no pull request {ref.number} in {ref.repository}.")
    return int(row.id)


def _review(row: Row[Any]) -> Review:
    return Review(
        key=row.key,
        actor=row.actor,
        kind=DecisionKind(row.kind),
        head_sha=row.head_sha,
        text=row.text,
        at=row.at,
    )
