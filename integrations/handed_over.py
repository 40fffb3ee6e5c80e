"""Issues of a tracker that people hand to Suture: what their labels and words mean."""

from collections.abc import Mapping, Sequence

from suture.domain.alert import ExceptionInfo
from suture.traces.stacks import read_stack

REQUEST = "suture-fix"
"""Label by which people ask Suture to look at an issue. Suture's own tickets never have it."""
OWN_NAME = "suture"
"""What Suture's account is called, in whatever case: its own changes are no news."""
MAX_READ_CHARACTERS = 200_000
SEPARATORS = (":", "/")


def is_requested(labels: Sequence[str]) -> bool:
    """Whether one of these labels hands the issue over."""
    return any(label.strip().casefold() == REQUEST for label in labels)


def is_own(name: str | None) -> bool:
    """Whether this is the name of Suture's own account."""
    return (name or "").strip().casefold() == OWN_NAME


def facts_of(labels: Sequence[str]) -> Mapping[str, str]:
    """Return what the labels say: `service:shop` and `service/shop` name a service."""
    facts: dict[str, str] = {}
    for label in labels:
        for separator in SEPARATORS:
            name, found, value = label.partition(separator)
            if found and name.strip() and value.strip():
                facts.setdefault(name.strip().lower(), value.strip())
                break
    return facts


def exceptions_in(text: str) -> tuple[ExceptionInfo, ...]:
    """Return the stack trace that somebody pasted, if there is one."""
    text = text[:MAX_READ_CHARACTERS]
    return read_stack(text)
