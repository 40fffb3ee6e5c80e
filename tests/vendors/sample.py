"""One documented delivery."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A body, and the headers that tell what it is."""

    payload: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
