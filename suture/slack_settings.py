"""What an operator sets to have incidents told and decided in Slack."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

CHANNEL = r"^[CG][A-Z0-9]{2,}$"
SLACK_ID = r"^[TE][A-Z0-9]{2,}/[UW][A-Z0-9]{2,}$"


class SlackSettings(BaseModel):
    """Messages in Slack, with `chat = "slack"`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bot_token: SecretStr
    """Bot token of the app; it begins with `xoxb-`."""
    signing_secret: SecretStr | None = None
    """The app's signing secret; unset: messages have no buttons, and none are served."""
    channel: str = Field(pattern=CHANNEL)
    """Id of the channel that takes the messages; the app must be a member."""
    escalation_channel: str | None = Field(default=None, pattern=CHANNEL)
    """Id of the channel that is told, too, when nobody decides in time."""
    api_url: str = Field(default="https://slack.com/api/", pattern=r"^https?://[^\s?#]+/$")
    """Where Slack's Web API is; another one for GovSlack."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long one call may take."""

    @property
    def has_buttons(self) -> bool:
        """Whether a press could be told from a forged one."""
        return self.signing_secret is not None and bool(self.signing_secret.get_secret_value())
