"""What all ways to log in share: the page, its cookies, and the limit of attempts."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from apps.console.desk import Desk
from apps.console.sessions import SESSION_SECONDS
from apps.console.visitors import LoginLimits

LOGIN_COOKIE = "suture_login"
INSIDE = re.compile(r"/[A-Za-z0-9_.-][A-Za-z0-9/_.-]{0,300}")


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """A cookie of the console's; no script sees it."""

    name: str
    value: str
    seconds: int = SESSION_SECONDS
    same_site: Literal["strict", "lax"] = "strict"


class Entrance:
    """The door of the console."""

    def __init__(self, desk: Desk, monotonic: Callable[[], float]) -> None:
        self._desk = desk
        self._limits = LoginLimits(monotonic)

    def knock(self, request: Request) -> None:
        """Count an attempt.

        Raises:
            RateLimited: there were too many.
        """
        self._limits.take(_address(request))

    def forgive(self, request: Request) -> None:
        """Take back that an attempt counted: it was no guess."""
        self._limits.give_back(_address(request))

    def page(self, following: str, problem: str = "", status: int = 200) -> Response:
        """Return the login page, tied to this browser."""
        nonce, settings = secrets.token_urlsafe(18), self._desk.parts.settings
        text = self._desk.pages.render(
            "login.html.j2",
            actor=None,
            following=following,
            problem=problem,
            form_token=self._desk.sessions.form_token(nonce),
            provider=settings.oidc.name if settings.oidc else "",
            has_tokens=not settings.users or any(u.token_sha256 for u in settings.users.values()),
        )
        response = HTMLResponse(text, status)
        self.give(response, Cookie(name=LOGIN_COOKIE, value=nonce))
        return response

    def give(self, response: Response, cookie: Cookie) -> None:
        """Set a cookie that only the console gets back."""
        response.set_cookie(
            cookie.name,
            cookie.value,
            max_age=cookie.seconds,
            path=self._desk.root,
            secure=self._desk.secure,
            httponly=True,
            samesite=cookie.same_site,
        )


def inside(path: str) -> str:
    """Return a page of the console, whatever somebody put into the address."""
    return path if INSIDE.fullmatch(path) else "/"


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
