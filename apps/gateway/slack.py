"""Slack's interactivity: a press is kept durably, acknowledged, and delivered after that.

Slack waits three seconds and does not repeat itself, so nothing else happens before the answer:
https://docs.slack.dev/interactivity/handling-user-interaction.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, FastAPI, Request, Response

from apps.gateway.body import BodyReader
from apps.gateway.parts import now_utc
from apps.gateway.refusals import Code, Refusal
from apps.gateway.slack_delivery import Deliveries
from integrations.slack.interaction import Press, read_press
from integrations.slack.signature import check_time, verify
from suture.errors import InvalidInput, SutureError
from suture.settings import Settings

MAX_FIELDS = 10


def slack_routes(
    settings: Settings, deliveries: Deliveries, clock: Callable[[], datetime] = now_utc
) -> APIRouter:
    """Return the route; while the application runs, what it keeps is delivered."""
    bodies = BodyReader(settings.gateway)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(deliveries.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    router = APIRouter(tags=["slack"], lifespan=lifespan)

    @router.post("/slack/interactivity", response_class=Response)
    async def receive_press(request: Request) -> Response:
        """Keep a pressed button or a form sent; Slack must have signed the request."""
        secret = _secret(settings)
        now = clock()
        check_time(request.headers, now.timestamp())
        body = await bodies.read(request)
        verify(secret, request.headers, body, now.timestamp())
        payload = _parse(body)
        press = _understand(payload, now)
        if press is not None and press.wants_comment:
            await asyncio.to_thread(_ask_for_comment, settings, payload, press)
        elif press is not None:
            await asyncio.to_thread(deliveries.presses.keep, press)
            deliveries.wake()
        return Response()

    return router


def _secret(settings: Settings) -> str:
    slack = settings.slack
    if slack is None or slack.signing_secret is None or not slack.has_buttons:
        raise Refusal(
            Code.NOT_CONFIGURED, "Set slack.signing_secret to make the gateway serve this."
        )
    return slack.signing_secret.get_secret_value()


def _parse(body: bytes) -> dict[str, Any]:
    try:
        form = parse_qs(body.decode(), strict_parsing=True, max_num_fields=MAX_FIELDS)
        payload = json.loads(form["payload"][0])
    except (ValueError, KeyError, RecursionError) as error:
        raise Refusal(Code.MALFORMED, "The form has no payload that is JSON.") from error
    return payload if isinstance(payload, dict) else {}


def _understand(payload: dict[str, Any], now: datetime) -> Press | None:
    try:
        return read_press(payload, now)
    except InvalidInput as error:
        raise Refusal(Code.INVALID, str(error)) from error


def _ask_for_comment(settings: Settings, payload: dict[str, Any], press: Press) -> None:
    """Open the form; if that fails, Slack shows the person that the press came to nothing."""
    from integrations.slack.comment_form import open_form  # noqa: PLC0415 -- loads slack_sdk

    if settings.slack is not None:
        try:
            open_form(settings.slack, str(payload.get("trigger_id", "")), press)
        except SutureError as error:
            reason = f"The form was not opened: {error}"
            raise Refusal(Code.UNAVAILABLE, reason) from error
