"""Suture's own part of a text that people edit too: hidden marks say where it begins and ends.

What stands around it is theirs. A title is Suture's while it still is what Suture wrote: its
digest stands in the mark. Where somebody removed the marks, the text is theirs.
"""

import re
from dataclasses import dataclass

from suture.canonical import sha256
from suture.domain.ticket import TicketState
from suture.domain.value import Slug
from suture.reporting.closing import closing_nothing

MAX_TEXT = 60_000
"""GitHub takes 65,536 characters."""
MAX_TITLE = 256
"""GitHub's limit, the largest one."""
MARK = re.compile(r"<!--\s*suture:", re.IGNORECASE)
OWN_COMMENT = re.compile(r"<!-- suture:comment [0-9a-f]{32} -->\s*\Z")
PART = re.compile(
    r"<!-- suture:begin state=([a-z_]+) title=([0-9a-f]{16}) -->\r?\n(.*?)\r?\n<!-- suture:end -->",
    re.DOTALL,
)
"""Browsers end lines with both characters when somebody edits around it."""


@dataclass(frozen=True, kw_only=True)
class OwnPart:
    """What Suture said last."""

    state: str
    title: str
    """Digest of its title."""


def own_part(text: str) -> OwnPart | None:
    """Return what Suture said last, if its part is still there."""
    found = PART.search(text)
    return OwnPart(state=found[1], title=found[2]) if found else None


def written(text: str, title: str, state: str) -> str:
    """Return Suture's part: its text between marks."""
    kept = MARK.sub("<!- suture:", text.replace("\0", "\ufffd").strip())
    kept = closing_nothing(kept)
    if len(kept) > MAX_TEXT:
        kept = kept[:MAX_TEXT] + "…"
    begin = f"<!-- suture:begin state={state} title={title_digest(title)} -->"
    return f"{begin}\n{kept}\n<!-- suture:end -->"


def rewritten(whole: str, part: str) -> str:
    """Return the whole text with Suture's part replaced; without marks, as it is."""
    return PART.sub(lambda _: part, whole, count=1)


def title_digest(title: str) -> str:
    """Return what a mark holds of a title."""
    return sha256(one_title(title).encode("utf-8", "replace"))[:16]


def one_title(title: str, limit: int = MAX_TITLE) -> str:
    """Return a title as vendors keep it: one line, no more than `limit` characters."""
    line = closing_nothing(" ".join(title.replace("\0", "\ufffd").split())) or "Suture"
    return line if len(line) <= limit else line[: limit - 1] + "…"


def comment_mark(key: str) -> str:
    """Return the hidden mark that makes a comment findable."""
    return f"<!-- suture:comment {sha256(key.encode('utf-8', 'replace'))[:32]} -->"


def is_own_comment(text: str) -> bool:
    """Whether a comment is Suture's: it ends with a mark. Anybody can write one."""
    return OWN_COMMENT.search(text) is not None


def comment_text(key: str, text: str) -> str:
    """Return a comment with its mark."""
    kept = MARK.sub("<!- suture:", text.replace("\0", "\ufffd"))[:MAX_TEXT]
    return f"{kept}\n\n{comment_mark(key)}"


def unique_label(service: Slug, key: str) -> str:
    """Return the label that only the ticket of this key has."""
    return f"suture-{sha256(f'{service}/{key}'.encode('utf-8', 'replace'))[:20]}"


def first_state(said: TicketState) -> TicketState:
    """Return what a new ticket is: none begins closed, so closing it is news."""
    return TicketState.OPEN if said is TicketState.CLOSED else said


def next_state(now: TicketState, before: str | None, said: TicketState) -> TicketState:
    """Return the state that holds now that Suture says this."""
    if said == before:
        return now
    news = before == TicketState.CLOSED
    if now is TicketState.CLOSED and not news:
        return now
    return said
