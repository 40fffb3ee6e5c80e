"""What the labels and tags of monitoring mean by convention, whoever sends them."""

from suture.domain.alert import Severity

SEVERITIES = {
    "critical": Severity.CRITICAL,
    "page": Severity.CRITICAL,
    "error": Severity.HIGH,
    "high": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "info": Severity.LOW,
    "low": Severity.LOW,
    "none": Severity.LOW,
}
"""Values of the label `severity` that are in common use."""
PER_INSTANCE = frozenset(
    {"instance", "pod", "pod_name", "node", "host", "hostname", "container_id"}
)
"""Labels that tell copies of a service apart, not problems."""
PRIORITIES = {
    "1": Severity.CRITICAL,
    "2": Severity.HIGH,
    "3": Severity.MEDIUM,
    "4": Severity.LOW,
    "5": Severity.LOW,
}
"""Priorities that are counted from the worst: P1, SEV-1."""
