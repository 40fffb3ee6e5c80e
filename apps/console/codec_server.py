"""A codec server: Temporal's UI and command line read encrypted payloads through it.

https://docs.temporal.io/production-deployment/data-encryption#api-contract-specifications. It lies
beneath the console, where the session's cookie reaches it. https://fetch.spec.whatwg.org/ has CORS.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from apps.console.desk import COOKIE
from apps.console.sessions import Sessions
from apps.console.visitors import LoginLimits
from apps.decisions import authenticate
from apps.gateway.body import BodyReader
from apps.gateway.refusals import Code, Refusal, refusal_of
from suture.domain.approval import Actor, Role
from suture.errors import NotAuthorised, SettingsError, SutureError
from suture.hostile_json import parse_object
from suture.settings import Settings
from workers.encryption import EncryptingCodec
from workers.parts import Parts

VIA = "codec"
BEARER = "bearer "
MAX_PAYLOADS = 2_000
LEAST_FIRST = tuple(Role)
HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Origin",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Namespace",
    "Access-Control-Max-Age": "600",
}

log = structlog.get_logger()
Change = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


def codec_routes(
    parts: Parts,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> APIRouter:
    """Return `POST /codec/decode` and `/codec/encode`; nothing where nothing is encrypted."""
    root = urlsplit(parts.console_url).path
    router = APIRouter(prefix=f"{root}/codec", include_in_schema=False)
    keys = parts.settings.temporal.encryption.keys
    if not keys:
        return router
    codec = EncryptingCodec(keys)
    door = Door(
        settings=parts.settings,
        sessions=Sessions(parts.decision_key, parts.settings.users, clock, parts.settings.oidc),
        limits=LoginLimits(monotonic),
        bodies=BodyReader(parts.settings.gateway),
    )

    @router.post("/decode")
    async def decode(request: Request) -> Response:
        """Decrypt payloads for people who may read them."""
        return await door.answer(request, codec.decode)

    @router.post("/encode")
    async def encode(request: Request) -> Response:
        """Encrypt payloads that somebody is about to send."""
        return await door.answer(request, codec.encode)

    @router.options("/decode")
    @router.options("/encode")
    async def permit(request: Request) -> Response:
        """Tell a browser whether a page may ask."""
        return door.permit(request)

    return router


@dataclass(frozen=True, kw_only=True)
class Door:
    """Lets people in who may read what Temporal keeps."""

    settings: Settings
    sessions: Sessions
    limits: LoginLimits
    bodies: BodyReader

    async def answer(self, request: Request, change: Change) -> Response:
        """Change the payloads of a request, or say why not."""
        try:
            return await self._answer(request, change)
        except SettingsError as error:
            refusal = Refusal(Code.INVALID, str(error))
        except SutureError as error:
            refusal = refusal_of(error)
        except Refusal as error:
            refusal = error
        headers = {**refusal.headers, **self._headers(request)}
        return JSONResponse(refusal.body.model_dump(mode="json"), refusal.status, headers=headers)

    def permit(self, request: Request) -> Response:
        """Answer a preflight request."""
        headers = self._headers(request)
        allowed = "Access-Control-Allow-Origin" in headers
        return Response(
            status_code=204 if allowed else 403,
            headers={**headers, **(PREFLIGHT if allowed else {})},
        )

    async def _answer(self, request: Request, change: Change) -> Response:
        self._check_origin(request)
        actor = self._actor(request)
        self._check_form(request)
        given = _payloads(await self.bodies.read(request))
        changed = Payloads(payloads=await change(given))
        log.info("payloads.shown", user=actor.id, count=len(given), path=request.url.path)
        shown: dict[str, Any] = {"payloads": [], **json_format.MessageToDict(changed)}
        return JSONResponse(shown, headers=self._headers(request))

    def _actor(self, request: Request) -> Actor:
        header = request.headers.get("authorization", "")
        if header.lower().startswith(BEARER):
            address = request.client.host if request.client else ""
            # Only wrong tokens count: a page of Temporal's UI asks many times.
            self.limits.take(address)
            actor = authenticate(self.settings, header[len(BEARER) :].strip(), VIA)
            self.limits.give_back(address)
        else:
            session = self.sessions.read(request.cookies.get(COOKIE, ""))
            if session is None:
                raise NotAuthorised("Log in to Suture's console, or send a login token as bearer.")
            actor = session.actor
        least = self.settings.temporal.encryption.codec_role
        if LEAST_FIRST.index(actor.role) < LEAST_FIRST.index(least):
            raise Refusal(Code.FORBIDDEN, f"Reading payloads needs the role {least}.")
        return actor

    def _check_origin(self, request: Request) -> None:
        """Refuse other sites' pages, whose browser may bring a session along."""
        origin = request.headers.get("origin")
        if origin is not None and origin != self._ui_origin():
            raise Refusal(Code.FORBIDDEN, "Only pages from temporal.ui_url may ask.")

    def _check_form(self, request: Request) -> None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refusal(Code.MALFORMED, "Payloads are sent as application/json.")
        namespace = request.headers.get("x-namespace")
        if namespace not in {None, self.settings.temporal.namespace}:
            raise Refusal(Code.NOT_FOUND, "Suture does not work in this namespace.")

    def _headers(self, request: Request) -> dict[str, str]:
        origin = self._ui_origin()
        if request.headers.get("origin") != origin:
            return HEADERS
        return {
            **HEADERS,
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
        }

    def _ui_origin(self) -> str:
        parts = urlsplit(self.settings.temporal.ui_url)
        return f"{parts.scheme}://{parts.netloc}".lower()


def _payloads(body: bytes) -> list[Payload]:
    given = parse_object(body)
    try:
        parsed = json_format.ParseDict(given, Payloads(), ignore_unknown_fields=True)
    except json_format.ParseError as error:
        raise Refusal(Code.INVALID, "These are no payloads in proto3 JSON.") from error
    if len(parsed.payloads) > MAX_PAYLOADS:
        raise Refusal(Code.TOO_LARGE, f"At most {MAX_PAYLOADS} payloads at once.")
    return list(parsed.payloads)
