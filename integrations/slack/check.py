"""Looks whether Slack lets Suture do what it needs to, without posting anything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from slack_sdk import WebClient

from integrations.slack.calls import call, open_client, respond
from integrations.slack.socket_mode import open_connection
from suture.domain.value import Value
from suture.errors import SutureError
from suture.slack_settings import SlackSettings

SCOPES = ("chat:write",)
COMMANDS = "commands"
HISTORY = {"C": "channels:history", "G": "groups:history"}
MAX_SKEW_SECONDS = 60.0
"""Slack's signatures hold for five minutes."""


class Finding(Value):
    """One thing, whether it is as it must be, and how to mend it."""

    name: str
    ok: bool
    detail: str
    mend: str = ""
    required: bool = True


def examine(settings: SlackSettings, now: datetime | None = None) -> tuple[Finding, ...]:
    """Look at token, scopes, clock and channels. Raises nothing."""
    client = open_client(settings)
    try:
        answer = respond(client.auth_test)
    except SutureError as error:
        mend = "Install the app into the workspace and copy its bot token to slack.bot_token."
        return (Finding(name="Slack", ok=False, detail=str(error), mend=mend),)
    headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
    team, user = str(answer.get("team_id", ""))[:40], str(answer.get("user_id", ""))[:40]
    found = [Finding(name="Slack", ok=True, detail=f"workspace {team}, as {user}")]
    if scopes := headers.get("x-oauth-scopes"):
        found.append(_scopes(scopes))
        if settings.has_buttons:
            found.append(_command(scopes))
    if date := headers.get("date"):
        found.append(_clock(date, now or datetime.now(UTC)))
    if settings.has_socket:
        found.append(examine_socket(settings))
    return (*found, *_channels(client, settings))


def _scopes(granted: str) -> Finding:
    missing = sorted(set(SCOPES) - _set_of(granted))
    return Finding(
        name="Slack's scopes",
        ok=not missing,
        detail=f"missing: {', '.join(missing)}" if missing else granted[:200],
        mend="Add them to the app's bot token scopes and install it again.",
    )


def _command(granted: str) -> Finding:
    there = COMMANDS in _set_of(granted)
    return Finding(
        name="Slack's /suture",
        ok=there,
        detail="can be typed" if there else f"missing: {COMMANDS}",
        mend="Add the slash command /suture and its scope to the app, and install it again.",
        required=False,
    )


def examine_socket(settings: SlackSettings) -> Finding:
    """Ask where to connect to, and do not. Raises nothing."""
    name = "Slack's Socket Mode"
    try:
        open_connection(settings)
    except SutureError as error:
        mend = (
            "Switch Socket Mode on, and copy an app-level token with connections:write to"
            " slack.socket_mode_token."
        )
        return Finding(name=name, ok=False, detail=str(error), mend=mend)
    return Finding(name=name, ok=True, detail="lets the gateway connect")


def _set_of(granted: str) -> set[str]:
    return {one.strip() for one in granted.split(",")}


def _clock(date: str, now: datetime) -> Finding:
    try:
        skew = abs((now - parsedate_to_datetime(date)).total_seconds())
    except (ValueError, TypeError):
        skew = 0.0
    return Finding(
        name="clock against Slack",
        ok=skew <= MAX_SKEW_SECONDS,
        detail=f"{skew:.0f} seconds apart",
        mend="Let NTP set this machine's clock: presses are refused from five minutes on.",
    )


def _channels(client: WebClient, settings: SlackSettings) -> Iterator[Finding]:
    for channel in filter(None, (settings.channel, settings.escalation_channel)):
        try:
            call(client.conversations_history, channel=channel, limit=1)
        except SutureError as error:
            mend = f"Invite the app to the channel, and grant it {HISTORY[channel[0]]}."
            yield Finding(name=f"channel {channel}", ok=False, detail=str(error), mend=mend)
        else:
            yield Finding(name=f"channel {channel}", ok=True, detail="can be read")
