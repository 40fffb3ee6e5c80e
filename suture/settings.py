"""The only reader of the environment and of `suture.toml`.

Precedence: environment variables (`SUTURE_...`, nested with `__`), then the file named by
`SUTURE_CONFIG` (default `suture.toml` in the working directory), then the defaults below.
Secrets are `SecretStr`: they never travel in workflow inputs, results or logs.
"""

import os
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from suture.datadog_settings import DatadogSettings
from suture.domain.approval import Role
from suture.domain.service import Service
from suture.encryption_settings import EncryptionSettings
from suture.errors import SettingsError
from suture.github_settings import GitHubSettings
from suture.gitlab_settings import GitLabSettings
from suture.health_settings import HealthSettings, LogFormat
from suture.jira_settings import JiraSettings
from suture.linear_settings import LinearSettings
from suture.metrics_settings import MetricsKind
from suture.model_settings import ModelSettings
from suture.oidc_settings import EMAIL, SUBJECT, OidcSettings, same_person
from suture.pagerduty_settings import PagerDutySettings
from suture.policy.model import Policy
from suture.prometheus_settings import PrometheusSettings
from suture.quiet_hours import QuietHours
from suture.routing import Route, RoutingTable
from suture.secret_sources import CommandRunner, no_commands, read_secret, resolve_secrets
from suture.sentry_settings import SentrySettings
from suture.slack_settings import SLACK_ID, SlackSettings
from suture.temporal_settings import TemporalCertificates

CONFIG_VARIABLE = "SUTURE_CONFIG"
CONFIG_DEFAULT = Path("suture.toml")

_command_runner: ContextVar[CommandRunner] = ContextVar("command_runner", default=no_commands)
"""Pydantic hands nothing of the caller's to a validator of settings."""


class Section(BaseModel):
    """A table of `suture.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TrackerKind(StrEnum):
    """Where tickets are kept."""

    LOCAL = "local"
    GITHUB = "github"
    JIRA = "jira"
    LINEAR = "linear"
    GITLAB = "gitlab"


class CodeHostKind(StrEnum):
    """Where pull requests are opened."""

    LOCAL = "local"
    GITHUB = "github"
    GITLAB = "gitlab"


class ChatKind(StrEnum):
    """Where people are asked."""

    LOCAL = "local"
    SLACK = "slack"


class TemporalSettings(Section):
    """How to reach Temporal."""

    address: str = "127.0.0.1:7233"
    namespace: str = "default"
    ui_url: str = "http://127.0.0.1:8233"
    """Where people open Temporal's own web UI."""
    task_queue: str = "suture"
    """Prefix of the task queues: `suture`, `suture-model`, `suture-sandbox`."""
    api_key: SecretStr | None = None
    """Of Temporal Cloud; with it, TLS is used."""
    tls: bool = False
    """Whether the server has a certificate that this machine trusts."""
    certificates: TemporalCertificates | None = None
    encryption: EncryptionSettings = EncryptionSettings()


class GatewaySettings(Section):
    """The HTTP side: webhooks, deployments, console."""

    host: str = "127.0.0.1"
    port: int = Field(default=8700, ge=0, le=65_535)
    public_url: str = "http://127.0.0.1:8700"
    """How people and services reach the gateway; links point here."""
    max_body_bytes: int = Field(default=2 << 20, ge=1_024)
    """Largest body as it arrives."""
    max_decompressed_bytes: int = Field(default=20 << 20, ge=1_024)
    """Largest body after decompression."""
    body_timeout_seconds: float = Field(default=10.0, gt=0)
    """How long a body may take to arrive."""
    max_waiting: int = Field(default=2_000, ge=1)
    """Alerts that may wait for Temporal before the gateway answers 429."""
    commit_timeout_seconds: float = Field(default=10.0, gt=0)
    """How long a commit to Temporal may take before the sender gets 503."""
    rate_per_second: float = Field(default=500.0, gt=0)
    """Requests per second and ingest key, on average."""
    rate_burst: int = Field(default=2_000, ge=1)
    webhook_secret: SecretStr | None = None
    """HMAC secret of `POST /webhooks/generic` and `POST /deployments`; unset: not served."""
    spotlight: bool = False
    """Accept envelopes without a key, for development."""


class WebhookSettings(Section):
    """A vendor's webhook. Its name is the table's."""

    secrets: tuple[SecretStr, ...] = Field(min_length=1)
    """What its sender knows; more than one while a secret is being changed."""

    def known(self) -> tuple[str, ...]:
        """Return the secrets; an empty one is none."""
        return tuple(value for one in self.secrets if (value := one.get_secret_value()))


class UserSettings(Section):
    """A person who may log in. Their id is the table's name."""

    role: Role = Role.VIEWER
    token_sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the login token; make one with `suture token`."""
    oidc_subject: str | None = Field(default=None, pattern=SUBJECT)
    """The claim `sub` by which the provider under `[oidc]` knows this person."""
    email: str | None = Field(default=None, pattern=EMAIL)
    """Address that the provider must have verified; counts only without `oidc_subject`."""
    code_host_login: str | None = Field(default=None, min_length=1, max_length=100)
    """Their name on the code host, whose reviews and comments there are this person's."""
    slack_id: str | None = Field(default=None, pattern=SLACK_ID)
    """`T123/U456`: workspace and member, who decide in Slack as this person."""


class ServiceSettings(Service):
    """A service with its secrets."""

    name: str = Field(default="", exclude=True)
    """The table's name."""
    ingest_key: SecretStr | None = None
    """Public key of the service's DSN: `http://KEY@host:port/PROJECT`."""
    project: str = "1"
    """Project number of the DSN."""
    metrics: MetricsKind | None = None
    """Where its requests and errors are counted; unset: as `metrics` says for all."""


class Settings(BaseSettings):
    """Everything an operator sets."""

    model_config = SettingsConfigDict(
        env_prefix="SUTURE_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    state_dir: Path = Path(".suture")
    """Where embedded parts keep what must last: database, artifacts, mirrors, environments."""
    database_url: str | None = None
    """SQLAlchemy URL; unset: SQLite in the state directory."""
    policy_file: Path | None = None
    """YAML policy; unset: the defaults, which are safe."""
    log_level: str = "info"
    log_format: LogFormat | None = None
    """Unset: `console` on a terminal, else `json`."""
    tracker: TrackerKind = TrackerKind.LOCAL
    """Where tickets are kept; `local` is Suture's own database."""
    code_host: CodeHostKind = CodeHostKind.LOCAL
    """Where pull requests are opened; `local` is a git repository and Suture's own database."""
    chat: ChatKind = ChatKind.LOCAL
    """Where people are asked; `local` is the console."""
    metrics: MetricsKind = MetricsKind.ENDPOINT
    """Where services' requests and errors are counted; `endpoint` is each one's `metrics_url`."""
    decision_key: SecretStr | None = None
    """Signs decisions between edges and workflow; unset: made once in the state directory."""
    token: SecretStr | None = None
    """Login token of whoever uses the command line; see `suture token`."""
    temporal: TemporalSettings = TemporalSettings()
    gateway: GatewaySettings = GatewaySettings()
    model: ModelSettings = ModelSettings()
    health: HealthSettings = HealthSettings()
    slack: SlackSettings | None = None
    pagerduty: PagerDutySettings | None = None
    quiet_hours: tuple[QuietHours, ...] = ()
    """When nobody is called who could decide in the morning."""
    oidc: OidcSettings | None = None
    github: GitHubSettings | None = None
    gitlab: GitLabSettings | None = None
    jira: JiraSettings | None = None
    linear: LinearSettings | None = None
    prometheus: PrometheusSettings | None = None
    datadog: DatadogSettings | None = None
    sentry: SentrySettings | None = None
    users: dict[str, UserSettings] = Field(default_factory=dict)
    webhooks: dict[str, WebhookSettings] = Field(default_factory=dict)
    """By vendor; one that is missing is not served."""
    routes: tuple[Route, ...] = ()
    """Whose alert is whose, tried in this order; see `suture route --explain`."""
    fallback_service: str | None = None
    """Takes alerts that no route and no name gives to a service."""
    services: dict[str, ServiceSettings] = Field(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Rank the sources: arguments, environment, file."""
        del dotenv_settings, file_secret_settings
        path = Path(os.environ.get(CONFIG_VARIABLE, CONFIG_DEFAULT))
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path))

    def routing(self) -> RoutingTable:
        """Return the table that says which service an alert belongs to."""
        return RoutingTable(routes=self.routes, fallback=self.fallback_service)

    @model_validator(mode="before")
    @classmethod
    def _read_secrets(cls, given: object) -> object:
        """Read what files hold and commands print, once it is known which source counts."""
        run = _command_runner.get()
        return resolve_secrets(cls, given, lambda table, place: read_secret(table, place, run))

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> Self:
        wanted = [route.service for route in self.routes]
        if self.fallback_service is not None:
            wanted.append(self.fallback_service)
        for service in wanted:
            if service not in self.services:
                raise ValueError(f"a route leads to {service!r}: add [services.{service}]")
        return self

    @model_validator(mode="after")
    def _nobody_is_two_users(self) -> Self:
        identities = {name: (one.oidc_subject, one.email) for name, one in self.users.items()}
        if pair := same_person(identities):
            raise ValueError(f"users {' and '.join(pair)} have one oidc_subject or email")
        return self

    def catalogue(self) -> dict[str, Service]:
        """Return the services without their secrets, by name."""
        return {
            name: Service.model_validate(
                {
                    **kept.model_dump(exclude={"ingest_key", "project", "name", "metrics"}),
                    "name": name,
                }
            )
            for name, kept in self.services.items()
        }


def package_client_settings() -> dict[str, str]:
    """Return what the environment tells package clients; the sandbox lets the harmless ones in."""
    prefixes: tuple[str, ...] = (
        "PIP_",
        "UV_",
        "SSL_CERT_",
        "REQUESTS_CA_",
        "CURL_CA_",
        "NODE_EXTRA_CA_",
    )
    prefixes += ("npm_config_", "NPM_CONFIG_", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOINSECURE")
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(prefixes) or name.upper().endswith("_PROXY")
    }


def child_environment(**extra: str) -> dict[str, str]:
    """Return the environment for a program of the operator's own, with these on top."""
    return {**os.environ, **extra}


def telemetry_variables() -> dict[str, str]:
    """Return OpenTelemetry's standard variables, which complete `health.traces`."""
    return {name: value for name, value in os.environ.items() if name.startswith("OTEL_")}


def quiet_litellm() -> None:
    """Keep litellm from fetching price lists when it is imported; call it before that."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"
    os.environ["LITELLM_LOG"] = "CRITICAL"


def load_settings(run_command: CommandRunner = no_commands) -> Settings:
    """Read environment and file once; commands that print secrets run by this runner.

    Raises:
        SettingsError: naming each wrong setting.
    """
    token = _command_runner.set(run_command)
    try:
        return _load_settings()
    finally:
        _command_runner.reset(token)


def _load_settings() -> Settings:
    named = os.environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise SettingsError(
            f"{CONFIG_VARIABLE} names {named}, which is no file. Create or unset it."
        )
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(explain("settings are", error)) from error
    except ValueError as error:
        raise SettingsError(f"{named or CONFIG_DEFAULT} cannot be read: {error}") from error


def load_policy(settings: Settings) -> Policy:
    """Read the policy file, or return the defaults.

    Raises:
        SettingsError: naming each wrong field.
    """
    path = settings.policy_file
    if path is None:
        return Policy()
    try:
        return parse_policy(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"The policy {path} cannot be read: {error}") from error


def parse_policy(text: str) -> Policy:
    """Validate a policy in YAML.

    Raises:
        SettingsError: naming each wrong field.
    """
    try:
        return Policy.model_validate(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        raise SettingsError(f"The policy is no YAML: {error}") from error
    except ValidationError as error:
        raise SettingsError(explain("policy is", error)) from error


def explain(what: str, error: ValidationError) -> str:
    """Say which fields are wrong and why, without echoing secret values."""
    lines = [
        f"  {'.'.join(str(part) for part in problem['loc']) or '(whole file)'}: {problem['msg']}"
        for problem in error.errors(include_input=False, include_url=False)
    ]
    return f"The {what} not valid:\n" + "\n".join(lines)
