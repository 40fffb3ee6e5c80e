"""What an operator sets to keep tickets in Linear."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from suture.domain.alert import Severity
from suture.domain.ticket import TicketState

Priority = Annotated[int, Field(ge=0, le=4)]
PRIORITIES = {Severity.CRITICAL: 1, Severity.HIGH: 2, Severity.MEDIUM: 3, Severity.LOW: 4}


class LinearSettings(BaseModel):
    """Tickets in Linear, with `tracker = "linear"`: by an API key or an OAuth token."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_url: str = Field(default="https://api.linear.app/graphql", pattern=r"^https?://[^\s@?#]+$")
    """Linear's GraphQL API."""
    api_key: SecretStr | None = Field(default=None, min_length=1)
    """A personal API key, if there is no OAuth token."""
    access_token: SecretStr | None = Field(default=None, min_length=1)
    """An OAuth application's access token."""
    team: str = Field(pattern=r"^[A-Za-z0-9]{1,20}$")
    """Key of the team that takes the tickets: what stands before the number, as in `ENG-12`."""
    states: dict[TicketState, str] = Field(default_factory=dict)
    """Name of the workflow state for each of `open`, `in_progress` and `closed`; unset: the first
    one of that type, and the team's own default for new tickets."""
    priorities: dict[Severity, Priority] = Field(default_factory=lambda: dict(PRIORITIES))
    """Linear's priority for each of `critical`, `high`, `medium` and `low`: 1 urgent, 2 high,
    3 medium, 4 low, 0 none. A severity that is left out gets none."""
    timeout_seconds: float = Field(default=15.0, gt=0, le=60)
    """How long one call may take."""

    @property
    def authorization(self) -> str:
        """The header's value: a key stands alone, a token is a bearer's."""
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        token = self.access_token.get_secret_value() if self.access_token else ""
        return f"Bearer {token}"

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if (self.api_key is None) == (self.access_token is None):
            raise ValueError("give api_key or access_token, and not both")
        return self
