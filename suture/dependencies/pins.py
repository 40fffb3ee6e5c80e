"""What one manifest or lock file says of packages."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from suture.domain.evidence import Ecosystem
from suture.errors import InvalidInput

MAX_PACKAGES = 20_000
MAX_NAME = 200
MAX_VERSION = 100
MAX_TOML_LINE = 4_000
"""The time that a dotted key takes grows with the square of its length."""
SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, kw_only=True)
class Pins:
    """Packages by their names as their ecosystem compares them."""

    ecosystem: Ecosystem
    versions: Mapping[str, str]
    """Versions of a lock file, what is asked for of a manifest. Several are told together."""
    direct: frozenset[str] | None = None
    """Those that the project itself asks for; None: this file does not say."""
    locked: bool = False
    """The versions are what is installed."""


@dataclass
class Gathering:
    """Pins on their way; names and versions are bounded, several versions of a name are kept."""

    found: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, name: object, version: object) -> None:
        """Note a package; what is no text counts as no version."""
        if not isinstance(name, str) or not name or len(self.found) >= MAX_PACKAGES:
            return
        said = version if isinstance(version, str) else ""
        self.found.setdefault(name[:MAX_NAME], {})[said.strip()[:MAX_VERSION]] = None

    def versions(self) -> dict[str, str]:
        """Return one text for each name."""
        return {
            name: ", ".join(sorted(each for each in told if each))[:MAX_VERSION]
            for name, told in self.found.items()
        }


def canonical(name: str) -> str:
    """Return a Python package's name as PEP 503 compares it."""
    return SEPARATORS.sub("-", name[:MAX_NAME]).lower()


def gathered(pairs: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Return bounded versions by name."""
    gathering = Gathering()
    for name, version in pairs:
        gathering.add(name, version)
    return gathering.versions()


def table(value: object, *names: str) -> dict[str, object]:
    """Return the table that these names lead to; empty if there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def listed(value: object, *names: str) -> list[object]:
    """Return the list at the end of these names; empty if there is none."""
    found = table(value, *names[:-1]).get(names[-1])
    return found if isinstance(found, list) else []


def parse_toml(text: str) -> dict[str, object]:
    """Return a TOML document.

    Raises:
        InvalidInput: it is none, or has a line so long that its keys would take for ever.
    """
    if len(max(text.split("\n"), key=len)) > MAX_TOML_LINE:
        raise InvalidInput("A line of the TOML is too long.")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(f"This is no TOML: {error}"[:200]) from error
