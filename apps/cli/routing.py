"""Says what the gateway would make of a vendor's delivery, without a gateway."""

import contextlib
import glob
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from integrations.inbound import Delivery, Webhook
from suture.arrival import arrival_of
from suture.domain.alert import Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.domain.service import Service
from suture.domain.value import Value
from suture.errors import InvalidInput
from suture.hostile_json import parse_object
from suture.routing import LABELS, Routed, RoutingTable, facts_of
from suture.settings import Settings
from suture.traces.bounds import bounded_line
from suture.traces.vendor import alert_of

MAX_SUGGESTED_CHARACTERS = 200
"""Longer facts make no readable route."""
UNNAMED = "name-of-your-service"
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
TELLING = (*LABELS, "alertname", "monitor", "team")
"""What to propose a route by, best first; else any other label, else the title."""


class ExplainedAlert(Value):
    """One alert of the delivery, and what becomes of it."""

    transition: Transition
    title: str
    severity: Severity
    service: str | None
    """None: no service takes it, and it would be lost."""
    environment: str
    reason: str
    fingerprint: str | None
    incident: str | None
    """The incident that it joins; raised opens it if none is open."""
    facts: dict[str, str]
    """What routes can match."""
    suggestion: str = ""
    """A table for `suture.toml` that would route it; empty if it is routed."""


class Explanation(Value):
    """What the gateway would make of a delivery."""

    vendor: str
    served: bool
    """The vendor has a secret in the settings; without one the gateway takes nothing from it."""
    alerts: tuple[ExplainedAlert, ...]

    @property
    def unrouted(self) -> int:
        """How many alerts no service takes."""
        return sum(alert.service is None for alert in self.alerts)


def delivery_of(content: bytes, headers: Sequence[str], settings: Settings) -> Delivery:
    """Return what was given as if it had arrived; each header is `NAME=VALUE`.

    Raises:
        InvalidInput: a header has no `=`, or the body is larger than the gateway takes.
    """
    if len(content) > settings.gateway.max_decompressed_bytes:
        raise InvalidInput("The payload is larger than gateway.max_decompressed_bytes.")
    pairs = [header.partition("=") for header in headers]
    if not all(equals and name.strip() for name, equals, _ in pairs):
        raise InvalidInput("Write a header as NAME=VALUE: --header X-GitHub-Event=workflow_run")
    return Delivery(
        headers={name.strip().lower(): value.strip() for name, _, value in pairs},
        body=content,
        received_at=datetime.now(UTC),
    )


def read_payload(file: str, stdin: bytes | None) -> bytes:
    """Return the payload; `-` is what came from standard input.

    Raises:
        InvalidInput: the file cannot be read.
    """
    if file == "-":
        return stdin or b""
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.") from error


def find_vendor(
    delivery: Delivery, webhooks: Mapping[str, Webhook], vendor: str | None
) -> tuple[str, tuple[VendorAlert, ...]]:
    """Return whose delivery it is, and its alerts; guess if nobody says.

    Raises:
        InvalidInput: no such vendor; it cannot read this; or the guess is not clear.
    """
    payload = parse_object(delivery.body, what="payload")
    if vendor is not None:
        if vendor not in webhooks:
            raise InvalidInput(f"There is no vendor {vendor!r}. Known ones: {_names(webhooks)}.")
        return vendor, webhooks[vendor].read(payload, delivery)
    candidates: dict[str, tuple[VendorAlert, ...]] = {}
    for name, webhook in webhooks.items():
        with contextlib.suppress(InvalidInput):
            if alerts := webhook.read(payload, delivery):
                candidates[name] = alerts
    if len(candidates) == 1:
        return candidates.popitem()
    if candidates:
        raise InvalidInput(f"Say whose it is with --vendor: it may be {_names(candidates)}'s.")
    raise InvalidInput(
        "No vendor's reader finds an alert in it. Say whose it is, to see why, with --vendor:"
        f" {_names(webhooks)}. Some tell the event in a header: --header NAME=VALUE."
    )


def explain(
    settings: Settings, vendor: str, told: Sequence[VendorAlert], named: str | None
) -> Explanation:
    """Say of each alert where it goes and why; `named` is what the webhook's URL says.

    Raises:
        InvalidInput: a field of an alert that a service takes cannot be understood.
    """
    table, services = settings.routing(), settings.catalogue()
    configured = settings.webhooks.get(vendor)
    return Explanation(
        vendor=vendor,
        served=bool(configured and configured.known()),
        alerts=tuple(_explained(one, table, services, named) for one in told),
    )


def _explained(
    told: VendorAlert, table: RoutingTable, services: Mapping[str, Service], named: str | None
) -> ExplainedAlert:
    routed = table.route(told, services, named)
    fingerprint, incident = _identity(told, routed)
    return ExplainedAlert(
        transition=told.transition,
        title=bounded_line(told.title),
        severity=told.severity,
        service=routed.service,
        environment=routed.environment,
        reason=routed.reason,
        fingerprint=fingerprint,
        incident=incident,
        facts={name: value for name, value in facts_of(told).items() if value},
        suggestion="" if routed.service else suggest(told, sorted(services)),
    )


def _identity(told: VendorAlert, routed: Routed) -> tuple[str | None, str | None]:
    if routed.service is None:
        return None, None
    alert = alert_of(
        told,
        service=routed.service,
        environment=routed.environment,
        received_at=datetime.now(UTC),
    )
    key = arrival_of(alert).key
    return key.fingerprint, key.incident_id


def suggest(told: VendorAlert, services: Sequence[str]) -> str:
    """Return a table for `suture.toml` that sends this alert, and its like, to a service."""
    service = services[0] if services else UNNAMED
    needs = "" if services else f" # needs a table [services.{UNNAMED}]"
    lines = [
        "[[routes]]",
        f"service = {_toml(service)}{needs}",
        f"source = {_toml(told.source.value)}",
    ]
    match = _telling(facts_of(told))
    if match is not None:
        name, value = match
        key = name if BARE_KEY.fullmatch(name) else _toml(name)
        lines.append(f"match = {{ {key} = {_toml(glob.escape(value))} }}")
    return "\n".join(lines)


def _telling(facts: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the fact that tells best whose alert it is."""
    others = sorted(facts.keys() - {*TELLING, "title", "environment"})
    for name in (*TELLING, *others, "title"):
        value = facts.get(name, "")
        if value and len(value) <= MAX_SUGGESTED_CHARACTERS and (name + value).isprintable():
            return name, value
    return None


def _toml(text: str) -> str:
    """Return a printable text as TOML, which reads it as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _names(names: Mapping[str, object]) -> str:
    return ", ".join(sorted(names))
