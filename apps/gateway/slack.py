"""Slack by HTTP: buttons and commands, each acknowledged once it is kept.

Slack waits three seconds and does not repeat itself, so nothing else happens before the answer:
https://docs.slack.dev/interactivity/handling-user-interaction.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from apps.gateway.body import BodyReader
from apps.gateway.refusals import Code, Refusal
from apps.gateway.slack_intake import SlackIntake
from apps.gateway.slack_socket import run_socket
from integrations.slack.signature import check_time, verify
from suture.errors import InvalidInput
from suture.settings import Settings

MAX_FIELDS = 30


def slack_routes(intake: SlackIntake) -> APIRouter:
    """Return the routes; while the application runs, what is kept is delivered.

    With a token for Socket Mode, what Slack says there is taken in as well.
    """
    bodies = BodyReader(intake.settings.gateway)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(intake.deliveries.run())]
        if intake.settings.slack is not None and intake.settings.slack.has_socket:
            tasks.append(asyncio.create_task(run_socket(intake.settings.slack, intake)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await intake.close()

    router = APIRouter(tags=["slack"], lifespan=lifespan)

    @router.post("/slack/interactivity", response_class=Response)
    async def receive_press(request: Request) -> Response:
        """Keep a pressed button or a form sent; Slack must have signed the request."""
        form = _parse(await _signed(request, intake, bodies))
        with _understanding():
            await intake.take_interaction(_payload(form))
        return Response()

    @router.post("/slack/commands")
    async def receive_command(request: Request) -> Response:
        """Take a `/suture` command; Slack must have signed the request."""
        form = _parse(await _signed(request, intake, bodies))
        with _understanding():
            said = await intake.take_command(form)
        return JSONResponse(said) if said else Response()

    return router


async def _signed(request: Request, intake: SlackIntake, bodies: BodyReader) -> bytes:
    secret = _secret(intake.settings)
    now = intake.clock().timestamp()
    check_time(request.headers, now)
    body = await bodies.read(request)
    verify(secret, request.headers, body, now)
    return body


@contextlib.contextmanager
def _understanding() -> Iterator[None]:
    try:
        yield
    except InvalidInput as error:
        raise Refusal(Code.INVALID, str(error)) from error


def _secret(settings: Settings) -> str:
    slack = settings.slack
    if slack is None or slack.signing_secret is None or not slack.serves_http:
        raise Refusal(
            Code.NOT_CONFIGURED, "Set slack.signing_secret to make the gateway serve this."
        )
    return slack.signing_secret.get_secret_value()


def _parse(body: bytes) -> dict[str, str]:
    try:
        return dict(
            parse_qsl(
                body.decode(),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=MAX_FIELDS,
            )
        )
    except ValueError as error:
        raise Refusal(Code.MALFORMED, "The body is no form.") from error


def _payload(form: dict[str, str]) -> dict[str, Any]:
    try:
        payload = json.loads(form["payload"])
    except (ValueError, KeyError, RecursionError) as error:
        raise Refusal(Code.MALFORMED, "The form has no payload that is JSON.") from error
    return payload if isinstance(payload, dict) else {}
