"""Delivers presses to their incidents until they have them, and tells what became of each.

A press is signed and sent as the console's and the command line's decisions are.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

import httpx
import structlog

from apps.gateway.parts import now_utc
from integrations.slack.interaction import Press
from integrations.slack.presses import SlackPresses, Waiting
from suture.domain.approval import Actor
from suture.domain.value import Value
from suture.errors import PermanentError, SettingsError, SutureError, TransientError
from suture.settings import Settings

FIRST_RETRY_SECONDS = 1.0
MAX_RETRY_SECONDS = 30.0
MAX_DOUBLINGS = 5
LOOK_SECONDS = 1.0
"""Between looks for presses that another gateway took in, or whose time has come."""
MAX_VERDICT_AGE = timedelta(minutes=30)
"""After that Slack takes no answer; the incident's thread tells of refusals, too."""
ANSWER_HOST = "hooks.slack.com"
ANSWER_TRIES = 3
ANSWER_SECONDS = 5.0

log = structlog.get_logger()


class Verdict(Value):
    """What is known of a decision that its incident has."""

    accepted: bool | None = None
    """None: nobody has judged it yet."""
    reason: str = ""


class Desk(Protocol):
    """Hands a press to its incident."""

    async def decide(self, press: Press, actor: Actor) -> Verdict:
        """Send the decision, and wait a little for what the incident says.

        Idempotent by the press's decision id.

        Raises:
            TransientError: the incident may have it, or not.
            PermanentError: it can never have it; the text says why.
        """
        ...

    async def ask(self, press: Press) -> Verdict:
        """Return what the incident says of a decision that it has.

        Raises:
            TransientError, PermanentError: it cannot be asked.
        """
        ...


class Deliveries:
    """One gateway's part in delivering; several may work on the same presses."""

    def __init__(
        self,
        settings: Settings,
        presses: SlackPresses,
        desk: Desk,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.presses = presses
        self._settings = settings
        self._desk = desk
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at once: a press has come."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver what is due, until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.deliver_due()
            except SutureError as error:
                log.warning("slack.presses.unread", reason=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()

    async def deliver_due(self) -> None:
        """Take each press that is due one step further."""
        waiting = await asyncio.to_thread(self.presses.due, self._clock())
        await asyncio.gather(*(self._take(one) for one in waiting))

    async def _take(self, waiting: Waiting) -> None:
        try:
            await self._advance(waiting)
        except Exception:
            # Whatever is wrong with one press must neither lose it nor hold up the others.
            log.exception("slack.press.failed", press=waiting.press.decision_id)
            await self._postpone(waiting)

    async def _advance(self, waiting: Waiting) -> None:
        press = waiting.press
        try:
            verdict = await self._verdict(waiting)
        except (TransientError, SettingsError) as error:
            log.warning("slack.press.undelivered", press=press.decision_id, reason=str(error))
            await self._postpone(waiting)
            return
        except PermanentError as error:
            await self._finish(press, str(error))
            return
        if verdict.accepted is None and self._clock() - press.pressed_at < MAX_VERDICT_AGE:
            await self._postpone(waiting)
            return
        refused = verdict.accepted is False
        await self._finish(press, f"Refused: {verdict.reason}" if refused else "")

    async def _verdict(self, waiting: Waiting) -> Verdict:
        press = waiting.press
        if waiting.delivered:
            return await self._desk.ask(press)
        verdict = await self._desk.decide(press, self._actor(press))
        await asyncio.to_thread(self.presses.mark_delivered, press)
        return verdict

    def _actor(self, press: Press) -> Actor:
        users = self._settings.users
        linked = [name for name in users if users[name].slack_id == press.slack_id]
        # Two people with one id would be one person with four eyes.
        if len(linked) == 1:
            return Actor(id=linked[0], role=users[linked[0]].role, via="slack")
        raise PermanentError(
            f"Suture does not know you here. Ask for slack_id = {press.slack_id!r} in your table"
            " under [users], and in nobody else's."
        )

    async def _postpone(self, waiting: Waiting) -> None:
        seconds = FIRST_RETRY_SECONDS * 2 ** min(waiting.tries, MAX_DOUBLINGS)
        until = self._clock() + timedelta(seconds=min(seconds, MAX_RETRY_SECONDS))
        await asyncio.to_thread(self.presses.postpone, waiting, until)

    async def _finish(self, press: Press, told: str) -> None:
        """Tell first: a second telling does less harm than none."""
        if told and self._may_answer(press.response_url):
            await _answer(press.response_url, told)
        await asyncio.to_thread(self.presses.finish, press, self._clock())

    def _may_answer(self, url: str) -> bool:
        parts, slack = urlsplit(url), self._settings.slack
        own = urlsplit(slack.api_url) if slack is not None else None
        is_slack = parts.scheme == "https" and parts.hostname == ANSWER_HOST
        return is_slack or (own is not None and (parts.scheme, parts.netloc) == own[:2])


async def _answer(url: str, text: str) -> None:
    """Tell the person who pressed, and nobody else."""
    plain = {"type": "section", "text": {"type": "plain_text", "text": text[:2_900]}}
    content = {"response_type": "ephemeral", "replace_original": False, "blocks": [plain]}
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as client:
        for _ in range(ANSWER_TRIES):
            try:
                answer = await client.post(url, json=content)
            except httpx.HTTPError as error:
                # The address is a credential: only the kind of error is logged.
                log.warning("slack.answer.failed", reason=type(error).__name__)
            else:
                if not answer.is_server_error:
                    return
