"""Pages of the embedded adapters: tickets, the inbox and pull requests."""

import asyncio

from fastapi import APIRouter, Request, Response

from apps.console.desk import Desk
from apps.console.diffs import show_diff


def local_routes(desk: Desk) -> APIRouter:
    """Return the routes that show what the embedded adapters hold."""
    router = desk.router()
    parts = desk.parts

    @router.get("/tickets")
    async def show_tickets(request: Request) -> Response:
        """List tickets, newest first."""
        session = desk.session(request)
        tickets = await asyncio.to_thread(parts.embedded.tracker.list_tickets)
        return desk.page(session, "tickets.html.j2", tickets=tickets)

    @router.get("/tickets/{ticket_id}")
    async def show_ticket(request: Request, ticket_id: str) -> Response:
        """Show one ticket with its comments."""
        session = desk.session(request)
        ticket = await asyncio.to_thread(parts.embedded.tracker.get_ticket, ticket_id)
        return desk.page(session, "ticket.html.j2", ticket=ticket)

    @router.get("/inbox")
    async def show_inbox(request: Request) -> Response:
        """List messages, the last changed first."""
        session = desk.session(request)
        threads = await asyncio.to_thread(parts.embedded.chat.list_threads)
        return desk.page(session, "inbox.html.j2", threads=threads)

    @router.get("/inbox/{thread_id}")
    async def show_thread(request: Request, thread_id: str) -> Response:
        """Show one message with its replies."""
        session = desk.session(request)
        thread = await asyncio.to_thread(parts.embedded.chat.get_thread, thread_id)
        return desk.page(session, "thread.html.j2", thread=thread)

    @router.get("/pull-requests")
    async def show_pull_requests(request: Request) -> Response:
        """List pull requests, newest first."""
        session = desk.session(request)
        found = await asyncio.to_thread(parts.embedded.code_host.list_pull_requests)
        return desk.page(session, "pull_requests.html.j2", pull_requests=found)

    @router.get("/pull-requests/{pull_request_id}")
    async def show_pull_request(request: Request, pull_request_id: str) -> Response:
        """Show one pull request: text, diff, checks and what was said."""
        session = desk.session(request)
        page = await asyncio.to_thread(parts.embedded.code_host.get_page, pull_request_id)
        diff = show_diff(page.diff)
        return desk.page(session, "pull_request.html.j2", page=page, diff=diff)

    return router
