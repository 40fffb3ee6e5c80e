"""Limits from a JSON document: `{"clients": {"acme": {"per_minute": 120, "burst": 10}}}`."""

import json

DEFAULT_PER_MINUTE = 60
DEFAULT_BURST = 5


class BadConfig(Exception):
    """A limit that makes no sense."""


def load(text):
    """Return the clients' settings by name."""
    return json.loads(text).get("clients", {})


def per_minute(client):
    """Requests per minute of a client's settings; 60 where nothing is set."""
    value = int(client.get("per_minute"))
    if value < 1:
        raise BadConfig("per_minute is %d" % value)
    return value


def burst(client):
    """Requests at once; 5 where nothing is set."""
    value = int(client.get("burst", DEFAULT_BURST))
    if value < 1:
        raise BadConfig("burst is %d" % value)
    return value
