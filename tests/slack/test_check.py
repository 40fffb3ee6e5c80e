"""What `suture check` says of Slack."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.cli.readiness import chat_needs
from integrations.slack.chat import SlackChat
from integrations.slack.check import examine
from suture.domain.approval import Role
from suture.settings import ChatKind, Settings, UserSettings
from tests.slack.workspace import STRANGER, Workspace
from workers.parts import build_parts


def settings(workspace: Workspace, **changes: str | None) -> Settings:
    return Settings(
        chat=ChatKind.SLACK,
        slack=workspace.settings(workspace.url, **changes),
        users={"anna": UserSettings(role=Role.APPROVER, token_sha256="0" * 64, slack_id="T1A/U1A")},
    )


def test_a_workspace_that_is_ready_is_called_ready(workspace: Workspace) -> None:
    needs = list(chat_needs(settings(workspace, escalation_channel=workspace.channel("loud"))))
    assert all(need.ok for need in needs), needs
    assert needs[-1].detail == "by HTTP, for anna"


def test_a_channel_that_is_not_there_is_named_with_the_mend(workspace: Workspace) -> None:
    bad = [one for one in chat_needs(settings(workspace, channel="C0GONE")) if not one.ok]
    assert [one.name for one in bad] == ["channel C0GONE"]
    assert "Invite the app" in bad[0].mend


def test_a_missing_scope_is_named_with_the_mend(workspace: Workspace) -> None:
    bad = [one for one in examine(workspace.settings(bot_token=STRANGER)) if not one.ok]
    assert "channels:history" in bad[-1].detail + bad[-1].mend


def test_a_clock_that_is_off_is_seen(workspace: Workspace) -> None:
    late = datetime.now(UTC) + timedelta(minutes=4)
    bad = [one.name for one in examine(workspace.settings(), late) if not one.ok]
    assert bad == ["clock against Slack"]


def test_slack_that_does_not_answer_is_one_finding(workspace: Workspace) -> None:
    [need] = examine(workspace.settings("http://127.0.0.1:1"))
    assert not need.ok


def test_without_settings_or_buttons_the_check_says_what_to_set(workspace: Workspace) -> None:
    [need] = chat_needs(Settings(chat=ChatKind.SLACK))
    assert "[slack]" in need.mend
    assert list(chat_needs(Settings())) == []
    mute = list(chat_needs(settings(workspace, signing_secret=None)))[-1]
    assert (mute.ok, mute.required) == (False, False)


def test_the_setting_chooses_slack(workspace: Workspace, tmp_path: Path) -> None:
    chosen = settings(workspace).model_copy(update={"state_dir": tmp_path})
    parts = build_parts(chosen)
    assert isinstance(parts.chat, SlackChat)
    parts.close()
