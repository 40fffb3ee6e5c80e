"""What people said on a merge request.

GitLab's approvals are of a merge request, not of a head: which head somebody saw is told by the
pushes before. GitLab's own notes say when, where its answer does not. Maintainers may edit
everybody's comments, so what was edited is nobody's word. Sources:
https://docs.gitlab.com/api/merge_request_approvals/, https://docs.gitlab.com/api/notes/ and
https://docs.gitlab.com/api/merge_requests/#list-merge-request-diff-versions.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from integrations.gitlab.client import GitLabClient
from integrations.gitlab.shapes import Account, Approval, Approvals, Note, Version
from integrations.marks import is_own_comment
from suture.domain.pull_request import Remark, RemarkKind
from suture.domain.value import CommitSha
from suture.traces.bounds import bounded

APPROVED = "approved this merge request"
CHANGES = "requested changes"
PUSHED = "added "
TRAIN = "merge train"
OFF_BY_HAND = "removed this merge request from the merge train"
"""The whole of the note: where GitLab took it off, it says why."""
TAKEN_OFF = ("removed this merge request from", "aborted this merge request from")
BOT = re.compile(r"(?:project|group)_\d+_bot", re.ASCII)
"""How GitLab calls the accounts of project and group access tokens."""
UNSEEN = timedelta(seconds=60)
"""Who approves so soon after a push may have looked at what was there before."""
MAX_REMARKS = 200
MAX_TEXT = 4_000
OLDEST_FIRST = {"sort": "asc", "order_by": "created_at"}


class Remarks:
    """Reads a merge request's approvals and notes."""

    def __init__(self, client: GitLabClient) -> None:
        self._client = client
        self._own: Account | None = None

    def read(self, path: str) -> tuple[Remark, ...]:
        """Return the newest 200 remarks of people, oldest first; none of Suture's or of bots."""
        notes = self._notes(path)
        approvals = (self._client.find(f"{path}/approvals", Approvals) or Approvals()).approved_by
        versions = self._client.list(f"{path}/versions", Version)
        said = [*_comments(notes), *_reviews(notes, approvals, versions)]
        own = self._account().username.casefold()
        people = (one for one in said if one.author != own and not BOT.match(one.author))
        ordered = sorted(people, key=lambda remark: (remark.at, remark.remark_id))
        return tuple(ordered[-MAX_REMARKS:])

    def pushers(self, path: str) -> frozenset[str]:
        """Return the accounts, besides Suture's, that pushed to the branch."""
        notes = (note for note in self._notes(path) if note.system)
        pushed = {
            note.author.username
            for note in notes
            if note.body.startswith(PUSHED) and "commit" in note.body.partition("\n")[0]
        }
        return frozenset(pushed - {self._account().username, ""})

    def left_train(self, path: str) -> str:
        """Return why GitLab or somebody took the head off its merge train; empty if nobody did.

        What Suture took off itself may board again.
        """
        versions = self._client.list(f"{path}/versions", Version)
        pushed = max((version.created_at for version in versions), default=None)
        told = [
            note
            for note in self._notes(path)
            if note.system and TRAIN in note.body and (pushed is None or note.created_at > pushed)
        ]
        if not told or not told[-1].body.startswith(TAKEN_OFF):
            return ""
        by_hand = told[-1].body.strip(" .") == OFF_BY_HAND
        return "" if by_hand and told[-1].author.id == self._account().id else told[-1].body

    def _notes(self, path: str) -> list[Note]:
        return self._client.list(f"{path}/notes", Note, OLDEST_FIRST)

    def _account(self) -> Account:
        if self._own is None:
            self._own = self._client.get("/user", Account)
        return self._own


def _comments(notes: Sequence[Note]) -> Iterator[Remark]:
    for note in notes:
        said = not note.system and not note.is_edited and not is_own_comment(note.body)
        if said and note.author.username:
            yield Remark(
                remark_id=f"note/{note.id}",
                kind=RemarkKind.COMMENT,
                author=_name(note.author),
                text=bounded(note.body, MAX_TEXT),
                at=note.created_at,
            )


def _reviews(
    notes: Sequence[Note], approvals: Sequence[Approval], versions: Sequence[Version]
) -> Iterator[Remark]:
    """Yield who approves now, and every request for changes."""
    approved = {_name(note.author): note for note in notes if note.system and note.body == APPROVED}
    for one in approvals:
        name = _name(one.user)
        note = approved.get(name)
        at = one.approved_at or (note.created_at if note else None)
        if name and at is not None:
            yield Remark(
                remark_id=f"approval/{one.user.id}/{at.timestamp():.3f}",
                kind=RemarkKind.APPROVAL,
                author=name,
                head_sha=_head_at(versions, at),
                at=at,
            )
    for note in notes:
        if note.system and note.body.startswith(CHANGES) and note.author.username:
            yield Remark(
                remark_id=f"note/{note.id}",
                kind=RemarkKind.CHANGES,
                author=_name(note.author),
                head_sha=_head_at(versions, note.created_at),
                at=note.created_at,
            )


def _name(account: Account) -> str:
    return account.username.casefold()[:100]


def _head_at(versions: Sequence[Version], at: datetime) -> CommitSha | None:
    """Return the head that the merge request showed at a moment; None if that had just changed."""
    before = sorted(
        (version for version in versions if version.created_at <= at),
        key=lambda version: version.created_at,
    )
    if not before:
        return None
    just_changed = len(before) > 1 and at - before[-1].created_at < UNSEEN
    return None if just_changed else before[-1].head_commit_sha
