"""What an operator sets to keep tickets in Jira."""

from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from suture.domain.alert import Severity
from suture.domain.ticket import TicketState

CLOUD_HOSTS = (".atlassian.net", ".jira.com", "api.atlassian.com")
OWN_FIELDS = {"project", "issuetype", "summary", "description", "labels", "priority"}


class JiraDeployment(StrEnum):
    """The two kinds of Jira, whose APIs differ."""

    CLOUD = "cloud"
    SERVER = "server"


class JiraSettings(BaseModel):
    """Tickets in Jira, with `tracker = "jira"`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    """Where people open Jira, with its context path if it has one."""
    deployment: JiraDeployment | None = None
    """Unset: `cloud` for Atlassian's hosts, else `server`, which is Data Center, too."""
    email: str | None = None
    """Whose API token it is, on Cloud."""
    token: SecretStr
    """API token on Cloud, personal access token on Data Center."""
    project: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,254}$")
    """Key of the project that takes the tickets."""
    issue_type: str = "Bug"
    """Name of the type of new tickets."""
    transitions: dict[TicketState, str] = Field(default_factory=dict)
    """Name of the transition, or of the status it leads to, for each of `open`, `in_progress` and
    `closed`; unset: the first one that leads to a status of that category."""
    priorities: dict[Severity, str] = Field(default_factory=dict)
    """Name of Jira's priority for each of `critical`, `high`, `medium` and `low`; unset: Jira's
    default."""
    resolution: str | None = None
    """Name of the resolution where the closing transition asks for one."""
    fields: dict[str, Any] = Field(default_factory=dict)
    """Further fields of new tickets by id, such as `customfield_10010`, as Jira's API takes
    them."""
    settle_seconds: float = Field(default=60.0, le=3_600)
    """How long after a lost answer Jira's index may take to show the ticket; at least
    `timeout_seconds`."""
    timeout_seconds: float = Field(default=15.0, gt=0, le=60)
    """How long one call may take."""

    @property
    def is_cloud(self) -> bool:
        """Whether it is Jira Cloud."""
        if self.deployment is not None:
            return self.deployment is JiraDeployment.CLOUD
        host = (urlsplit(self.url).hostname or "").lower()
        return f".{host}".endswith(CLOUD_HOSTS)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.is_cloud and not self.email:
            raise ValueError("Jira Cloud needs the email that the API token belongs to")
        if not self.token.get_secret_value():
            raise ValueError("the token is empty")
        if self.settle_seconds < self.timeout_seconds:
            raise ValueError("settle_seconds may not be less than timeout_seconds")
        clash = sorted(OWN_FIELDS & self.fields.keys())
        if clash:
            raise ValueError(f"fields may not set {', '.join(clash)}")
        return self
