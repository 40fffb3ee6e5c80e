"""What an operator sets to have PagerDuty call somebody when nobody decides in time."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class PagerDutySettings(BaseModel):
    """Pages for escalations; the table alone switches them on."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    routing_key: SecretStr
    """Integration key of an Events API v2 integration, of the service whose people are called."""
    events_url: str = Field(
        default="https://events.pagerduty.com", pattern=r"^https?://[^\s?#]+[^\s?#/]$"
    )
    """Where PagerDuty takes events; `https://events.eu.pagerduty.com` for an account in the EU."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long one call may take."""
