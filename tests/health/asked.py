"""What the files under `deploy/` ask of Prometheus."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = DEPLOY / "grafana" / "suture.json"
RULES = DEPLOY / "prometheus" / "suture-rules.yml"
NAME = re.compile(r"\b(?:suture|temporal)_[a-z0-9_]+\b")


def dashboard() -> dict[str, Any]:
    """Read the dashboard."""
    read: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return read


def panels() -> list[dict[str, Any]]:
    """Return the panels that show something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def rules() -> list[dict[str, Any]]:
    """Return all alerts."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Yield every query."""
    yield from (target["expr"] for panel in panels() for target in panel["targets"])
    yield from (rule["expr"] for rule in rules())


def asked(prefix: str) -> set[str]:
    """Return the names of all metrics that queries ask for."""
    return {
        name
        for expression in expressions()
        for name in NAME.findall(expression)
        if name.startswith(prefix)
    }
