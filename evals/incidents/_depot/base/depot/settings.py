"""Settings with their defaults."""

import json
from pathlib import Path

DEFAULTS = Path(__file__).with_name("defaults.json")


def load(overrides=None):
    """Return all settings, what is overridden in place of the default."""
    return {**json.loads(DEFAULTS.read_text()), **(overrides or {})}


def window_hours(settings):
    """Return how long a delivery takes at most."""
    return settings["window_hours"]
