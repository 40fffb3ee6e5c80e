"""What all routes of the console share: who is looking, pages for them, forms from them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.types import Lifespan
from temporalio.client import Client

from apps.console.forms import read_form
from apps.console.guarding import LoginNeeded, guarded_route
from apps.console.sessions import Session, Sessions
from apps.console.showing import Pages
from suture.errors import NotAuthorised
from workers.parts import Parts

COOKIE = "suture_session"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The console's parts."""

    parts: Parts
    client: Client
    pages: Pages
    sessions: Sessions

    @property
    def root(self) -> str:
        """Path of the console."""
        return self.pages.root

    @property
    def secure(self) -> bool:
        """Whether cookies may travel over HTTPS only."""
        return self.parts.settings.gateway.public_url.startswith("https:")

    def router(self, lifespan: Lifespan[FastAPI] | None = None) -> APIRouter:
        """Return a router whose answers are guarded."""
        return APIRouter(
            prefix=self.root,
            route_class=guarded_route(self.pages),
            include_in_schema=False,
            lifespan=lifespan,
        )

    def session(self, request: Request) -> Session:
        """Return who is looking.

        Raises:
            LoginNeeded: nobody is logged in.
        """
        session = self.sessions.read(request.cookies.get(COOKIE, ""))
        if session is None:
            raise LoginNeeded
        return session

    def page(self, session: Session, template: str, **values: object) -> Response:
        """Return a page for somebody."""
        text = self.pages.render(
            template,
            actor=session.actor,
            form_token=self.sessions.form_token(session.session_id),
            **values,
        )
        return HTMLResponse(text)

    async def form(self, request: Request, session: Session) -> dict[str, str]:
        """Return the fields of a form that this session was shown.

        Raises:
            InvalidInput: it cannot be read.
            NotAuthorised: it was not shown to this session.
        """
        timeout = self.parts.settings.gateway.body_timeout_seconds
        form = await read_form(request, timeout)
        if not self.sessions.is_own_form(session.session_id, form.get("form_token", "")):
            raise NotAuthorised("This form is not from your session. Load the page again.")
        return form

    def see(self, path: str) -> Response:
        """Send the browser to a page of the console."""
        return RedirectResponse(f"{self.root}{path}", 303)


def make_desk(parts: Parts, client: Client, clock: Callable[[], float] = time.time) -> Desk:
    """Put the console's parts together."""
    root = urlsplit(parts.console_url).path
    return Desk(
        parts=parts,
        client=client,
        pages=Pages(root),
        sessions=Sessions(parts.decision_key, parts.settings.users, clock, parts.settings.oidc),
    )
