"""Real events from sentry-sdk, caught instead of sent."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import sentry_sdk
from pydantic import JsonValue
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from suture.domain.alert import Alert
from suture.traces.sentry import parse_event

RECEIVED_AT = datetime(2100, 1, 1, tzinfo=UTC)


class Collector(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, JsonValue]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        for item in envelope.items:
            if item.type == "event":
                self.events.append(json.loads(item.get_bytes()))


def captured(fire: Callable[[], object], release: str | None = None) -> dict[str, JsonValue]:
    """Return the event of the exception that a call raises, or that it captures itself."""
    collector = Collector()
    client = sentry_sdk.Client(
        dsn="http://key@127.0.0.1/1",
        transport=collector,
        auto_enabling_integrations=False,
        default_integrations=False,
        release=release,
        environment="staging",
        server_name="web-1",
    )
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        try:
            fire()
        except Exception as error:  # noqa: BLE001 - the edge of the code under test
            scope.capture_exception(error)
    return collector.events[-1]


def read(event: dict[str, JsonValue]) -> Alert:
    return parse_event(event, service="shop", received_at=RECEIVED_AT)


def sample(**fields: JsonValue) -> dict[str, JsonValue]:
    """Return a small event with one own and one foreign frame."""
    frames: list[JsonValue] = [
        {
            "filename": "shop/cart.py",
            "abs_path": "/app/shop/cart.py",
            "function": "average",
            "module": "shop.cart",
            "lineno": 12,
            "context_line": "    return total / count",
            "in_app": True,
            "vars": {"total": "0", "count": "0"},
        }
    ]
    exception: JsonValue = {
        "type": "ZeroDivisionError",
        "value": "division by zero",
        "stacktrace": {"frames": frames},
    }
    return {
        "event_id": "a" * 32,
        "timestamp": "2026-05-04T03:12:40.5Z",
        "level": "error",
        "exception": {"values": [exception]},
        **fields,
    }
