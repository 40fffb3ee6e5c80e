"""How far Suture may go with one incident."""

from suture.domain.alert import Severity
from suture.policy.model import Autonomy, AutonomyRule, Policy


def autonomy_for(policy: Policy, *, service: str, environment: str, severity: Severity) -> Autonomy:
    """Return what the first matching rule grants, else the policy's default."""
    for rule in policy.autonomy_rules:
        if _matches(rule, service, environment, severity):
            return rule.autonomy
    return policy.autonomy


def _matches(rule: AutonomyRule, service: str, environment: str, severity: Severity) -> bool:
    return (
        (not rule.services or service in rule.services)
        and (not rule.environments or environment in rule.environments)
        and (not rule.severities or severity in rule.severities)
    )
