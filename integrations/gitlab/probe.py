"""Looks whether GitLab lets Suture do what it needs to, without writing anything.

Sources: https://docs.gitlab.com/api/personal_access_tokens/#get-details-on-a-personal-access-token,
https://docs.gitlab.com/api/metadata/ and https://docs.gitlab.com/api/projects/.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from integrations.gitlab.client import Answer, GitLabClient, project_path
from integrations.gitlab.shapes import Text
from suture.domain.value import Value
from suture.errors import NotAuthorised, NotFound, SutureError
from suture.gitlab_settings import GitLabMoment, GitLabSettings

MAX_SKEW_SECONDS = 60.0
DEVELOPER, REPORTER = 30, 20
OLDEST = (15, 6)
"""The first that says why it does not merge."""
EXPIRES_SOON_DAYS = 14
MAX_DIGITS = 6
OFF = "disabled"


class Finding(Value):
    """One thing, whether it is as it must be, and how to mend it."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class _Use:
    """What a project is for."""

    code: bool
    issues: bool
    moment: GitLabMoment


class _Token(Answer):
    scopes: tuple[str, ...] = ()
    expires_at: date | None = None


class _Metadata(Answer):
    version: str = ""


class _Access(Answer):
    access_level: int = 0


class _Permissions(Answer):
    project_access: _Access | None = None
    group_access: _Access | None = None


class _Project(Answer):
    permissions: _Permissions | None = None
    archived: bool = False
    issues_access_level: Text = ""
    merge_requests_access_level: Text = ""
    merge_trains_enabled: bool | None = None


def probe(
    settings: GitLabSettings,
    code: tuple[str, ...],
    issues: tuple[str, ...],
    now: datetime | None = None,
) -> Iterator[Finding]:
    """Look at version, clock, token and each project that has code or issues. Raises nothing."""
    at = now or datetime.now(UTC)
    try:
        client = GitLabClient(settings)
        stamp, metadata = client.look("/metadata", _Metadata)
    except SutureError as error:
        yield Finding(name="GitLab", ok=False, detail=str(error), mend=_mend(error))
        return
    yield _version(settings, metadata.version)
    yield _clock(stamp, at)
    yield _token(client, at.date(), has_code=bool(code))
    needs = (*code, *(name for name in issues if name not in code))
    for project in needs:
        use = _Use(code=project in code, issues=project in issues, moment=settings.merge_when)
        yield _project(client, project, use)
    if not needs:
        mend = 'Set services.NAME.repository to "group/name".'
        yield Finding(name="GitLab projects", ok=False, detail="no project", mend=mend)


def _version(settings: GitLabSettings, version: str) -> Finding:
    numbers = version.partition("-")[0].split(".")[:2]
    parts = tuple(int(part) for part in numbers if part.isdecimal() and len(part) < MAX_DIGITS)
    return Finding(
        name="GitLab",
        ok=parts >= OLDEST,
        detail=f"{version[:50] or 'no version'} at {settings.url}",
        mend="Update GitLab to 15.6 or newer.",
    )


def _clock(stamp: str, now: datetime) -> Finding:
    try:
        skew = abs((now - parsedate_to_datetime(stamp)).total_seconds())
    except (ValueError, TypeError):
        skew = 0.0
    return Finding(
        name="clock against GitLab's",
        ok=skew <= MAX_SKEW_SECONDS,
        detail=f"{skew:.0f} s apart",
        mend="Let this machine keep its time by NTP.",
    )


def _token(client: GitLabClient, today: date, *, has_code: bool) -> Finding:
    wanted = ("api", "write_repository") if has_code else ("api",)
    mend = f"Make a token with {' and '.join(wanted)}, and set SUTURE_GITLAB__TOKEN."
    try:
        found = client.get("/personal_access_tokens/self", _Token)
    except SutureError as error:
        return Finding(name="GitLab token", ok=False, detail=str(error), mend=mend)
    missing = [scope for scope in wanted if scope not in found.scopes]
    days = None if found.expires_at is None else (found.expires_at - today).days
    until = "never expires" if days is None else f"expires in {days} days"
    if missing:
        return Finding(name="GitLab token", ok=False, detail=f"lacks {missing[0]}", mend=mend)
    soon = days is not None and days < EXPIRES_SOON_DAYS
    detail = f"{', '.join(found.scopes)}; {until}"
    return Finding(name="GitLab token", ok=not soon, detail=detail[:300], mend=mend)


def _project(client: GitLabClient, project: str, use: _Use) -> Finding:
    name = f"GitLab project {project[:150]}"
    try:
        found = client.get(project_path(project), _Project)
    except SutureError as error:
        return Finding(name=name, ok=False, detail=str(error), mend=_mend(error))
    given = found.permissions or _Permissions()
    levels = [one.access_level for one in (given.project_access, given.group_access) if one]
    level = max(levels, default=0)
    detail, mend = next(_hindrances(found, level, use), ("", ""))
    role = "Developer" if use.code else "Reporter"
    return Finding(
        name=name, ok=not detail, detail=detail or f"may do what a {role} may", mend=mend
    )


def _hindrances(found: _Project, level: int, use: _Use) -> Iterator[tuple[str, str]]:
    """Yield what is in the way, each with its mend."""
    wanted, role = (DEVELOPER, "Developer") if use.code else (REPORTER, "Reporter")
    if found.archived:
        yield "archived", "Unarchive it, or name another."
    if level < wanted:
        yield (
            f"access level {level} of {wanted}",
            f"Give the token's account the role {role} there.",
        )
    if use.code and found.merge_requests_access_level == OFF:
        yield "merge requests are off", "Turn them on under Settings, General, Visibility."
    if use.issues and found.issues_access_level == OFF:
        yield "issues are off", "Turn them on under Settings, General, Visibility."
    if use.code and use.moment is GitLabMoment.TRAIN and found.merge_trains_enabled is False:
        yield "merge trains are off", "Turn them on, or set gitlab.merge_when."


def _mend(error: SutureError) -> str:
    if isinstance(error, NotAuthorised):
        return "Make a new token and set SUTURE_GITLAB__TOKEN."
    if isinstance(error, NotFound):
        return "Give the token this project, or correct its name."
    return "Correct gitlab.url, or let this machine reach it."
