"""Looks whether Jira can be used as the settings say, changing nothing."""

import time
from collections.abc import Iterator

from integrations.jira.client import JiraClient, objects, part, segment
from suture.domain.value import Value
from suture.errors import NotFound, SutureError
from suture.jira_settings import JiraSettings

PERMISSIONS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "TRANSITION_ISSUES",
    "ADD_COMMENTS",
    "LINK_ISSUES",
)
MAX_SKEW_SECONDS = 60.0


class Finding(Value):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    mend: str


def probe(settings: JiraSettings) -> Iterator[Finding]:
    """Yield what was found, up to the first thing without which the rest cannot be looked at."""
    client = JiraClient(settings)
    checks = (_reachable, _credentials, _permissions, _issue_type)
    for check in checks:
        try:
            finding = check(client, settings)
        except SutureError as error:
            yield _missing(check.__name__.strip("_").replace("_", " "), str(error), settings)
            return
        yield finding


def _reachable(client: JiraClient, settings: JiraSettings) -> Finding:
    skew = client.clock() - time.time()
    kind = "Cloud" if settings.is_cloud else "Data Center"
    return Finding(
        name="Jira",
        ok=abs(skew) <= MAX_SKEW_SECONDS,
        detail=f"{kind} at {settings.url}; its clock differs by {abs(skew):.0f} s",
        mend="Set this machine's clock by NTP.",
    )


def _credentials(client: JiraClient, settings: JiraSettings) -> Finding:
    del settings
    name = str(part(client.get("myself"), "displayName"))
    return Finding(name="Jira credentials", ok=True, detail=f"works as {name[:80]}", mend="")


def _permissions(client: JiraClient, settings: JiraSettings) -> Finding:
    names = ",".join(PERMISSIONS)
    try:
        found = client.get("mypermissions", projectKey=settings.project, permissions=names)
    except NotFound:
        return _missing("project", f"there is no project {settings.project} for it", settings)
    lacking = [
        name
        for name in PERMISSIONS
        if part(found, "permissions", name, "havePermission") is not True
    ]
    return Finding(
        name="Jira permissions",
        ok=not lacking,
        detail=f"lacks {', '.join(lacking)}" if lacking else f"all in {settings.project}",
        mend=f"Grant them in the permission scheme of {settings.project}.",
    )


def _issue_type(client: JiraClient, settings: JiraSettings) -> Finding:
    found = client.get(f"project/{segment(settings.project)}")
    names = [str(part(one, "name")) for one in objects(found, "issueTypes")]
    return Finding(
        name="Jira issue type",
        ok=settings.issue_type in names,
        detail=f"{settings.issue_type} in {settings.project}",
        mend=f"Set jira.issue_type to one of: {', '.join(names)[:200]}.",
    )


def _missing(what: str, detail: str, settings: JiraSettings) -> Finding:
    whose = "jira.email and jira.token" if settings.is_cloud else "jira.token"
    return Finding(
        name=f"Jira {what}",
        ok=False,
        detail=detail,
        mend=f"Check jira.url, jira.project, {whose}, and that Jira is up.",
    )
