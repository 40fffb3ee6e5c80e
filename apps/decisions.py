"""How a person's decision reaches its incident: the command line and the console share it.

The edge authenticates the person, says exactly what they were looking at, and signs that. The
workflow judges it; what the workflow refuses stays on record.
"""

import asyncio
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from suture.consent import sign_decision
from suture.domain.approval import Actor, Decision, DecisionKind
from suture.domain.report import IncidentReport
from suture.domain.value import Instant, Prose, Value
from suture.errors import InvalidInput, NotAuthorised, NotFound, SettingsError, Unreachable
from suture.settings import Settings, UserSettings
from workers.handles import Handle, incident_handle
from workflows.incident import IncidentWorkflow
from workflows.messages import PendingDecision

MAX_TOKEN_CHARACTERS = 1_024
JUDGING_SECONDS = 30.0
"""How long a person waits for the verdict; the decision is recorded all the same."""
LOOK_SECONDS = 0.25
QUERY_TIMEOUT = timedelta(seconds=5)


class Intent(Value):
    """What a person asks for."""

    actor: Actor
    kind: DecisionKind
    comment: Prose = ""
    decision_id: str = ""
    """The edge's own id where it has one, so that a repeated click counts once; else made up."""
    decided_at: Instant | None = None
    """When the person decided, where the edge delivers later; else now."""


def token_digest(token: str) -> str:
    """Return what settings keep of a login token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def authenticate(settings: Settings, token: str, via: str) -> Actor:
    """Return the person whose login token this is; takes the same time whoever it is.

    Raises:
        NotAuthorised: nobody has this token.
        SettingsError: the user's id cannot be a name.
    """
    user = _owner(settings.users, token)
    if user is None:
        raise NotAuthorised("Nobody has this login token.")
    return actor_of(settings, user, via)


def actor_of(settings: Settings, user: str, via: str) -> Actor:
    """Return the person of `[users.<user>]`, once it is certain that it is them.

    Raises:
        SettingsError: the user's id cannot be a name.
    """
    try:
        return Actor(id=user, role=settings.users[user].role, via=via)
    except ValidationError as error:
        raise SettingsError(
            f"The user {user!r} needs an id of small letters, digits, `-`, `_` and `.`."
        ) from error


def build_decision(report: IncidentReport, intent: Intent) -> Decision:
    """Return the decision on what the report shows; it is not signed yet.

    Raises:
        InvalidInput: there is nothing to approve.
    """
    if intent.kind is DecisionKind.APPROVE and report.target is None:
        raise InvalidInput("Nothing waits for an approval in this incident.")
    return Decision(
        decision_id=intent.decision_id or uuid.uuid4().hex,
        kind=intent.kind,
        actor=intent.actor,
        target=report.target,
        comment=intent.comment,
        decided_at=intent.decided_at or datetime.now(UTC),
    )


async def send_decision(
    client: Client,
    key: bytes,
    report: IncidentReport,
    intent: Intent,
    seconds: float = JUDGING_SECONDS,
) -> PendingDecision:
    """Sign the decision, hand it to the incident and wait for its verdict.

    With `accepted` None in the answer, Temporal has the decision and nobody has judged it yet.

    Raises:
        InvalidInput: there is nothing to approve.
        NotFound: the incident is over, or never was.
        Unreachable: Temporal does not answer.
    """
    decision = sign_decision(build_decision(report, intent), key)
    handle = incident_handle(client, report.key.incident_id)
    try:
        await handle.signal(IncidentWorkflow.receive_decision, decision)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFound("The incident is over: decisions no longer reach it.") from error
        raise Unreachable("Temporal does not answer.") from error
    return await await_verdict(handle, decision.decision_id, seconds)


async def await_verdict(handle: Handle, decision_id: str, seconds: float) -> PendingDecision:
    """Ask until the decision is judged or the time is up."""
    deadline = asyncio.get_running_loop().time() + seconds
    answer = PendingDecision(known=True)
    while answer.accepted is None and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            answer = await handle.query(
                IncidentWorkflow.show_decision, decision_id, rpc_timeout=QUERY_TIMEOUT
            )
        except (RPCError, WorkflowQueryFailedError):
            # No worker answers just now: the signal is safe, only its verdict is late.
            continue
    return answer


def _owner(users: Mapping[str, UserSettings], token: str) -> str | None:
    """Compare with everybody, so that the time taken tells nothing of who matched."""
    if not token or len(token) > MAX_TOKEN_CHARACTERS:
        return None
    digest, found = token_digest(token), None
    for name, user in users.items():
        if hmac.compare_digest(digest, user.token_sha256 or ""):
            found = name
    return found
