"""What `suture check` says of Slack."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from apps.cli.readiness import chat_needs
from integrations.slack.chat import SlackChat
from integrations.slack.check import _command, _scopes, examine, examine_socket
from suture.domain.approval import Role
from suture.settings import ChatKind, Settings, UserSettings
from tests.fakes.slack_socket import APP_TOKEN, running_socket_mode
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


def test_the_token_of_socket_mode_is_tried_and_never_shown(workspace: Workspace) -> None:
    with running_socket_mode() as slack:
        own = workspace.settings(signing_secret=None, socket_mode_token=APP_TOKEN)
        assert own.has_buttons
        there = examine_socket(own.model_copy(update={"api_url": slack.api_url}))
        assert (there.ok, there.name) == (True, "Slack's Socket Mode")
        assert slack.opened == 0
        wrong = own.model_copy(
            update={"api_url": slack.api_url, "socket_mode_token": SecretStr("xapp-wrong")}
        )
        refused = examine_socket(wrong)
    assert not refused.ok
    assert "connections:write" in refused.mend
    assert "xapp-wrong" not in refused.detail


def test_how_presses_come_is_said(workspace: Workspace) -> None:
    ways = {
        (None, None): "not served, for anna",
        ("secret", None): "by HTTP, for anna",
        (None, APP_TOKEN): "by Socket Mode, for anna",
        ("secret", APP_TOKEN): "by HTTP and by Socket Mode, for anna",
    }
    for (secret, token), said in ways.items():
        chosen = settings(workspace, signing_secret=secret, socket_mode_token=token)
        found = {need.name: need for need in chat_needs(chosen)}
        need = found["buttons and /suture in Slack"]
        assert need.detail == said
        assert need.ok is (secret is not None or token is not None)
        assert ("Slack's Socket Mode" in found) is (token is not None)


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ("chat:write,commands", []),
        ("chat:write", ["Slack's /suture"]),
        (" commands , users:read", ["Slack's scopes"]),
    ],
)
def test_scopes_that_are_missing_are_named_as_slack_tells_them(
    granted: str, missing: list[str]
) -> None:
    # The emulator does not tell them.
    found = (_scopes(granted), _command(granted))
    assert [one.name for one in found if not one.ok] == missing
    assert not _command(granted).required
    assert all("install it again" in one.mend for one in found)
