"""The two addresses of a login by an identity provider."""

import contextlib
import functools
from collections.abc import AsyncIterator

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from apps.console.desk import COOKIE, Desk
from apps.console.entrance import Cookie, Entrance, inside
from apps.console.oidc_login import CALLBACK, LOGIN_SECONDS, Arrival, OidcLogin
from apps.threads import Threads
from suture.errors import NotAuthorised

OIDC_COOKIE = "suture_oidc"
REFUSED = 403
AT_ONCE = 2
"""So many logins wait for the provider; whoever comes then is asked to try again."""

log = structlog.get_logger()


def oidc_routes(desk: Desk, entrance: Entrance) -> APIRouter:
    """Return the way to the provider of the settings, and the way back."""
    login = OidcLogin(desk.parts.settings, desk.parts.decision_key)
    # Their own: a provider that hangs must not hold up the gateway beside the console.
    threads = Threads("the identity provider", AT_ONCE)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        threads.close()

    router = desk.router(lifespan)

    @router.get("/login/oidc")
    async def leave(request: Request) -> Response:
        """Send the browser to the provider."""
        entrance.knock(request)
        following = inside(request.query_params.get("next", ""))
        address, kept = await threads.run(functools.partial(login.leave, following))
        entrance.forgive(request)
        response = RedirectResponse(address, 303)
        # Lax: the provider sends the browser back, and a strict cookie would stay at home.
        cookie = Cookie(name=OIDC_COOKIE, value=kept, seconds=LOGIN_SECONDS, same_site="lax")
        entrance.give(response, cookie)
        return response

    @router.get(CALLBACK)
    async def come_back(request: Request) -> Response:
        """Start a session for whoever the provider vouches for."""
        entrance.knock(request)
        kept = request.cookies.get(OIDC_COOKIE, "")
        try:
            arrive = functools.partial(login.arrive, kept, dict(request.query_params))
            arrival = await threads.run(arrive)
        except NotAuthorised as error:
            log.warning("login.refused", via="oidc", reason=str(error))
            response = entrance.page("/", str(error), REFUSED)
        else:
            log.info("login.done", via=arrival.entry, user=arrival.actor.id)
            entrance.forgive(request)
            response = _welcome(desk, entrance, arrival)
        response.delete_cookie(OIDC_COOKIE, path=desk.root)
        return response

    return router


def _welcome(desk: Desk, entrance: Entrance, arrival: Arrival) -> Response:
    """Begin the session, and go on from a page of our own, which brings the strict cookie."""
    page = desk.pages.render("onward.html.j2", path=f"{desk.root}{arrival.following}")
    response = HTMLResponse(page)
    cookie = desk.sessions.issue(arrival.actor, arrival.entry)
    entrance.give(response, Cookie(name=COOKIE, value=cookie))
    return response
