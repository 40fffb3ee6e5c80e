"""The emulator's workspace as the tests' app sees it."""

import ssl
from dataclasses import dataclass
from typing import Any

import httpx

from suture.domain.approval import ConsentTarget, DecisionKind
from suture.domain.ticket import Link
from suture.ports.chat import Ask, Message, Urgency
from suture.slack_settings import SlackSettings

TLS = ssl.create_default_context()
"""Made once: nothing here speaks TLS, and httpx would load certificates for each request."""
TOKEN, STRANGER = "xoxb-of-the-tests", "xoxb-of-somebody-else"
SEED = {
    "tokens": {
        TOKEN: {
            "login": "suture",
            "scopes": ["chat:write", "commands", "channels:history", "channels:read"],
        },
        STRANGER: {"login": "stranger", "scopes": ["chat:write", "channels:join"]},
    },
    "slack": {
        "strict_scopes": True,
        "users": [{"name": "suture"}, {"name": "stranger"}],
        "channels": [{"name": "incidents"}, {"name": "loud"}],
    },
}
PATIENCE_SECONDS = 60.0
"""For the emulator on a busy machine."""
TARGET = ConsentTarget(head_sha="a" * 40, patch_digest="d" * 64)
ASK = Ask(incident_id="incident-v1-shop-0123", case_id="incident-v1-shop-0123-1", target=TARGET)
FIRST = Message(
    title="Cart fails",
    text="It *broke*.\n\nTwice in `shop`.",
    links=(Link(title="Pull request", url="https://pr.invalid/7"),),
)
THEN = FIRST.model_copy(
    update={
        "text": "Fixed.",
        "urgency": Urgency.ACTION,
        "ask": ASK,
        "choices": tuple(DecisionKind),
    }
)


@dataclass(frozen=True)
class Workspace:
    url: str

    def settings(self, url: str = "", **changes: object) -> SlackSettings:
        given = {
            "bot_token": TOKEN,
            "signing_secret": "a-signing-secret",
            "channel": self.channel("general"),
            "api_url": f"{url or self.url}/api/",
            "timeout_seconds": PATIENCE_SECONDS,
            **changes,
        }
        return SlackSettings.model_validate(given)

    def channel(self, name: str) -> str:
        listed = self.call("conversations.list")["channels"]
        found: str = next(one["id"] for one in listed if one["name"] == name)
        return found

    def messages(self, name: str = "general") -> list[dict[str, Any]]:
        """Return a channel's messages, oldest first."""
        found: list[dict[str, Any]] = self.call(
            "conversations.history", channel=self.channel(name), limit=1_000
        )["messages"]
        return found[::-1]

    def replies(self, thread_id: str) -> list[dict[str, Any]]:
        channel, _, stamp = thread_id.partition("/")
        found: list[dict[str, Any]] = self.call("conversations.replies", channel=channel, ts=stamp)[
            "messages"
        ]
        return found[1:]

    def call(self, method: str, token: str = TOKEN, **arguments: object) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.url}/api/{method}"
        answer = httpx.post(
            url, json=arguments, headers=headers, verify=TLS, timeout=PATIENCE_SECONDS
        )
        said: dict[str, Any] = answer.json()
        assert said["ok"], said
        return said


def shown(block: object) -> str:
    """Return all text of blocks, as a person would read it."""
    if isinstance(block, list):
        return "".join(shown(one) for one in block)
    if isinstance(block, dict):
        text = block.get("text", "")
        return (text if isinstance(text, str) else shown(text)) + shown(block.get("elements", []))
    return ""
