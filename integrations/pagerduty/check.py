"""Looks whether PagerDuty takes Suture's events, waking nobody."""

from integrations.pagerduty.escalation import PagerDuty
from suture.domain.value import Value
from suture.errors import SutureError
from suture.pagerduty_settings import PagerDutySettings

NOBODY = "suture-check"
"""Key of no alert: PagerDuty drops what resolves it."""


class Finding(Value):
    """One thing, whether it is as it must be, and how to mend it."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


def examine(settings: PagerDutySettings) -> Finding:
    """Resolve an alert that does not exist. Raises nothing."""
    mend = "Copy the integration key of an Events API v2 integration to pagerduty.routing_key."
    try:
        PagerDuty(settings).stand_down(NOBODY)
    except SutureError as error:
        return Finding(name="PagerDuty", ok=False, detail=str(error), mend=mend)
    return Finding(name="PagerDuty", ok=True, detail="takes events with this routing key")
