"""What a production system said went wrong, normalised from every source.

Field names follow Sentry's event payload where it has a word for the thing:
https://develop.sentry.dev/sdk/data-model/event-payloads/
"""

from enum import StrEnum

from pydantic import Field, JsonValue

from suture.domain.value import Digest, Instant, Line, Prose, Slug, Value

MAX_NOTICES_IN_BATCH = 20


class AlertSource(StrEnum):
    """Where an alert came from."""

    SENTRY = "sentry"
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    DATADOG = "datadog"
    PAGERDUTY = "pagerduty"
    GITHUB = "github"
    GITLAB = "gitlab"
    CIRCLECI = "circleci"
    JENKINS = "jenkins"
    JIRA = "jira"
    LINEAR = "linear"
    GENERIC = "generic"
    TRACEBACK = "traceback"
    CI_LOG = "ci_log"


class AlertKind(StrEnum):
    """What sort of evidence an alert carries."""

    EXCEPTION = "exception"
    """A stack trace from a running service."""
    TEST_FAILURE = "test_failure"
    """One or more named tests failed."""
    SIGNAL = "signal"
    """A threshold, a log line or a page without a stack trace."""


class Severity(StrEnum):
    """How bad it is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Frame(Value):
    """One call on the stack."""

    filename: str
    """Path as the runtime saw it; relative to the repository where that is known."""
    function: str | None = None
    module: str | None = None
    lineno: int | None = Field(default=None, ge=0)
    colno: int | None = Field(default=None, ge=0)
    """Column from 1, of scripts whose place a source map may still have to tell."""
    context_line: str | None = None
    pre_context: tuple[str, ...] = ()
    post_context: tuple[str, ...] = ()
    in_app: bool = True
    variables: dict[str, JsonValue] = Field(default_factory=dict)
    """Locals: Python reprs as strings, containers kept as JSON structure. Scrubbed of secrets."""


class ExceptionInfo(Value):
    """One link of an exception chain."""

    type: str
    value: str = ""
    module: str | None = None
    frames: tuple[Frame, ...] = ()
    """Oldest call first; the last frame raised."""
    handled: bool | None = None


class HttpRequest(Value):
    """The request a service was answering when it failed."""

    method: str = "GET"
    url: str = ""
    data: JsonValue = None


class FailedTest(Value):
    """One failed test as a CI log or report names it."""

    node_id: str
    """As the runner names it, for pytest `path/test_x.py::test_name`."""
    message: str = ""


class Alert(Value):
    """One alert in full. It lives in the artifact store; notices of it travel."""

    alert_id: str
    """The sender's id of this delivery or event; the same when it is sent again."""
    source: AlertSource
    kind: AlertKind
    service: Slug
    environment: str = "production"
    title: Line
    severity: Severity = Severity.HIGH
    occurred_at: Instant
    release: str | None = None
    transaction: str | None = None
    exceptions: tuple[ExceptionInfo, ...] = ()
    """Cause first, as raised; the last one is what reached the top."""
    failed_tests: tuple[FailedTest, ...] = ()
    request: HttpRequest | None = None
    message: Prose = ""
    log: str = ""
    """Log lines or the CI log's failing part, scrubbed and bounded at 256 KiB by its parser."""
    tags: dict[str, str] = Field(default_factory=dict)
    group: str = ""
    """The sender's own name of the problem, the same each time that it begins or ends. It tells
    alerts without a stack trace and without failed tests apart."""
    link: str = ""
    """Where people see it at its source; http or https."""


class AlertNotice(Value):
    """What travels of an alert in signals and histories."""

    alert_id: str
    source: AlertSource
    severity: Severity
    occurred_at: Instant
    release: str | None = None
    link: str = Field(default="", max_length=1_000)
    """Where people see it at its source."""
    event: Digest
    """The `Alert` as canonical JSON in the artifact store."""


class AlertBatch(Value):
    """All alerts of one incident that were committed to Temporal together."""

    batch_id: str
    """Unique per commit; a batch that is delivered twice counts once."""
    count: int = Field(ge=1)
    """Alerts in the batch, the sampled ones included."""
    notices: tuple[AlertNotice, ...] = Field(min_length=1, max_length=MAX_NOTICES_IN_BATCH)
    """A bounded sample, oldest first."""
