"""Takes in what Slack says, by HTTP or by socket, within the three seconds that it waits.

What decides is kept durably first, and delivered after the answer. What only asks is answered when
it is known; if that is lost, nothing is but the question.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import structlog

from apps.gateway.parts import now_utc
from apps.gateway.slack_answers import Answers, ephemeral, saying
from apps.gateway.slack_delivery import Deliveries
from apps.gateway.slack_people import person_of
from integrations.slack.command_blocks import (
    Listed,
    fallback,
    help_blocks,
    list_blocks,
    show_blocks,
)
from integrations.slack.commands import Command, Verb, read_command
from integrations.slack.interaction import Press, read_press
from suture.errors import PermanentError, SutureError, Unreachable
from suture.ports.chat import Message
from suture.settings import Settings

MAX_ASKING = 20
"""Questions that may be under way at once."""
READ_SECONDS = 60.0

log = structlog.get_logger()


class Reading(Protocol):
    """Reads incidents for those who ask."""

    async def open_incidents(self) -> Sequence[Listed]:
        """Return what is open, newest first.

        Raises:
            SutureError: it cannot be read.
        """
        ...

    async def message(self, name: str) -> Message:
        """Return an incident's message as it should read now; the start of its name is enough.

        Raises:
            SutureError: there is none, there are several, or it cannot be read.
        """
        ...


class SlackIntake:
    """One gateway's ear for Slack."""

    def __init__(
        self,
        settings: Settings,
        deliveries: Deliveries,
        reading: Reading,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.settings = settings
        self.deliveries = deliveries
        self.clock = clock
        self._reading = reading
        self._answers = Answers(settings)
        self._asking: set[asyncio.Task[None]] = set()

    async def take_interaction(self, payload: Mapping[str, Any]) -> None:
        """Keep a press or a form that was sent; or open the form that a press needs.

        Raises:
            InvalidInput: it is about a button of ours and makes no sense.
            Unreachable: the form was not opened: the press came to nothing.
        """
        press = read_press(payload, self.clock())
        if press is not None and press.wants_comment:
            await asyncio.to_thread(self._ask_for_comment, payload, press)
        elif press is not None:
            await asyncio.to_thread(self.deliveries.presses.keep, press)
            self.deliveries.wake()

    async def take_command(self, form: Mapping[str, object]) -> dict[str, Any]:
        """Keep a decision or begin to answer a question; return what is said at once.

        Raises:
            InvalidInput: it does not say who typed it, or is another command.
        """
        command = read_command(form, self.clock())
        if command.verb is Verb.HELP:
            return ephemeral(help_blocks(command.complaint), "What /suture can do")
        try:
            person_of(self.settings, command.asked.slack_id)
        except PermanentError as error:
            return saying(str(error))
        if command.typed is not None:
            await asyncio.to_thread(self.deliveries.presses.keep, command.typed)
            self.deliveries.wake()
            return saying(f"Taken down: {command.verb} {command.incident}. The verdict follows.")
        return self._begin(command)

    async def close(self) -> None:
        """Leave the questions that are under way unanswered."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _begin(self, command: Command) -> dict[str, Any]:
        if len(self._asking) >= MAX_ASKING:
            return saying("Too many are asking just now. Try again in a minute.")
        task = asyncio.create_task(self._answer(command))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return {}

    async def _answer(self, command: Command) -> None:
        if command.verb is Verb.LIST:
            content = await _read(self._listed)
        else:
            content = await _read(lambda: self._shown(command.incident))
        await self._answers.send(command.asked.response_url, content)

    async def _listed(self) -> dict[str, Any]:
        rows = await self._reading.open_incidents()
        return ephemeral(list_blocks(rows), "Open incidents")

    async def _shown(self, name: str) -> dict[str, Any]:
        slack = self.settings.slack
        message = await self._reading.message(name)
        buttons = slack is not None and slack.has_buttons
        return ephemeral(show_blocks(message, buttons=buttons), fallback(message.title))

    def _ask_for_comment(self, payload: Mapping[str, Any], press: Press) -> None:
        """Open the form; if that fails, Slack shows the person that the press came to nothing."""
        from integrations.slack.comment_form import open_form  # noqa: PLC0415 -- loads slack_sdk

        if self.settings.slack is not None:
            try:
                open_form(self.settings.slack, str(payload.get("trigger_id", "")), press)
            except SutureError as error:
                raise Unreachable(f"The form was not opened: {error}") from error


async def _read(reading: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Return what was read, or why not."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await reading()
    except TimeoutError:
        return saying("Temporal takes too long. Try again later.")
    except SutureError as error:
        return saying(str(error))
    except Exception:
        log.exception("slack.command.failed")
        return saying("That failed. The gateway's log says why.")
