"""What vendors' webhooks tell, before anybody knows which service it is about."""

from enum import StrEnum

from pydantic import Field

from suture.domain.alert import (
    AlertKind,
    AlertSource,
    ExceptionInfo,
    FailedTest,
    HttpRequest,
    Severity,
)
from suture.domain.value import Instant, Value


class Transition(StrEnum):
    """What happened to a problem."""

    RAISED = "raised"
    RESOLVED = "resolved"


class VendorAlert(Value):
    """One alert as its vendor tells it: hostile text, neither bounded nor scrubbed.

    `suture.traces.vendor` makes an `Alert` of it.
    """

    alert_id: str
    """The vendor's id of this news; the same when it is delivered again."""
    source: AlertSource
    group: str
    """The vendor's own name of the problem: all its transitions share it."""
    transition: Transition = Transition.RAISED
    kind: AlertKind = AlertKind.SIGNAL
    title: str
    severity: Severity = Severity.HIGH
    occurred_at: Instant | None = None
    """Unset: when it was received."""
    service: str | None = None
    """The service as the vendor names it, which may be no name of ours."""
    environment: str | None = None
    release: str | None = None
    transaction: str | None = None
    message: str = ""
    log: str = ""
    link: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    """What routes are matched with; the alert's tags."""
    exceptions: tuple[ExceptionInfo, ...] = ()
    """Like `request` and `failed_tests` bounded and scrubbed by whoever read them."""
    request: HttpRequest | None = None
    failed_tests: tuple[FailedTest, ...] = ()
