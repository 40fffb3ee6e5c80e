"""What an operator sets to have services' requests counted by a Prometheus server."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from suture.metrics_settings import API_URL, MetricQueries, has_window

ALL = 'sum(increase(http_requests_total{job="$service"}[$window]))'
FAILED = 'sum(increase(http_requests_total{job="$service",status=~"5.."}[$window]))'


class PrometheusSettings(MetricQueries):
    """A Prometheus server, or whatever answers its API, with `metrics = "prometheus"`."""

    url: str = Field(pattern=API_URL)
    """The server's root, with its path prefix if it has one; `/api/v1/query` follows."""
    token: SecretStr | None = Field(default=None, min_length=1)
    """Bearer token."""
    username: str | None = None
    """Name for basic authentication; needs `password`."""
    password: SecretStr | None = Field(default=None, min_length=1)
    """Password for basic authentication."""
    tenant: str | None = Field(default=None, pattern=r"^[\w.-]{1,150}$")
    """Value of the header `X-Scope-OrgID`, for Mimir and its like."""
    requests: str = Field(default=ALL, min_length=1, max_length=4_000)
    """PromQL that counts requests over `$window`, for services without queries of their own."""
    errors: str | None = Field(default=f"{FAILED} or 0 * {ALL}", min_length=1, max_length=4_000)
    """PromQL that counts failed requests. The default is zero where only the errors' series is
    missing, and no data where both are."""
    per_second: bool = False
    """The queries give rates, such as recording rules do, and have no `$window`: they are read as
    a range and added up."""
    services: dict[str, MetricQueries] = Field(default_factory=dict)
    """Queries of a service's own."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long one query may take."""

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("give username and password, or neither")
        if self.token is not None and self.username is not None:
            raise ValueError("give a token or a username, and not both")
        return self

    @model_validator(mode="after")
    def _windows(self) -> Self:
        told = [(name, query) for name, query in self.told()]
        for service, queries in self.services.items():
            told += [(f"services.{service}.{name}", query) for name, query in queries.told()]
        for full, query in told:
            if not self.per_second and not has_window(query):
                raise ValueError(f"{full} needs $window, as in increase(...[$window])")
            if self.per_second and has_window(query):
                raise ValueError(f"{full} may not have $window with per_second")
        return self
