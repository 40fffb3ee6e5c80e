"""Puts the console together. It is mounted where links to it point, `/console` by default."""

from importlib.resources import files

from fastapi import APIRouter, Request, Response
from temporalio.client import Client

from apps.console.codec_server import codec_routes
from apps.console.desk import Desk, make_desk
from apps.console.incident_routes import incident_routes
from apps.console.local_pages import local_routes
from apps.console.login import login_routes
from suture.errors import NotFound
from workers.parts import Parts

STYLESHEET = "console.css"


def console_router(parts: Parts, client: Client) -> APIRouter:
    """Return all routes of the console, and of the codec server beside it."""
    router = APIRouter()
    router.include_router(codec_routes(parts))
    router.include_router(mount(make_desk(parts, client)))
    return router


def mount(desk: Desk) -> APIRouter:
    """Return the routes of these parts."""
    router = APIRouter()
    for routes in (login_routes(desk), incident_routes(desk), local_routes(desk), _rest(desk)):
        router.include_router(routes)
    return router


def _rest(desk: Desk) -> APIRouter:
    router = desk.router()
    style = (files("apps.console") / "static" / STYLESHEET).read_bytes()

    @router.get("")
    async def enter() -> Response:
        """Send whoever leaves the slash out to the list."""
        return desk.see("/")

    @router.get(f"/static/{STYLESHEET}")
    async def show_style() -> Response:
        """Return the stylesheet; it is nobody's secret."""
        return Response(style, media_type="text/css")

    @router.get("/{path:path}")
    async def miss(request: Request, path: str) -> Response:
        """Say that there is no such page."""
        desk.session(request)
        raise NotFound(f"There is no page {path[:200]}.")

    return router
