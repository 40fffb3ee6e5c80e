"""What people say on a pull request, understood as decisions.

A review says itself which head it is of. A comment does not, so `/suture approve` must name it.
"""

from suture.domain.approval import ConsentTarget, DecisionKind
from suture.domain.pull_request import Remark, RemarkKind
from suture.domain.value import Digest, Prose, Value

COMMAND = "/suture"
MIN_SHA = 12
"""Fewer digits can be matched by another head on purpose, in seconds."""
NO_DIFF: Digest = "0" * 64
"""Stands for the diff of a head that is not asked about: nobody proposes it."""
NO_HEAD = "0" * 40
KINDS = {
    "approve": DecisionKind.APPROVE,
    "reject": DecisionKind.REJECT,
    "request-changes": DecisionKind.REQUEST_CHANGES,
    "take-over": DecisionKind.TAKE_OVER,
}


class Wish(Value):
    """What a remark asks for."""

    kind: DecisionKind
    target: ConsentTarget | None = None
    """What it is about; it may be about something that nobody asks about any more."""
    comment: Prose = ""


def wish_of(remark: Remark, target: ConsentTarget, *, reviews: bool) -> Wish | None:
    """Return what a remark asks for, held against what is asked about now.

    None for talk among people, and for reviews where `reviews` says that they do not count.
    """
    if remark.kind is RemarkKind.COMMENT:
        return _command(remark.text, target)
    if not reviews:
        return None
    approves = remark.kind is RemarkKind.APPROVAL
    seen = target if remark.head_sha == target.head_sha else _other(remark.head_sha)
    return Wish(
        kind=DecisionKind.APPROVE if approves else DecisionKind.REQUEST_CHANGES,
        target=seen,
        comment=remark.text,
    )


def _command(text: str, target: ConsentTarget) -> Wish | None:
    line, _, rest = text.strip().partition("\n")
    words = line.split(maxsplit=2)
    if len(words) < 2 or words[0] != COMMAND or words[1] not in KINDS:  # noqa: PLR2004 -- a pair
        return None
    kind, said = KINDS[words[1]], words[2] if len(words) > 2 else ""  # noqa: PLR2004 -- the rest
    if kind is not DecisionKind.APPROVE:
        return Wish(kind=kind, comment=f"{said}\n{rest}".strip())
    named = said.split(maxsplit=1)[0].lower() if said else ""
    meant = len(named) >= MIN_SHA and target.head_sha.startswith(named)
    return Wish(kind=kind, target=target if meant else _other(None), comment=rest.strip())


def _other(head_sha: str | None) -> ConsentTarget:
    return ConsentTarget(head_sha=head_sha or NO_HEAD, patch_digest=NO_DIFF)
