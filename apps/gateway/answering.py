"""The outermost edge: every request is answered and counted, whatever happens inside."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.gateway.refusals import Code, Refusal, refusal_of
from apps.gateway.telemetry import Telemetry
from suture.errors import SutureError

CODE_OF_STATUS = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED}

log = structlog.get_logger()


class Edge:
    """ASGI middleware that counts answers and turns bugs into a bare 500."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observe)
        except Exception:
            log.exception("request.failed", route=route_of(scope))
            if status:
                raise
            refusal = refusal_of(SutureError("unexpected"))
            self._telemetry.refused(refusal.code)
            await _response(refusal)(scope, receive, observe)
        finally:
            self._telemetry.request_answered(route_of(scope), status)


def answer_errors(app: FastAPI, telemetry: Telemetry) -> None:
    """Make every refusal a JSON body of one shape."""

    def refuse(refusal: Refusal) -> JSONResponse:
        telemetry.refused(refusal.code)
        return _response(refusal)

    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> JSONResponse:
        return refuse(error)

    @app.exception_handler(SutureError)
    async def failed(request: Request, error: SutureError) -> JSONResponse:
        refusal = refusal_of(error)
        if refusal.code is Code.INTERNAL:
            log.error("request.failed", route=route_of(request.scope), exc_info=error)
        return refuse(refusal)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return refuse(Refusal(Code.INVALID, f"{where}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    async def unrouted(_: Request, error: HTTPException) -> JSONResponse:
        code = CODE_OF_STATUS.get(error.status_code, Code.MALFORMED)
        return refuse(Refusal(code, error.detail))


def _response(refusal: Refusal) -> JSONResponse:
    return JSONResponse(
        refusal.body.model_dump(mode="json"), refusal.status, headers=refusal.headers
    )


def route_of(scope: Scope) -> str:
    """Return the template of the route that a request took, which has no text of the caller's."""
    return getattr(scope.get("route"), "path", "unmatched")
