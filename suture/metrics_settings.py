"""What an operator sets to have requests and errors counted by a metrics system of their own."""

from enum import StrEnum
from string import Template
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

PLACEHOLDERS = frozenset({"service", "environment", "release", "window"})
API_URL = r"^https?://[^\s@?#]+$"


class MetricsKind(StrEnum):
    """Where a service's requests and errors are counted."""

    ENDPOINT = "endpoint"
    """The service's own `metrics_url`."""
    PROMETHEUS = "prometheus"
    DATADOG = "datadog"
    SENTRY = "sentry"


class MetricQueries(BaseModel):
    """A service's own queries.

    In each, `$service` and `$environment` stand for the service's own, `$release` for what was
    deployed last, and `$window` for the time that is counted; `$$` is a dollar sign.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    requests: str = Field(min_length=1, max_length=4_000)
    """Counts requests."""
    errors: str | None = Field(default=None, min_length=1, max_length=4_000)
    """Counts failed requests; unset: nobody knows them."""

    @model_validator(mode="after")
    def _placeholders(self) -> Self:
        for name, query in self.told():
            check_template(name, query)
        return self

    def told(self) -> tuple[tuple[str, str], ...]:
        """Return the queries that there are, with their settings' names."""
        both = (("requests", self.requests), ("errors", self.errors))
        return tuple((name, query) for name, query in both if query is not None)


def check_template(name: str, query: str) -> None:
    """Return if all its placeholders are known.

    Raises:
        ValueError: one is not, or a dollar sign stands alone.
    """
    template = Template(query)
    if not template.is_valid():
        raise ValueError(f"{name} has a $ that is no placeholder: write $$ for a dollar sign")
    unknown = sorted(set(template.get_identifiers()) - PLACEHOLDERS)
    if unknown:
        known = ", ".join(f"${one}" for one in sorted(PLACEHOLDERS))
        raise ValueError(f"{name} has ${unknown[0]}; the placeholders are {known}")


def has_window(query: str) -> bool:
    """Tell whether a query says over which time it counts."""
    return "window" in Template(query).get_identifiers()


def known_secrets(*secrets: SecretStr | None) -> tuple[str, ...]:
    """Return the secrets that are set and not empty."""
    values = (one.get_secret_value() for one in secrets if one is not None)
    return tuple(value for value in values if value)
