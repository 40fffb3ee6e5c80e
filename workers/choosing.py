"""Which vendor stands behind a port. A vendor's client is imported only where it was chosen."""

from dataclasses import dataclass

from sqlalchemy import Engine

from integrations.local.chat import LocalChat
from integrations.local.code_host import LocalCodeHost
from integrations.local.tracker import LocalTracker
from suture.errors import SettingsError
from suture.github_settings import GitHubSettings
from suture.gitlab_settings import GitLabSettings
from suture.ports.chat import Chat
from suture.ports.code_host import CodeHost
from suture.ports.pager import Pager
from suture.ports.source import SourceRepositories
from suture.ports.tracker import Tracker
from suture.settings import ChatKind, CodeHostKind, Settings, TrackerKind


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """The embedded vendors, whose pages the console shows. They are there, used or not."""

    tracker: LocalTracker
    code_host: LocalCodeHost
    chat: LocalChat


def choose_tracker(settings: Settings, embedded: Embedded, engine: Engine) -> Tracker:
    """Return the tracker that `tracker` names.

    Raises:
        SettingsError: it has no settings.
    """
    if settings.tracker is TrackerKind.GITHUB:
        return _github_tracker(settings)
    if settings.tracker is TrackerKind.LINEAR:
        return _linear_tracker(settings, engine)
    if settings.tracker is TrackerKind.GITLAB:
        return _gitlab_tracker(settings)
    if settings.tracker is not TrackerKind.JIRA:
        return embedded.tracker
    if settings.jira is None:
        raise SettingsError('tracker = "jira" needs its settings: add the table [jira].')
    from integrations.jira.tracker import JiraTracker  # noqa: PLC0415 -- requests is only for Jira

    return JiraTracker(engine, settings.jira)


def choose_code_host(settings: Settings, embedded: Embedded, engine: Engine) -> CodeHost:
    """Return the code host that `code_host` names.

    Raises:
        SettingsError: it has no settings.
    """
    if settings.code_host is CodeHostKind.GITLAB:
        return _gitlab_code_host(settings, engine)
    if settings.code_host is not CodeHostKind.GITHUB:
        return embedded.code_host
    from integrations.github.code_host import GitHubCodeHost  # noqa: PLC0415 -- PyGithub is slow

    return GitHubCodeHost(_github(settings), engine)


def choose_sources(settings: Settings, others: SourceRepositories) -> SourceRepositories:
    """Return what opens the repositories of the code host.

    Raises:
        SettingsError: it has no settings.
    """
    if settings.code_host is CodeHostKind.GITLAB:
        return _gitlab_sources(settings, others)
    if settings.code_host is not CodeHostKind.GITHUB:
        return others
    from integrations.github.sources import GitHubSources  # noqa: PLC0415 -- PyGithub is slow

    return GitHubSources(_github(settings), others)


def choose_chat(settings: Settings, embedded: Embedded) -> Chat:
    """Return the chat that `chat` names.

    Raises:
        SettingsError: it has no settings.
    """
    if settings.chat is not ChatKind.SLACK:
        return embedded.chat
    if settings.slack is None:
        raise SettingsError('chat = "slack" needs its settings: add the table [slack].')
    from integrations.slack.chat import SlackChat  # noqa: PLC0415 -- slack_sdk is only for Slack

    return SlackChat(settings.slack)


def choose_pager(settings: Settings) -> Pager | None:
    """Return what calls people, if the settings name one."""
    if settings.pagerduty is None:
        return None
    from integrations.pagerduty.escalation import PagerDuty  # noqa: PLC0415 -- only where it is used

    return PagerDuty(settings.pagerduty)


def _github_tracker(settings: Settings) -> Tracker:
    from integrations.github.tracker import GitHubTracker  # noqa: PLC0415 -- PyGithub is slow

    return GitHubTracker(_github(settings), settings.catalogue())


def _linear_tracker(settings: Settings, engine: Engine) -> Tracker:
    if settings.linear is None:
        raise SettingsError('tracker = "linear" needs its settings: add the table [linear].')
    from integrations.linear.tracker import LinearTracker  # noqa: PLC0415 -- httpx is slow

    return LinearTracker(engine, settings.linear)


def _gitlab_tracker(settings: Settings) -> Tracker:
    from integrations.gitlab.tracker import GitLabTracker  # noqa: PLC0415 -- httpx is slow

    return GitLabTracker(_gitlab(settings), settings.catalogue())


def _gitlab_code_host(settings: Settings, engine: Engine) -> CodeHost:
    from integrations.gitlab.code_host import GitLabCodeHost  # noqa: PLC0415 -- httpx is slow

    # The mirrors that sources read: each project is fetched once.
    mirrors = settings.state_dir.absolute() / "sources" / "mirrors"
    return GitLabCodeHost(_gitlab(settings), engine, mirrors)


def _gitlab_sources(settings: Settings, others: SourceRepositories) -> SourceRepositories:
    from integrations.gitlab.sources import GitLabSources  # noqa: PLC0415 -- httpx is slow

    return GitLabSources(_gitlab(settings), others)


def _github(settings: Settings) -> GitHubSettings:
    if settings.github is None:
        raise SettingsError("GitHub needs its settings: add the table [github].")
    return settings.github


def _gitlab(settings: Settings) -> GitLabSettings:
    if settings.gitlab is None:
        raise SettingsError("GitLab needs its settings: add the table [gitlab].")
    return settings.gitlab
