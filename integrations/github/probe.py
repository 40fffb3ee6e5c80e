"""Looks whether GitHub lets Suture do what it needs to, without writing anything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from integrations.github.ci import STATUSES as READ_STATUSES
from integrations.github.client import GitHubClient, Grants, repository_path
from integrations.github.merging import MERGE
from integrations.github.objects import WRITE
from integrations.github.publishing import CHECKS, STATUSES
from integrations.github.pulls import PROPOSE
from integrations.github.runs import ACTIONS
from integrations.github.tracker import ISSUES
from suture.domain.value import Value
from suture.errors import NotAuthorised, NotFound, SutureError
from suture.github_settings import GitHubSettings

MAX_SKEW_SECONDS = 60.0
"""GitHub takes an App's signature only if the clocks agree."""
BY_APP = (WRITE, PROPOSE, MERGE, CHECKS, READ_STATUSES, ACTIONS)
BY_TOKEN = (WRITE, PROPOSE, MERGE, STATUSES, ACTIONS)
"""No fine-grained token can be given the permission for checks."""
TRACKER = (ISSUES,)


class Finding(Value):
    """One thing, whether it is as it must be, and how to mend it."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


def probe(
    settings: GitHubSettings,
    code: tuple[str, ...],
    issues: tuple[str, ...],
    now: datetime | None = None,
) -> Iterator[Finding]:
    """Look at credential, clock and each repository that has code or issues. Raises nothing."""
    client = GitHubClient(settings)
    by = BY_APP if client.is_app else BY_TOKEN
    needs: dict[str, tuple[Grants, ...]] = dict.fromkeys(code, by)
    for name in issues:
        needs[name] = needs.get(name, ()) + TRACKER
    clocks = ""
    for repository, grants in needs.items():
        finding, date = _repository(client, repository, grants)
        clocks = clocks or date
        yield finding
    if not needs:
        mend = 'Set services.NAME.repository to "owner/name".'
        yield Finding(name="GitHub", ok=False, detail="no repository", mend=mend)
    if clocks:
        yield _clock(clocks, now or datetime.now(UTC))


def _repository(
    client: GitHubClient, repository: str, grants: tuple[Grants, ...]
) -> tuple[Finding, str]:
    name = f"GitHub repository {repository[:150]}"
    date, rights = "", object()
    try:
        # A token has one set of permissions; an App's are asked for one by one.
        for wanted in grants if client.is_app else grants[:1]:
            date, rights = client.look(repository_path(repository), wanted)
    except SutureError as error:
        return Finding(name=name, ok=False, detail=str(error), mend=_mend(client, error)), date
    if not client.is_app and not (isinstance(rights, dict) and rights.get("push") is True):
        mend = "Give the token's owner the role Write there, and the token contents: write."
        return Finding(name=name, ok=False, detail="it cannot be written", mend=mend), date
    kinds = sorted({f"{one}: {level}" for wanted in grants for one, level in wanted.items()})
    known = "has" if client.is_app else "is readable; a token needs"
    return Finding(name=name, ok=True, detail=f"{known} {', '.join(kinds)}"), date


def _mend(client: GitHubClient, error: SutureError) -> str:
    if client.is_app:
        return "Give the App the permissions of docs/how-to/use-github.md and this repository."
    if isinstance(error, NotAuthorised):
        return "Make a new token and set SUTURE_GITHUB__TOKEN."
    if isinstance(error, NotFound):
        return "Give the token this repository, or correct its name."
    return "Correct github.api_url, or let this machine reach it."


def _clock(date: str, now: datetime) -> Finding:
    try:
        skew = abs((now - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError):
        skew = 0.0
    return Finding(
        name="clock against GitHub's",
        ok=skew <= MAX_SKEW_SECONDS,
        detail=f"{skew:.0f} s apart",
        mend="Let this machine keep its time by NTP.",
    )
