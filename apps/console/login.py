"""Logging in by token, and out.

A session begins here, so the login form can be tied to none yet: it is tied to a cookie of its
own, which only this page sets.
"""

import re
import secrets
import time
from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from apps.console.desk import COOKIE, Desk
from apps.console.forms import read_form
from apps.console.sessions import SESSION_SECONDS, VIA
from apps.console.visitors import LoginLimits
from apps.decisions import authenticate
from suture.errors import NotAuthorised

LOGIN_COOKIE = "suture_login"
INSIDE = re.compile(r"/[A-Za-z0-9_.-][A-Za-z0-9/_.-]{0,300}")
REFUSED = 401


def login_routes(desk: Desk, monotonic: Callable[[], float] = time.monotonic) -> APIRouter:
    """Return the routes for coming and going."""
    router = desk.router()
    limits = LoginLimits(monotonic)

    @router.get("/login")
    async def show_login(request: Request) -> Response:
        """Show the form."""
        return _form(desk, _inside(request.query_params.get("next", "")))

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        """Start a session for whoever has a token."""
        limits.take(request.client.host if request.client else "")
        form = await read_form(request, desk.parts.settings.gateway.body_timeout_seconds)
        nonce = request.cookies.get(LOGIN_COOKIE, "")
        if not nonce or not desk.sessions.is_own_form(nonce, form.get("form_token", "")):
            raise NotAuthorised("This login form has grown old. Load the page again.")
        following = _inside(form.get("next", ""))
        try:
            actor = authenticate(desk.parts.settings, form.get("token", "").strip(), VIA)
        except NotAuthorised as error:
            return _form(desk, following, str(error))
        response = desk.see(following)
        _set(desk, response, COOKIE, desk.sessions.issue(actor))
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

    return router


def _form(desk: Desk, following: str, problem: str = "") -> Response:
    nonce = secrets.token_urlsafe(18)
    text = desk.pages.render(
        "login.html.j2",
        actor=None,
        following=following,
        problem=problem,
        form_token=desk.sessions.form_token(nonce),
    )
    response = HTMLResponse(text, REFUSED if problem else 200)
    _set(desk, response, LOGIN_COOKIE, nonce)
    return response


def _set(desk: Desk, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=SESSION_SECONDS,
        path=desk.root,
        secure=desk.secure,
        httponly=True,
        samesite="strict",
    )


def _inside(path: str) -> str:
    """Return a page of the console, whatever somebody put into the address."""
    return path if INSIDE.fullmatch(path) else "/"
