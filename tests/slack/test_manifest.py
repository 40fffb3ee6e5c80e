"""The manifests that people paste say what the code needs, and nothing more."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi import FastAPI
from sqlalchemy import Engine

from integrations.slack.check import COMMANDS, HISTORY, SCOPES
from integrations.slack.commands import COMMAND, Verb
from tests.slack.pressing import FakeDesk, app_of

PAGE = Path(__file__).parents[2] / "docs/how-to/use-slack.md"
BLOCK = re.compile(r"^ *```yaml\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
HTTP, SOCKET = (yaml.safe_load(body) for body in BLOCK.findall(PAGE.read_text(encoding="utf-8")))


def paths(app: FastAPI) -> set[str]:
    return set(app.openapi()["paths"])


@pytest.mark.parametrize("manifest", [HTTP, SOCKET], ids=["HTTP", "Socket Mode"])
def test_a_manifest_asks_for_exactly_what_is_used(manifest: dict[str, Any]) -> None:
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {*SCOPES, COMMANDS, HISTORY["C"]}
    [command] = manifest["features"]["slash_commands"]
    assert command["command"] == COMMAND
    assert command["should_escape"] is False
    for verb in set(Verb) - {Verb.HELP}:
        assert verb in command["usage_hint"]
    assert manifest["settings"]["interactivity"]["is_enabled"]


def test_by_http_slack_calls_what_is_served(engine: Engine) -> None:
    base = "https://suture.example"
    called = {
        HTTP["settings"]["interactivity"]["request_url"],
        HTTP["features"]["slash_commands"][0]["url"],
    }
    assert {url.removeprefix(base) for url in called} <= paths(app_of(engine, FakeDesk()))
    assert not HTTP["settings"]["socket_mode_enabled"]


def test_by_socket_mode_slack_calls_nothing() -> None:
    assert SOCKET["settings"]["socket_mode_enabled"]
    assert "http" not in str(SOCKET)
