"""One look at a pull request: what it is now, what people said on it, and what its CI says."""

from collections.abc import Mapping

from temporalio import activity

from activities.failures import translated
from suture.consent import sign_decision
from suture.domain.approval import Actor, ConsentTarget, Decision
from suture.domain.pull_request import (
    CiFailure,
    CiReport,
    CiState,
    PullRequest,
    PullRequestRef,
    PullRequestState,
    Remark,
)
from suture.domain.value import CommitSha, Value
from suture.policy.remarks import wish_of
from suture.ports.code_host import CodeHost
from suture.redaction import scrub

CODE_HOSTS = frozenset({"github", "gitlab"})
"""Where people decide by reviews and comments: `via` of those decisions."""
MAX_HEARD = 50
"""Decisions that one look brings; the next look brings the others."""
MAX_FAILURES = 3
MAX_LOG = 2_000


class LookRequest(Value):
    """What to look at, and what is known already."""

    pull_request: PullRequestRef
    target: ConsentTarget | None = None
    """What consent is asked for; without it nobody is heard yet."""
    heard: tuple[str, ...] = ()
    """Ids of remarks that were heard before."""
    reviews: bool = False
    """Whether reviews are decisions."""
    ci_base: CommitSha | None = None
    """Set to read CI: what fails on this commit, too, is not the fix's failure."""


class Look(Value):
    """What there was to see."""

    pull_request: PullRequest
    ci: CiReport | None = None
    """None when it was not asked for."""
    decisions: tuple[Decision, ...] = ()
    """Signed, of people whom Suture knows; oldest first."""
    heard: tuple[str, ...] = ()
    """Ids of the remarks that need no hearing any more."""
    strangers: tuple[str, ...] = ()
    """Who asked for something and is no user of Suture."""


class People:
    """Suture's users by their names on the code host."""

    def __init__(self, actors: Mapping[str, Actor]) -> None:
        self._actors = {login.casefold(): actor for login, actor in actors.items()}

    def find(self, login: str) -> Actor | None:
        """Return the user of this name on the code host."""
        return self._actors.get(login.casefold())

    def known(self, current: PullRequest) -> PullRequest:
        """Add Suture's own ids of its authors: nobody approves what they wrote themselves."""
        known = {actor.id for one in current.authors if (actor := self.find(one)) is not None}
        if known <= set(current.authors):
            return current
        return current.model_copy(update={"authors": tuple(sorted({*current.authors, *known}))})


class LookingActivities:
    """Reads the code host, and vouches for those whom the code host has authenticated."""

    def __init__(self, host: CodeHost, people: People, decision_key: bytes) -> None:
        self._host = host
        self._people = people
        self._key = decision_key

    @activity.defn(name="read_pull_request")
    @translated
    def read_pull_request(self, ref: PullRequestRef) -> PullRequest:
        """Return the pull request as it is now."""
        return self._people.known(self._host.read_pull_request(ref))

    @activity.defn(name="look_at_pull_request")
    @translated
    def look_at_pull_request(self, request: LookRequest) -> Look:
        """Return all that is new. A remark is heard only while its head is the one asked about."""
        current = self.read_pull_request(request.pull_request)
        if current.state is not PullRequestState.OPEN:
            return Look(pull_request=current)
        ci = None if request.ci_base is None else self._ci(current, request.ci_base)
        look = Look(pull_request=current, ci=ci)
        target = request.target
        if target is None or target.head_sha != current.head_sha:
            return look
        return self._hear(look, request, target)

    def _hear(self, look: Look, request: LookRequest, target: ConsentTarget) -> Look:
        decisions: list[Decision] = []
        heard: list[str] = []
        strangers: dict[str, None] = {}
        for remark in self._host.read_remarks(request.pull_request):
            if remark.remark_id in request.heard:
                continue
            if len(decisions) >= MAX_HEARD:
                break
            wish = wish_of(remark, target, reviews=request.reviews)
            actor = self._people.find(remark.author) if wish is not None else None
            heard.append(remark.remark_id)
            if wish is None:
                continue
            if actor is None:
                strangers[remark.author] = None
                continue
            decisions.append(self._decision(remark, actor, wish.model_dump()))
        return look.model_copy(
            update={
                "decisions": tuple(decisions),
                "heard": tuple(heard),
                "strangers": tuple(strangers)[:MAX_HEARD],
            }
        )

    def _decision(self, remark: Remark, actor: Actor, wish: Mapping[str, object]) -> Decision:
        facts = {
            **wish,
            "decision_id": f"{actor.via}/{remark.remark_id}",
            "actor": actor,
            "decided_at": remark.at,
        }
        return sign_decision(Decision.model_validate(facts), self._key)

    def _ci(self, current: PullRequest, base: CommitSha) -> CiReport:
        """Read CI; failures that the base has, too, are none of the fix's."""
        told = self._host.read_ci(current.ref, current.head_sha)
        if told.state is not CiState.FAILED:
            return told.model_copy(update={"failures": ()})
        before = {one.name for one in self._host.read_ci(current.ref, base).failures}
        new = tuple(one for one in told.failures if one.name not in before)
        if told.failures and not new:
            return CiReport(state=CiState.PASSED)
        return CiReport(state=CiState.FAILED, failures=tuple(map(_bounded, new[:MAX_FAILURES])))


def _bounded(failure: CiFailure) -> CiFailure:
    """Keep the end of the log, which says what failed; it goes into histories and prompts."""
    return CiFailure(
        name=scrub(failure.name)[:200],
        url=failure.url[:500],
        log=scrub(failure.log)[-MAX_LOG:],
    )
