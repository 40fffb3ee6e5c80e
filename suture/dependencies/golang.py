"""Reads go.mod: https://go.dev/ref/mod#go-mod-file."""

import re

from suture.dependencies.pins import Pins, gathered
from suture.domain.evidence import Ecosystem

MAX_LINE = 1_000
REQUIRED = re.compile(r"^(?:require\s+)?(?P<name>[\w.~/-]{1,200})\s+(?P<version>v\d\S{0,99})")
REPLACED = re.compile(
    r"^(?:replace\s+)?(?P<name>[\w.~/-]{1,200})(?:\s+v\S+)?\s+=>\s+(?P<by>\S{1,200})"
    r"(?:\s+(?P<version>v\d\S{0,99}))?"
)
BLOCK = re.compile(r"^(?P<kind>\w+)\s*\($")


def read_go_mod(text: str) -> Pins:
    """Read what a module requires; what it replaces is told as the version that it has."""
    versions: list[tuple[object, object]] = []
    replaced: dict[str, str] = {}
    direct: set[str] = set()
    block = ""
    for raw in text.split("\n"):
        line, _, remark = raw[:MAX_LINE].partition("//")
        line = line.strip()
        if match := BLOCK.match(line):
            block = match["kind"]
        elif line == ")":
            block = ""
        elif (block or line.partition(" ")[0]) == "require" and (match := REQUIRED.match(line)):
            versions.append((match["name"], match["version"]))
            if remark.strip() != "indirect":
                direct.add(match["name"])
        elif (block or line.partition(" ")[0]) == "replace" and (match := REPLACED.match(line)):
            replaced[match["name"]] = f"{match['by']} {match['version'] or ''}".strip()
    asked = gathered(versions)
    told = {name: replaced.get(name, version) for name, version in asked.items()}
    return Pins(ecosystem=Ecosystem.GO, versions=told, direct=frozenset(direct), locked=True)
