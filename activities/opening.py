"""Opening and closing an incident: what is known of its service, its past and its budget."""

from datetime import timedelta

from pydantic import Field
from temporalio import activity

from activities.failures import translated
from suture.domain.incident import IncidentKey
from suture.domain.resolution import Resolution, ResolutionKind
from suture.domain.service import Service
from suture.domain.usage import Usage
from suture.domain.value import Digest, Instant, Line, Value
from suture.errors import NotFound
from suture.policy.budgets import Grant, Reservation
from suture.policy.model import Budget, Policy
from suture.ports.memory import Memory, PastIncident

WEEK = timedelta(days=7)
MAX_PAST = 100_000
MAX_TOLD = 10


class CaseRequest(Value):
    """Which incident is opened, and when."""

    key: IncidentKey
    now: Instant


class Case(Value):
    """What an incident starts from. The policy is a snapshot: it does not change under way."""

    service: Service
    policy: Policy
    past: tuple[PastIncident, ...] = ()
    """Earlier incidents of this key, newest first: the last few."""
    occurrence: int = Field(default=1, ge=1)
    """How often it has happened, this time included."""
    heals_this_week: int = 0


class FixLook(Value):
    """Which incident repairs a cause that another one waits for, and since when that waits."""

    incident_id: str
    cause: Digest
    since: Instant
    now: Instant


class FixSight(Value):
    """What became of a fix that is waited for."""

    held: bool
    """The other incident is still about it."""
    ending: PastIncident | None = None
    """How it ended meanwhile."""


class ReservationRequest(Value):
    """What a repair asks for, and the limits of the policy that its incident began with."""

    reservation: Reservation
    budget: Budget


class SettlementRequest(Value):
    """What a repair really used. Idempotent by `entry_key`."""

    entry_key: str
    repository: str
    at: Instant
    usage: Usage


class ClosingRequest(Value):
    """How an incident ended, to be remembered. Idempotent by run id."""

    key: IncidentKey
    run_id: str
    at: Instant
    resolution: Resolution
    summary: Line


class CaseActivities:
    """Knows the catalogue, the policy and the past."""

    def __init__(self, catalogue: dict[str, Service], policy: Policy, memory: Memory) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._memory = memory

    @activity.defn(name="open_case")
    @translated
    def open_case(self, request: CaseRequest) -> Case:
        """Look up the service, the policy and earlier incidents of the same key.

        Raises:
            NotFound: the service is not in the catalogue.
        """
        service = self._catalogue.get(request.key.service)
        if service is None:
            raise NotFound(
                f"No service named {request.key.service} is configured."
                f" Add [services.{request.key.service}] to suture.toml and restart the worker."
            )
        past = self._memory.recall(request.key, MAX_PAST)
        healed = [
            earlier
            for earlier in past
            if earlier.kind in {ResolutionKind.FIXED, ResolutionKind.REGRESSED}
            and earlier.closed_at >= request.now - WEEK
        ]
        return Case(
            service=service,
            policy=self._policy,
            past=past[:MAX_TOLD],
            occurrence=len(past) + 1,
            heals_this_week=len(healed),
        )

    @activity.defn(name="look_at_fix")
    @translated
    def look_at_fix(self, request: FixLook) -> FixSight:
        """See whether another incident still repairs a cause, or how it ended."""
        ending = self._memory.ending_of(request.incident_id)
        if ending is not None and ending.closed_at >= request.since:
            return FixSight(held=False, ending=ending)
        held = self._memory.holder_of(request.cause, request.now)
        return FixSight(held=held is not None and held.incident_id == request.incident_id)

    @activity.defn(name="reserve_budget")
    @translated
    def reserve_budget(self, request: ReservationRequest) -> Grant:
        """Reserve an attempt and its money where every worker sees it. Idempotent by entry key."""
        return self._memory.reserve(request.reservation, request.budget)

    @activity.defn(name="settle_budget")
    @translated
    def settle_budget(self, request: SettlementRequest) -> None:
        """Put what was really used in the reservation's place. Idempotent by entry key."""
        self._memory.settle(request.entry_key, request.repository, request.at, request.usage)

    @activity.defn(name="remember_incident")
    @translated
    def remember_incident(self, request: ClosingRequest) -> None:
        """Keep how it ended for the incidents to come."""
        self._memory.remember(
            request.key,
            PastIncident(
                incident_id=request.key.incident_id,
                run_id=request.run_id,
                kind=request.resolution.kind,
                summary=request.summary,
                closed_at=request.at,
                merge_sha=request.resolution.merge_sha,
            ),
        )
