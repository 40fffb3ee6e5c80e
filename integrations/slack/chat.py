"""An incident's message in a channel of Slack, with its thread.

Slack has no key that makes a post unique, so each one carries its key as metadata, and is looked
for before it is made: https://docs.slack.dev/messaging/message-metadata.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from slack_sdk import WebClient

from integrations.slack.blocks import LOUD, message_body, reply_body
from integrations.slack.calls import call, open_client
from suture.domain.ticket import ThreadRef
from suture.errors import NotFound, Unreachable
from suture.ports.chat import Message, Urgency
from suture.slack_settings import SlackSettings

THREAD_EVENT = "suture_thread"
REPLY_EVENT = "suture_reply"
ESCALATION_EVENT = "suture_escalation"
PAGE_SIZE = 200
MAX_PAGES = 10
"""A retry follows within minutes, so its first try is among a channel's newest messages."""
QUIET = {"unfurl_links": False, "unfurl_media": False}


class SlackChat:
    """Implements `suture.ports.chat.Chat`."""

    def __init__(self, settings: SlackSettings, page_size: int = PAGE_SIZE) -> None:
        self._settings = settings
        self._page_size = page_size

    @cached_property
    def _client(self) -> WebClient:
        return open_client(self._settings)

    @cached_property
    def _own_id(self) -> str:
        """The bot user's id: others' messages are not ours, whatever their metadata says."""
        return _text(call(self._client.auth_test), "user_id")

    def ensure_thread(self, key: str, message: Message) -> ThreadRef:
        """Find the message of this key or post it. Idempotency key: `key`."""
        channel = self._settings.channel
        body = message_body(message, buttons=self._settings.has_buttons)
        found = self._find(self._history(channel), THREAD_EVENT, key)
        stamp = found or self._post(channel, THREAD_EVENT, key, body)
        return ThreadRef(thread_id=f"{channel}/{stamp}", url=self._permalink(channel, stamp))

    def update(self, thread: ThreadRef, message: Message) -> None:
        """Make the message say this. Its metadata stays, because none is given."""
        channel, stamp = _parse(thread)
        body = message_body(message, buttons=self._settings.has_buttons)
        call(self._client.chat_update, channel=channel, ts=stamp, **body)

    def ensure_reply(self, thread: ThreadRef, key: str, text: str, urgency: Urgency) -> None:
        """Add a line to the thread unless one with this key is there.

        What calls people is shown in the channel, too: a thread alone makes no sound. An
        escalation is told in its own channel as well, with a link to the message.
        """
        channel, stamp = _parse(thread)
        said = list(self._replies(channel, stamp))
        if not said:
            raise NotFound("The message of this thread is gone.")
        if not self._find(iter(said), REPLY_EVENT, key):
            shown = {"reply_broadcast": True} if urgency in LOUD else {}
            body = {**self._reply(text, urgency), "thread_ts": stamp, **shown}
            self._post(channel, REPLY_EVENT, key, body)
        loud = self._settings.escalation_channel
        if urgency is Urgency.ESCALATION and loud is not None:
            self._escalate(loud, thread, key, text)

    def _escalate(self, channel: str, thread: ThreadRef, key: str, text: str) -> None:
        whole = f"{thread.thread_id}/{key}"
        if not self._find(self._history(channel), ESCALATION_EVENT, whole):
            body = self._reply(f"{text}\n\n{thread.url}", Urgency.ESCALATION)
            self._post(channel, ESCALATION_EVENT, whole, body)

    def _reply(self, text: str, urgency: Urgency) -> dict[str, Any]:
        return reply_body(text, urgency, self._settings.mention)

    def _post(self, channel: str, event: str, key: str, body: dict[str, Any]) -> str:
        metadata = {"event_type": event, "event_payload": {"key": key}}
        answer = call(
            self._client.chat_postMessage, channel=channel, metadata=metadata, **QUIET, **body
        )
        return _text(answer, "ts")

    def _find(self, messages: Iterator[dict[str, Any]], event: str, key: str) -> str:
        """Return the time stamp of our own message with this key, or nothing."""
        for message in messages:
            metadata = message.get("metadata") or {}
            known = (metadata.get("event_payload") or {}).get("key")
            if metadata.get("event_type") == event and known == key and self._is_own(message):
                return _text(message, "ts")
        return ""

    def _is_own(self, message: dict[str, Any]) -> bool:
        return message.get("user") == self._own_id

    def _history(self, channel: str) -> Iterator[dict[str, Any]]:
        return self._pages("conversations_history", MAX_PAGES, channel=channel)

    def _replies(self, channel: str, stamp: str) -> Iterator[dict[str, Any]]:
        # A thread is read to its end: it is one incident's.
        return self._pages("conversations_replies", None, channel=channel, ts=stamp)

    def _pages(
        self, method: str, limit: int | None, **arguments: object
    ) -> Iterator[dict[str, Any]]:
        cursor, read = "", 0
        while limit is None or read < limit:
            more = {"cursor": cursor} if cursor else {}
            answer = call(
                getattr(self._client, method),
                include_all_metadata=True,
                limit=self._page_size,
                **arguments,
                **more,
            )
            yield from answer.get("messages") or ()
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            read += 1
            if not cursor:
                return

    def _permalink(self, channel: str, stamp: str) -> str:
        answer = call(self._client.chat_getPermalink, channel=channel, message_ts=stamp)
        return _text(answer, "permalink")


def _parse(thread: ThreadRef) -> tuple[str, str]:
    channel, found, stamp = thread.thread_id.partition("/")
    if not found:
        raise NotFound(f"{thread.thread_id[:40]} is no thread in Slack.")
    return channel, stamp


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise Unreachable(f"Slack's answer has no {name}.")
    return value
