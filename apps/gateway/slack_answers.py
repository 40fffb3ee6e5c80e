"""Answers to the person who pressed or typed, and to nobody else.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from suture.settings import Settings

SLACK, ANSWERS = "slack.com", "hooks."
ANSWER_TRIES = 3
ANSWER_SECONDS = 5.0
"""For each try, all in all."""
MAX_TEXT = 2_900

log = structlog.get_logger()


def ephemeral(blocks: Sequence[dict[str, Any]], text: str) -> dict[str, Any]:
    """Return an answer that one person sees."""
    return {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": text,
        "blocks": list(blocks),
    }


def saying(text: str) -> dict[str, Any]:
    """Return an answer in plain text."""
    plain = {"type": "section", "text": {"type": "plain_text", "text": text[:MAX_TEXT]}}
    return ephemeral([plain], "Suture answers.")


class Answers:
    """Sends answers to the address that Slack gave with what it asked."""

    def __init__(self, settings: Settings, seconds: float = ANSWER_SECONDS) -> None:
        self._settings = settings
        self._seconds = seconds

    async def send(self, url: str, content: dict[str, Any]) -> None:
        """Tell the person, a few times if need be. Raises nothing."""
        if not self._may_answer(url):
            return
        async with httpx.AsyncClient(timeout=self._seconds) as client:
            for _ in range(ANSWER_TRIES):
                try:
                    status = await self._post(client, url, content)
                except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                    # The address is a credential: only the kind of error is logged.
                    log.warning("slack.answer.failed", reason=type(error).__name__)
                else:
                    if not httpx.codes.is_server_error(status):
                        return

    async def _post(self, client: httpx.AsyncClient, url: str, content: dict[str, Any]) -> int:
        """Return the status. The rest is not read, for it may never end."""
        async with (
            asyncio.timeout(self._seconds),
            client.stream("POST", url, json=content) as answer,
        ):
            return answer.status_code

    def _may_answer(self, url: str) -> bool:
        slack = self._settings.slack
        if slack is None:
            return False
        try:
            parts, own = urlsplit(url), urlsplit(slack.api_url)
        except ValueError:
            return False
        # GovSlack answers under its own name.
        hosts = {f"{ANSWERS}{SLACK}", f"{ANSWERS}{own.hostname}"}
        is_slack = parts.scheme == "https" and parts.netloc in hosts
        return is_slack or (parts.scheme, parts.netloc) == own[:2]
