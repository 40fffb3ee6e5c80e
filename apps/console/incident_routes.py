"""Pages of incidents, and the form by which people decide."""

import asyncio
import re
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from apps.console import incident_page as content
from apps.console.desk import Desk
from apps.console.forms import read_target
from apps.console.incidents import CLOSED, OPEN, list_page, read_incident
from apps.console.sessions import Session
from apps.decisions import Intent, send_decision
from suture.domain.approval import DecisionKind
from suture.domain.report import IncidentReport
from suture.errors import Conflict, InvalidInput, NotFound

DECISION_ID = re.compile(r"[0-9a-f]{32}")
VERDICT_SECONDS = 5.0
"""How long the browser waits for the verdict before it is shown the page again."""
MAX_COMMENT = 8_000


def incident_routes(desk: Desk) -> APIRouter:
    """Return the routes of incidents."""
    router = desk.router()

    @router.get("/")
    async def show_incidents(request: Request) -> Response:
        """List incidents, the open ones first."""
        session = desk.session(request)
        places = _place(desk, request, "open"), _place(desk, request, "closed")
        opened, closed = await asyncio.gather(
            list_page(desk.client, OPEN, places[0]), list_page(desk.client, CLOSED, places[1])
        )
        return desk.page(
            session,
            "incidents.html.j2",
            opened=opened,
            closed=closed,
            seal=desk.sessions.seal_place,
            now=datetime.now(UTC),
            first=not any(places),
        )

    @router.get("/incidents/{name}")
    async def show_incident(request: Request, name: str) -> Response:
        """Show everything there is to say of one incident."""
        session = desk.session(request)
        _, report = await read_incident(desk.client, name)
        decision_id = request.query_params.get("decision", "")
        return await _incident(desk, session, report, decision_id)

    @router.get("/incidents/{name}/ledger")
    async def show_ledger(request: Request, name: str) -> Response:
        """Show the record of an incident, and whether it verifies."""
        session = desk.session(request)
        _, report = await read_incident(desk.client, name)
        record = await asyncio.to_thread(content.read_record, report, desk.parts)
        return desk.page(session, "ledger.html.j2", report=report, record=record)

    @router.post("/incidents/{name}/decisions")
    async def decide(request: Request, name: str) -> Response:
        """Send a decision about what the page showed; the incident judges it."""
        return await _decide(desk, request, name)

    return router


def _place(desk: Desk, request: Request, name: str) -> bytes | None:
    sealed = request.query_params.get(name, "")
    place = desk.sessions.read_place(sealed) if sealed else None
    if sealed and place is None:
        raise InvalidInput("This page of the list cannot be found.")
    return place


async def _incident(
    desk: Desk, session: Session, report: IncidentReport, decision_id: str
) -> Response:
    artifacts = desk.parts.artifacts
    change, mitigation, tests = await asyncio.gather(
        asyncio.to_thread(content.read_change, report, artifacts),
        asyncio.to_thread(content.read_mitigation, report, artifacts),
        asyncio.to_thread(content.read_test, report, artifacts),
    )
    question = content.question_for(report, session.actor, desk.parts)
    decided = decision_id if DECISION_ID.fullmatch(decision_id) else ""
    return desk.page(
        session,
        "incident.html.j2",
        report=report,
        change=change,
        mitigation=mitigation,
        tests=tests,
        question=question,
        decided=decided,
        verdict=content.verdict_on(report, decided),
        # A page that reloads itself would eat a comment that somebody is typing.
        refreshes=content.is_open(report) and not (question and question.has_comment),
        temporal=content.temporal_link(report, desk.parts),
        length=content.ended_or(report, datetime.now(UTC)) - report.summary.opened_at,
    )


async def _decide(desk: Desk, request: Request, name: str) -> Response:
    session = desk.session(request)
    form = await desk.form(request, session)
    intent = _intent(session, form)
    _, report = await read_incident(desk.client, name)
    seen = report.model_copy(update={"target": read_target(form)})
    try:
        await send_decision(
            desk.client, desk.parts.decision_key, seen, intent, seconds=VERDICT_SECONDS
        )
    except NotFound as error:
        raise Conflict(str(error)) from error
    return desk.see(f"/incidents/{report.case_id}?decision={intent.decision_id}")


def _intent(session: Session, form: dict[str, str]) -> Intent:
    decision_id, comment = form.get("decision_id", ""), form.get("comment", "").strip()
    if not DECISION_ID.fullmatch(decision_id):
        raise InvalidInput("The form names no decision. Load the page again.")
    if len(comment) > MAX_COMMENT:
        raise InvalidInput(f"The comment is longer than {MAX_COMMENT:,} characters.")
    try:
        kind = DecisionKind(form.get("kind", ""))
    except ValueError as error:
        raise InvalidInput("The form names no decision that exists.") from error
    if kind is DecisionKind.REQUEST_CHANGES and not comment:
        raise InvalidInput("Say in the comment what is to be changed.")
    return Intent(actor=session.actor, kind=kind, comment=comment, decision_id=decision_id)
