"""Which of several patches that pass the same tests is meant: told by what else they do.

Tests leave room: some patches answer the failing test by luck. The same calls are made with each
patch, and patches that answer all of them alike form a group; so does AlphaCode with programs that
pass its examples: https://doi.org/10.1126/science.abq1158. How many patches a group has says little
here, for one lucky place makes many of them: a group is as plausible as its best member.

Of groups that are about as plausible, the one leads that answers most as the last good release did,
if that did better than the base, and then the one that breaks fewest calls that the base answers.
Where another one is as good in both and leaves more answers of the base as they are, nothing tells
which of the two is meant, and no patch is offered.
"""

from collections.abc import Mapping, Sequence

from pydantic import Field

from suture.domain.value import Line, Value
from suture.verdict.behaviour import Behaviour, Call, answer_of, differ
from suture.verdict.observation import Observation, Outcome

CLOSE = 0.6
"""Share of another patch's score from which on one is about as plausible."""


class Contender(Value):
    """A patch that passes the reproduction."""

    candidate_id: str
    score: float = Field(ge=0, le=1)
    behaviour: Behaviour | None = None
    """None: the calls could not be made with it."""


class Group(Value):
    """Patches that answer all calls alike, best first."""

    members: tuple[str, ...]
    score: float
    """Of the best member."""
    behaviour: Behaviour
    unlike: int = Field(default=0, ge=0)
    """Calls that the last good release answers otherwise, although no change was asked for."""
    broken: int = Field(ge=0)
    """Calls that the base answers, and that end in an error or not at all."""
    changed: int = Field(ge=0)
    """Calls that the base answers, and that answer otherwise."""


class Contest(Value):
    """What comparing patches came to."""

    calls: int = Field(default=0, ge=0)
    groups: tuple[Group, ...] = ()
    """The leading one first."""
    dispute: Line = ""
    """A call that shows the difference, where another patch is as likely to be meant."""

    @property
    def leader(self) -> str:
        """The best patch of the leading group; empty where nothing could be compared."""
        return self.groups[0].members[0] if self.groups else ""

    @property
    def summary(self) -> str:
        """What was seen, in a sentence."""
        if not self.groups:
            return "Patches that pass the same tests could not be compared with each other."
        members = sum(len(group.members) for group in self.groups)
        return (
            f"Of {members} patches that pass the same tests, {len(self.groups[0].members)} answer "
            f"{self.calls} calls around them as this one does."
        )


def hold_contest(
    calls: Sequence[Call],
    base: Behaviour | None,
    contenders: Sequence[Contender],
    good: Behaviour | None = None,
) -> Contest:
    """Group patches by what they do; the order of `contenders` is their rank, best first.

    Args:
        calls: What was called, in the order of every behaviour.
        base: What the base does; None: it could not be called.
        contenders: The patches.
        good: What the last good release does; None: there is none, or it could not be called.
    """
    held = _held(base or (), good or ())
    groups: list[Group] = []
    for contender in contenders:
        if contender.behaviour is not None:
            _join(groups, contender, contender.behaviour, base or ())
    groups = [group.model_copy(update={"unlike": _unlike(group, held)}) for group in groups]
    best = max((group.score for group in groups), default=0.0)
    # Sorting is stable: among groups with nothing between them, the one of the better rank leads.
    groups.sort(
        key=lambda group: (group.score < CLOSE * best, group.unlike, group.broken, -group.score)
    )
    return Contest(calls=len(calls), groups=tuple(groups), dispute=_dispute(calls, groups))


def _held(base: Behaviour, good: Behaviour) -> dict[int, Observation]:
    """Return what the last good release answered and a fix must answer, too, by the call's number.

    Nothing where the base answers everything as that release did: the fault is older then, and
    what changes least is no better. What the base answers otherwise may be what it was changed for.
    """
    pairs = [
        (number, now, before)
        for number, (now, before) in enumerate(zip(base, good, strict=False))
        if before.outcome is Outcome.RETURNED
    ]
    if not any(differ(before, now) for _, now, before in pairs):
        return {}
    return {
        number: before
        for number, now, before in pairs
        if now.outcome is not Outcome.RETURNED or not differ(before, now)
    }


def _unlike(group: Group, held: Mapping[int, Observation]) -> int:
    return sum(differ(before, group.behaviour[number]) for number, before in held.items())


def _join(groups: list[Group], contender: Contender, behaviour: Behaviour, base: Behaviour) -> None:
    """Put a patch into the first group that it agrees with, or into one of its own."""
    for number, group in enumerate(groups):
        if first_difference(group.behaviour, behaviour) is None:
            members = (*group.members, contender.candidate_id)
            score = max(group.score, contender.score)
            groups[number] = group.model_copy(update={"members": members, "score": score})
            return
    pairs = [
        (before, after)
        for before, after in zip(base, behaviour, strict=False)
        if before.outcome is Outcome.RETURNED
    ]
    broken = sum(after.outcome is not Outcome.RETURNED for _, after in pairs)
    group = Group(
        members=(contender.candidate_id,),
        score=contender.score,
        behaviour=behaviour,
        broken=broken,
        changed=broken + sum(_other_answer(before, after) for before, after in pairs),
    )
    groups.append(group)


def _other_answer(before: Observation, after: Observation) -> bool:
    return after.outcome is Outcome.RETURNED and differ(before, after)


def first_difference(one: Behaviour, other: Behaviour) -> int | None:
    """Return the number of the first call that two patches visibly answer otherwise."""
    pairs = enumerate(zip(one, other, strict=True))
    return next((number for number, (mine, theirs) in pairs if differ(mine, theirs)), None)


def _is_as_likely(rival: Group, leader: Group) -> bool:
    return (
        rival.score >= CLOSE * leader.score
        and rival.unlike <= leader.unlike
        and rival.broken <= leader.broken
    )


def _dispute(calls: Sequence[Call], groups: Sequence[Group]) -> str:
    """Say where a patch that is as plausible, and changes less, answers otherwise."""
    for rival in groups[1:]:
        leader = groups[0]
        number = first_difference(leader.behaviour, rival.behaviour)
        if number is not None and _is_as_likely(rival, leader) and rival.changed < leader.changed:
            mine, theirs = leader.behaviour[number], rival.behaviour[number]
            return (
                f"{calls[number].shown[:300]} gives {answer_of(mine)} with one and "
                f"{answer_of(theirs)} with another."
            )
    return ""
