"""Every answer of the console: security headers on it, errors as pages.

https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html and
https://www.w3.org/TR/CSP3/. There is no script at all.
"""

import math
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from apps.console.showing import Pages
from suture.errors import (
    Conflict,
    InvalidInput,
    NotAuthorised,
    NotFound,
    RateLimited,
    SutureError,
    TransientError,
)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STATUS: tuple[tuple[type[SutureError], int, str], ...] = (
    (NotFound, 404, "Not found"),
    (InvalidInput, 400, "That cannot be read"),
    (NotAuthorised, 403, "Not allowed"),
    (RateLimited, 429, "Too many attempts"),
    (Conflict, 409, "Too late"),
    (TransientError, 503, "Not reachable just now"),
)
INTERNAL = 500

log = structlog.get_logger()
Answer = Callable[[Request], Coroutine[Any, Any, Response]]


class LoginNeeded(NotAuthorised):
    """Nobody is logged in."""

    def __init__(self) -> None:
        super().__init__("Your session is over. Log in again.")


def guarded_route(pages: Pages) -> type[APIRoute]:
    """Return the class of the console's routes."""

    class GuardedRoute(APIRoute):
        """Answers errors with pages, and puts the headers on everything."""

        def get_route_handler(self) -> Answer:
            answer = super().get_route_handler()

            async def guarded(request: Request) -> Response:
                try:
                    response = await answer(request)
                except LoginNeeded as error:
                    response = _to_login(pages, request, error)
                except SutureError as error:
                    response = error_page(pages, error)
                response.headers.update(HEADERS)
                return response

            return guarded

    return GuardedRoute


def _to_login(pages: Pages, request: Request, error: LoginNeeded) -> Response:
    """Ask for a login, unless the browser may only have left its cookie at home.

    It does not bring a SameSite=Strict cookie along when it follows a link from elsewhere. One
    more step, from a page of our own, does; so a person who is logged in need not log in again.
    """
    path = request.url.path
    if request.method != "GET":
        return error_page(pages, error)
    if request.headers.get("sec-fetch-site") == "cross-site":
        return HTMLResponse(pages.render("onward.html.j2", path=path))
    return RedirectResponse(f"{pages.root}/login?next={quote(path.removeprefix(pages.root))}", 303)


def error_page(pages: Pages, error: SutureError) -> Response:
    """Return a page that says what went wrong, with the status that fits."""
    status, title = INTERNAL, "Something is wrong with Suture's settings or state"
    for kind, number, name in STATUS:
        if isinstance(error, kind):
            status, title = number, name
            break
    if status == INTERNAL:
        log.error("console.failed", exc_info=error)
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after_seconds))
    text = pages.render("error.html.j2", title=title, message=str(error), actor=None)
    return HTMLResponse(text, status, headers=headers)
