"""Temporal's core, a library in Rust: what it logs goes where all other logs go.

By itself it writes to standard output, into the midst of what `--json` answers.
https://docs.temporal.io/develop/python/observability
"""

import logging
from functools import cache

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
)

LOGGER = "temporalio.core"


def telemetry(metrics: PrometheusConfig | None = None) -> TelemetryConfig:
    """Return the configuration of a runtime whose warnings go to Python's logging."""
    forwarding = LogForwardingConfig(logger=logging.getLogger(LOGGER))
    chosen = LoggingConfig(filter=LoggingConfig.default.filter, forwarding=forwarding)
    return TelemetryConfig(logging=chosen, metrics=metrics)


@cache
def process_runtime() -> Runtime:
    """Return the runtime of this process for clients that bring none of their own."""
    return Runtime(telemetry=telemetry())
