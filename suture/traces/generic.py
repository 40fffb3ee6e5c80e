"""Reads the vendor-neutral webhook's body: whatever can send JSON can raise an alert.

The format is Suture's own; `generic_schema` publishes it as JSON Schema.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, field_validator

from suture.canonical import digest_of
from suture.domain.alert import Alert, AlertKind, AlertSource, Severity
from suture.errors import InvalidInput
from suture.traces import bounds
from suture.traces.stacks import read_stack

MAX_ID_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 1024 * 1024


class GenericAlert(BaseModel):
    """One alert. Only the title is needed; unknown fields are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", title="Alert", use_attribute_docstrings=True
    )

    title: str = Field(min_length=1, max_length=MAX_TEXT_CHARACTERS)
    """What is wrong, in one line."""
    id: str = Field(default="", max_length=MAX_ID_CHARACTERS)
    """The sender's id of this delivery, the same when it is sent again; without one, equal
    bodies are the same delivery."""
    message: str = Field(default="", max_length=MAX_TEXT_CHARACTERS)
    """More about it, for people."""
    severity: Severity = Severity.HIGH
    """critical, high, medium or low."""
    occurred_at: AwareDatetime | None = None
    """When it happened, with a time zone; without one, when it was received."""
    environment: str = Field(default="production", max_length=bounds.MAX_NAME_CHARACTERS)
    """Where it happened."""
    release: str | None = Field(default=None, max_length=bounds.MAX_NAME_CHARACTERS)
    """What is deployed there: a version, a tag or a commit."""
    traceback: str = Field(default="", max_length=MAX_TEXT_CHARACTERS)
    """A stack trace as printed: Python's, JavaScript's, Go's or Java's."""
    log: str = Field(default="", max_length=MAX_TEXT_CHARACTERS)
    """The log lines around it; their end is kept."""
    tags: dict[str, str] = Field(default_factory=dict, max_length=bounds.MAX_TAGS)
    """Anything else, by name."""

    @field_validator("severity", mode="before")
    @classmethod
    def _in_lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


def parse_generic(
    payload: Mapping[str, JsonValue], *, service: str, received_at: datetime
) -> Alert:
    """Return the alert of a generic webhook's body, bounded and scrubbed.

    Raises:
        InvalidInput: a field is missing or has the wrong type; the message names it.
    """
    with bounds.refusing_misfits():
        body = GenericAlert.model_validate(bounds.readable_json(dict(payload)))
    title = bounds.bounded_line(body.title)
    if not title:
        raise InvalidInput("title: it must say something.")
    exceptions = read_stack(body.traceback)
    # A traceback that cannot be read still tells people something.
    log = body.log if exceptions else "\n".join(part for part in (body.log, body.traceback) if part)
    with bounds.refusing_misfits():
        return Alert(
            alert_id=bounds.bounded(body.id, MAX_ID_CHARACTERS) or digest_of(body),
            source=AlertSource.GENERIC,
            kind=AlertKind.EXCEPTION if exceptions else AlertKind.SIGNAL,
            service=service,
            environment=bounds.bounded_line(body.environment) or "production",
            title=title,
            severity=body.severity,
            occurred_at=min(body.occurred_at or received_at, received_at),
            release=bounds.bounded_line(body.release or "") or None,
            exceptions=exceptions,
            message=bounds.bounded(body.message, bounds.MAX_MESSAGE_CHARACTERS),
            log=bounds.bounded_log(log),
            tags=bounds.bounded_tags(body.tags.items()),
        )


def generic_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the body."""
    schema: dict[str, JsonValue] = GenericAlert.model_json_schema()
    return schema
