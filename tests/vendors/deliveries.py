"""Deliveries as a gateway hands them to a vendor's webhook."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.envelopes import NOW
from integrations.inbound import Delivery, Webhook
from suture.domain.inbound import VendorAlert
from suture.hostile_json import parse_object

ROOT = Path(__file__).parents[2]
JSON_BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)
SECRET = "a-vendor-secret-of-the-tests"


def delivery(body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> Delivery:
    """Return a delivery that has just been received."""
    lowered = {key.lower(): value for key, value in (headers or {}).items()}
    return Delivery(headers=lowered, body=body, received_at=NOW)


def read(
    webhook: Webhook, payload: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> tuple[VendorAlert, ...]:
    """Read a payload as it would arrive."""
    body = json.dumps(payload).encode()
    return webhook.read(parse_object(body), delivery(body, headers))


def documented(page: str) -> list[Any]:
    """Return what a page shows as JSON."""
    return [json.loads(block) for block in JSON_BLOCK.findall((ROOT / page).read_text("utf-8"))]
