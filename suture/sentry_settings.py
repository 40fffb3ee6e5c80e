"""What an operator sets to have Suture ask Sentry's API."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from suture.metrics_settings import API_URL

SLUG = r"^[A-Za-z0-9][\w-]{0,99}$"


class SentryServiceSettings(BaseModel):
    """What a service is called in Sentry."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    project: str | None = Field(default=None, pattern=SLUG)
    """Slug or number of its project; unset: the service's name."""
    environment: str | None = Field(default=None, pattern=r"^[^\s/]{1,64}$")
    """Its environment in Sentry; unset: the service's."""


class SentrySettings(BaseModel):
    """Sentry's API: own errors of incidents, release health and backfill."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(default="https://sentry.io", pattern=API_URL)
    """Where Sentry is: `https://de.sentry.io` for data in the EU, or your own."""
    auth_token: SecretStr = Field(min_length=1)
    """Token of an internal integration that may read organisation, issues and events."""
    organisation: str = Field(pattern=SLUG)
    """Slug of the organisation."""
    own_errors: bool = True
    """Count an incident's own errors at Sentry where its alerts came from a Sentry issue; else
    only what reached the gateway is counted, and alert rules hold much back."""
    complete_issues: bool = True
    """Fetch the latest event of an issue whose webhook has no stack trace."""
    ask_seer: bool = True
    """Read the root cause that Seer found, if it looked at the issue."""
    services: dict[str, SentryServiceSettings] = Field(default_factory=dict)
    """What services are called in Sentry, where it is not their own name."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long one call may take."""

    def project(self, service: str) -> str:
        """Return the slug or number of a service's project."""
        own = self.services.get(service)
        return (own.project if own else None) or service

    def environment(self, service: str, default: str) -> str:
        """Return what a service's environment is called in Sentry."""
        own = self.services.get(service)
        return (own.environment if own else None) or default
