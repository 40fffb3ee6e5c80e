"""What an operator sets to have incidents told and decided in Slack."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

CHANNEL = r"^[CG][A-Z0-9]{2,}$"
CALLED = r"^([UWS][A-Z0-9]{2,}|here|channel)$"
SLACK_ID = r"^[TE][A-Z0-9]{2,}/[UW][A-Z0-9]{2,}$"


class SlackSettings(BaseModel):
    """Messages in Slack, with `chat = "slack"`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bot_token: SecretStr
    """Bot token of the app; it begins with `xoxb-`."""
    signing_secret: SecretStr | None = None
    """The app's signing secret, for buttons and commands by HTTP; unset: none are served."""
    socket_mode_token: SecretStr | None = None
    """App-level token, which begins with `xapp-` and has the scope `connections:write`; set:
    the gateway takes buttons and commands by Socket Mode, and Slack need not reach it."""
    channel: str = Field(pattern=CHANNEL)
    """Id of the channel that takes the messages; the app must be a member."""
    escalation_channel: str | None = Field(default=None, pattern=CHANNEL)
    """Id of the channel that is told, too, when nobody decides in time."""
    mention: tuple[Annotated[str, Field(pattern=CALLED)], ...] = Field(default=(), max_length=10)
    """Who is called when a decision is needed: member ids, ids of user groups, `here` or
    `channel`; unset: nobody by name."""
    api_url: str = Field(default="https://slack.com/api/", pattern=r"^https?://[^\s?#]+/$")
    """Where Slack's Web API is; another one for GovSlack."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long one call may take."""

    @property
    def has_buttons(self) -> bool:
        """Whether a press could be told from a forged one."""
        return self.serves_http or self.has_socket

    @property
    def serves_http(self) -> bool:
        """Whether what Slack sends by HTTP can be told from what others send."""
        return bool(self.signing_secret and self.signing_secret.get_secret_value())

    @property
    def has_socket(self) -> bool:
        """Whether buttons and commands come by Socket Mode."""
        return bool(self.socket_mode_token and self.socket_mode_token.get_secret_value())
