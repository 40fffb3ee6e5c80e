"""Reads a request's body within bounds of size and time."""

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect

from apps.gateway.refusals import Code, Refusal
from suture.settings import GatewaySettings

MAX_FULL_BODIES = 64
"""Bodies of the largest size that may be in memory at once."""


class BodyReader:
    """Reads bodies; all that are in flight share one bound of memory."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._max_bytes = settings.max_body_bytes
        self._max_held = settings.max_body_bytes * MAX_FULL_BODIES
        self._timeout_seconds = settings.body_timeout_seconds
        self._held = 0

    async def read(self, request: Request) -> bytes:
        """Return the body as it arrived.

        Raises:
            Refusal: too large (whatever Content-Length says), too slow, or cut off.
        """
        self._check_declared(request.headers.get("content-length"))
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._collect(request)
        except TimeoutError as error:
            raise Refusal(
                Code.TOO_SLOW, f"The body took longer than {self._timeout_seconds:g} seconds."
            ) from error
        except ClientDisconnect as error:
            raise Refusal(Code.DISCONNECTED, "The body ended early.") from error

    def _check_declared(self, length: str | None) -> None:
        if length is not None and length.isdecimal() and int(length) > self._max_bytes:
            raise self._too_large()

    async def _collect(self, request: Request) -> bytes:
        collected = bytearray()
        try:
            async for chunk in request.stream():
                collected += chunk
                self._held += len(chunk)
                if len(collected) > self._max_bytes:
                    raise self._too_large()
                if self._held > self._max_held:
                    raise Refusal(Code.OVERLOADED, "Too many large bodies are arriving at once.")
        finally:
            self._held -= len(collected)
        return bytes(collected)

    def _too_large(self) -> Refusal:
        return Refusal(Code.TOO_LARGE, f"The body is larger than {self._max_bytes} bytes.")
