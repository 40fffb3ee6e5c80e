"""Logging in by token, and out.

A session begins here, so the login form can be tied to none yet: it is tied to a cookie of its
own, which only this page sets.
"""

import time
from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from apps.console.desk import COOKIE, Desk
from apps.console.entrance import LOGIN_COOKIE, Cookie, Entrance, inside
from apps.console.forms import read_form
from apps.console.oidc_routes import oidc_routes
from apps.console.sessions import VIA
from apps.decisions import authenticate
from suture.errors import NotAuthorised

REFUSED = 401


def login_routes(desk: Desk, monotonic: Callable[[], float] = time.monotonic) -> APIRouter:
    """Return the routes for coming and going."""
    router = desk.router()
    entrance = Entrance(desk, monotonic)

    @router.get("/login")
    async def show_login(request: Request) -> Response:
        """Show the form."""
        return entrance.page(inside(request.query_params.get("next", "")))

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        """Start a session for whoever has a token."""
        entrance.knock(request)
        form = await read_form(request, desk.parts.settings.gateway.body_timeout_seconds)
        nonce = request.cookies.get(LOGIN_COOKIE, "")
        if not nonce or not desk.sessions.is_own_form(nonce, form.get("form_token", "")):
            raise NotAuthorised("This login form has grown old. Load the page again.")
        following = inside(form.get("next", ""))
        try:
            actor = authenticate(desk.parts.settings, form.get("token", "").strip(), VIA)
        except NotAuthorised as error:
            return entrance.page(following, str(error), REFUSED)
        response = desk.see(following)
        entrance.give(response, Cookie(name=COOKIE, value=desk.sessions.issue(actor)))
        response.delete_cookie(LOGIN_COOKIE, path=desk.root)
        return response

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        """Forget the session in this browser."""
        session = desk.session(request)
        await desk.form(request, session)
        response = desk.see("/login")
        response.delete_cookie(COOKIE, path=desk.root)
        return response

    ways = APIRouter()
    ways.include_router(router)
    if desk.parts.settings.oidc is not None:
        ways.include_router(oidc_routes(desk, entrance))
    return ways
