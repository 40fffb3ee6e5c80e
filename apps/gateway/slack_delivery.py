"""Delivers presses to their incidents until they have them, and tells what became of each.

A press is signed and sent as the console's and the command line's decisions are. A typed decision
becomes a press first: what it is about is looked up once, and stays that.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from apps.gateway.parts import now_utc
from apps.gateway.slack_answers import Answers, saying
from apps.gateway.slack_people import person_of
from integrations.slack.commands import Typed
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

log = structlog.get_logger()


class Verdict(Value):
    """What is known of a decision that its incident has."""

    accepted: bool | None = None
    """None: nobody has judged it yet."""
    reason: str = ""


class Desk(Protocol):
    """Hands a press to its incident."""

    async def settle(self, typed: Typed) -> Press:
        """Look up what a typed decision is about.

        Raises:
            TransientError: it cannot be looked up now.
            PermanentError: it is about nothing that waits; the text says what to type.
        """
        ...

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
        self._answers = Answers(settings)
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
            settled, verdict = await self._verdict(waiting)
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
        await self._finish(press, _told(settled, verdict))

    async def _verdict(self, waiting: Waiting) -> tuple[Press, Verdict]:
        press = waiting.press
        if waiting.delivered and isinstance(press, Press):
            return press, await self._desk.ask(press)
        actor = person_of(self._settings, press.slack_id)
        if isinstance(press, Typed):
            press = await self._desk.settle(press)
            await asyncio.to_thread(self.presses.settle, press)
        verdict = await self._desk.decide(press, actor)
        await asyncio.to_thread(self.presses.mark_delivered, press)
        return press, verdict

    async def _postpone(self, waiting: Waiting) -> None:
        seconds = FIRST_RETRY_SECONDS * 2 ** min(waiting.tries, MAX_DOUBLINGS)
        until = self._clock() + timedelta(seconds=min(seconds, MAX_RETRY_SECONDS))
        await asyncio.to_thread(self.presses.postpone, waiting, until)

    async def _finish(self, press: Press | Typed, told: str) -> None:
        """Tell first: a second telling does less harm than none."""
        if told:
            await self._answers.send(press.response_url, saying(told))
        await asyncio.to_thread(self.presses.finish, press, self._clock())


def _told(press: Press, verdict: Verdict) -> str:
    """Return what the person is told; of a button that was accepted, the message itself tells."""
    if verdict.accepted is False:
        return f"Refused: {verdict.reason}"
    if not press.typed:
        return ""
    about = f"{press.kind.replace('_', ' ')} of {press.ask.case_id}"
    return f"Accepted: {about}." if verdict.accepted else f"Not judged yet: {about}."
