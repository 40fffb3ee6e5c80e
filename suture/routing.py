"""Which service an alert belongs to: one table, and the reason for each answer.

Asked in this order: the operator's routes, the first that fits wins; the service that the
webhook's own URL names; the service that the alert names, as such or in a label; the service that
takes what nobody else does.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from pydantic import Field

from suture.domain.alert import AlertSource
from suture.domain.inbound import VendorAlert
from suture.domain.service import Service
from suture.domain.value import Slug, Value

LABELS = ("service", "service_name", "app", "application", "job", "repository", "project")
"""Labels that commonly name the service, most telling first."""
BRANCHLESS = frozenset({AlertSource.CIRCLECI, AlertSource.JENKINS})
"""Sources that do not say which branch is the default one: the service's base branch counts."""
MAX_MATCHED_CHARACTERS = 1_000


class Route(Value):
    """Sends alerts to a service. All conditions must hold; without any, all alerts match."""

    service: Slug
    """Who takes it: a name under `[services]`."""
    source: AlertSource | None = None
    """Where the alert came from; unset: from anywhere."""
    match: dict[str, str] = Field(default_factory=dict)
    """Label -> pattern with `*`, `?` and `[...]`, upper and lower case told apart. `title`,
    `environment` and `service` match the alert's own fields unless a label has that name."""
    environment: str | None = Field(default=None, min_length=1, max_length=100)
    """Where it happened, if the alert does not say."""


class Routed(Value):
    """Where an alert goes, and why."""

    service: Slug | None
    """None: no service takes it."""
    environment: str
    reason: str
    foreign: bool = False
    """Whether it is no alert of any service of ours, such as a failure on somebody's branch."""


class RoutingTable(Value):
    """Everything that is known about whose alert is whose."""

    routes: tuple[Route, ...] = ()
    fallback: Slug | None = None
    """Takes what nobody else does."""

    def route(
        self, alert: VendorAlert, services: Mapping[str, Service], named: str | None = None
    ) -> Routed:
        """Return the alert's service; `named` is what the webhook's URL says."""
        service, environment, reason = self._find(alert, services, named)
        known = services.get(service) if service else None
        where = alert.environment or environment or (known.environment if known else "production")
        branch = alert.labels.get("branch") if alert.source in BRANCHLESS else None
        if known is not None and branch and branch != known.base_branch:
            why = f"{reason}, but {branch} is not its base branch {known.base_branch}"
            return Routed(service=None, environment=where, reason=why, foreign=True)
        return Routed(service=service, environment=where, reason=reason)

    def _find(
        self, alert: VendorAlert, services: Mapping[str, Service], named: str | None
    ) -> tuple[str | None, str | None, str]:
        facts = facts_of(alert)
        for number, route in enumerate(self.routes, start=1):
            if _fits(route, alert.source, facts) and route.service in services:
                return route.service, route.environment, f"route {number} matches"
        if named in services:
            return named, None, "the webhook's URL names it"
        for label in LABELS:
            if facts.get(label) in services:
                return facts[label], None, f"the alert's `{label}` names it"
        if self.fallback in services:
            return self.fallback, None, "no route matches; it is the fallback"
        return (
            None,
            None,
            "no route matches, the alert names no known service, and none is fallback",
        )


def facts_of(alert: VendorAlert) -> dict[str, str]:
    """Return what routes are matched with."""
    own = {
        "title": alert.title,
        "environment": alert.environment or "",
        "service": alert.service or "",
    }
    return {key: value[:MAX_MATCHED_CHARACTERS] for key, value in {**own, **alert.labels}.items()}


def _fits(route: Route, source: AlertSource, facts: Mapping[str, str]) -> bool:
    if route.source is not None and route.source is not source:
        return False
    return all(fnmatchcase(facts.get(key, ""), pattern) for key, pattern in route.match.items())
