"""What an operator sets to have services' requests counted by Datadog."""

import re
from typing import Self

from pydantic import Field, SecretStr, model_validator

from suture.metrics_settings import API_URL, MetricQueries

COUNTS = re.compile(r"as_count\(\)|\.rollup\(\s*(?:sum|count)\b")
TAGS = "{service:$service,env:$environment}"


class DatadogSettings(MetricQueries):
    """Metrics of Datadog, with `metrics = "datadog"`."""

    site: str = Field(default="datadoghq.com", pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
    """The site of the account: `datadoghq.com`, `us3.datadoghq.com`, `us5.datadoghq.com`,
    `datadoghq.eu`, `ap1.datadoghq.com`, `ap2.datadoghq.com` or `ddog-gov.com`."""
    url: str | None = Field(default=None, pattern=API_URL)
    """Where the API is; unset: `https://api.` and the site."""
    api_key: SecretStr = Field(min_length=1)
    """API key of the organisation."""
    application_key: SecretStr = Field(min_length=1)
    """Application key; the scope `timeseries_query` is enough."""
    requests: str = Field(
        default=f"sum:trace.http.request.hits{TAGS}.as_count()", min_length=1, max_length=4_000
    )
    """Query that counts requests, for services without queries of their own."""
    errors: str | None = Field(
        default=f"sum:trace.http.request.errors{TAGS}.as_count()", min_length=1, max_length=4_000
    )
    """Query that counts failed requests. Datadog keeps no zeros: where only errors have no data
    and requests have, none failed, if `errors_without_data` says so."""
    errors_without_data: bool = True
    """Whether errors without data beside requests with data are zero, as for metrics that Datadog
    makes of traces; else nobody knows them."""
    services: dict[str, MetricQueries] = Field(default_factory=dict)
    """Queries of a service's own."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=60)
    """How long one query may take."""

    @property
    def api_url(self) -> str:
        """Where the API is."""
        return self.url or f"https://api.{self.site}"

    @model_validator(mode="after")
    def _counting(self) -> Self:
        told = [(name, query) for name, query in self.told()]
        for service, queries in self.services.items():
            told += [(f"services.{service}.{name}", query) for name, query in queries.told()]
        for full, query in told:
            if not COUNTS.search(query):
                raise ValueError(f"{full} must count: add .as_count(), or .rollup(sum)")
        return self
