"""The carrier's HTTP interface."""

import json
import urllib.request

from .config import Config


def request_body(order: dict) -> bytes:
    parcel = {"reference": order["id"], "to": order["country"], "grams": order["weight_grams"]}
    return json.dumps(parcel, sort_keys=True).encode()


def book(config: Config, order: dict) -> str:
    """Book a parcel and return the carrier's tracking number."""
    request = urllib.request.Request(
        config.carrier_url,
        data=request_body(order),
        headers={"Authorization": f"Bearer {config.carrier_token}"},
    )
    with urllib.request.urlopen(request, timeout=config.timeout) as answer:
        return json.load(answer)["tracking"]
