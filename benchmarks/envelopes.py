"""Events in envelopes as Sentry's SDKs send them, and the services that they are for.

https://develop.sentry.dev/sdk/data-model/envelopes/
"""

import json
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from suture.settings import ServiceSettings

KEY = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
OTHER_KEY = "00112233445566778899aabbccddeeff"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client=test/1"}
SERVICES = {
    "shop": ServiceSettings(
        name="shop", repository="shop", project="7", ingest_key=SecretStr(KEY), environment="live"
    ),
    "till": ServiceSettings(
        name="till", repository="till", project="8", ingest_key=SecretStr(OTHER_KEY)
    ),
}


def event(number: int = 1, *, error: str = "ZeroDivisionError", **fields: object) -> dict[str, Any]:
    """Return an event whose id is the number and whose incident goes by the error's name."""
    frame = {
        "filename": "shop/cart.py",
        "abs_path": "/app/shop/cart.py",
        "function": "average",
        "module": "shop.cart",
        "lineno": 12,
        "in_app": True,
        "context_line": "    return total / count",
        "vars": {"total": "0", "count": "0"},
    }
    exception = {
        "type": error,
        "value": "division by zero",
        "stacktrace": {"frames": [frame]},
        "mechanism": {"type": "generic", "handled": False},
    }
    return {
        "event_id": f"{number:032x}",
        "timestamp": NOW.isoformat(),
        "platform": "python",
        "level": "error",
        "exception": {"values": [exception]},
        **fields,
    }


def item(kind: str, payload: bytes, *, length: bool = True) -> bytes:
    """Return one item of an envelope; without its length it ends with the line."""
    header: dict[str, Any] = {"type": kind}
    if length:
        header["length"] = len(payload)
    return json.dumps(header).encode() + b"\n" + payload + b"\n"


def envelope(*items: bytes, **headers: object) -> bytes:
    """Put items into an envelope."""
    return json.dumps(headers).encode() + b"\n" + b"".join(items)


def event_envelope(number: int = 1, *, error: str = "ZeroDivisionError") -> bytes:
    """Return an event in an envelope of its own."""
    body = json.dumps(event(number, error=error)).encode()
    return envelope(item("event", body), event_id=f"{number:032x}")
