"""Looks whether Slack lets Suture do what it needs to, without posting anything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from slack_sdk import WebClient

from integrations.slack.calls import call, open_client, respond
from suture.domain.value import Value
from suture.errors import SutureError
from suture.slack_settings import SlackSettings

SCOPES = ("chat:write",)
HISTORY = {"C": "channels:history", "G": "groups:history"}
MAX_SKEW_SECONDS = 60.0
"""Slack's signatures hold for five minutes."""


class Finding(Value):
    """One thing, whether it is as it must be, and how to mend it."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


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
    if date := headers.get("date"):
        found.append(_clock(date, now or datetime.now(UTC)))
    return (*found, *_channels(client, settings))


def _scopes(granted: str) -> Finding:
    missing = sorted(set(SCOPES) - {one.strip() for one in granted.split(",")})
    return Finding(
        name="Slack's scopes",
        ok=not missing,
        detail=f"missing: {', '.join(missing)}" if missing else granted[:200],
        mend="Add them to the app's bot token scopes and install it again.",
    )


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
