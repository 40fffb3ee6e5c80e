"""Looks whether Linear can be used as the settings say, changing nothing."""

import time
from collections.abc import Iterator

from integrations.linear import documents
from integrations.linear.client import LinearClient
from integrations.linear.issues import LinearIssues
from suture.domain.ticket import TicketState
from suture.domain.value import Value
from suture.errors import NotFound, SutureError
from suture.linear_settings import LinearSettings

MAX_SKEW_SECONDS = 60.0


class Finding(Value):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    mend: str


def probe(settings: LinearSettings) -> Iterator[Finding]:
    """Yield what was found, up to the first thing without which the rest cannot be looked at."""
    for check in (_reachable, _credentials, _team):
        name = check.__name__.strip("_")
        try:
            finding = check(settings)
        except SutureError as error:
            yield _missing(name, str(error), settings, known=isinstance(error, NotFound))
            return
        yield finding


def _reachable(settings: LinearSettings) -> Finding:
    skew = LinearClient(settings).clock() - time.time()
    return Finding(
        name="Linear",
        ok=abs(skew) <= MAX_SKEW_SECONDS,
        detail=f"{settings.api_url}; its clock differs by {abs(skew):.0f} s",
        mend="Set this machine's clock by NTP.",
    )


def _credentials(settings: LinearSettings) -> Finding:
    viewer = LinearClient(settings).ask(documents.VIEWER).get("viewer")
    name = viewer.get("displayName") if isinstance(viewer, dict) else None
    return Finding(name="Linear credentials", ok=True, detail=f"works as {str(name)[:80]}", mend="")


def _team(settings: LinearSettings) -> Finding:
    team = LinearIssues(LinearClient(settings), settings).team()
    lacking = [
        state.value
        for state in TicketState
        if team.state_for(state, settings.states.get(state)) is None
    ]
    names = ", ".join(one.name[:40] for one in team.states.nodes)
    return Finding(
        name="Linear team",
        ok=not lacking,
        detail=f"{team.key} has no state for {', '.join(lacking)}" if lacking else team.name[:80],
        mend=f"Set linear.states to some of: {names[:200]}.",
    )


def _missing(what: str, detail: str, settings: LinearSettings, *, known: bool) -> Finding:
    whose = "linear.api_key" if settings.api_key is not None else "linear.access_token"
    mend = f"Check {whose}, linear.api_url, and that Linear is up."
    if known:
        mend = f"Check linear.team, and that {whose} may see the team."
    return Finding(name=f"Linear {what}", ok=False, detail=detail, mend=mend)
