"""How far Suture may go: the first rule that matches decides."""

import pytest

from suture.domain.alert import Severity
from suture.policy.autonomy import autonomy_for
from suture.policy.model import Autonomy, AutonomyRule, Policy

OBSERVE, PROPOSE = Autonomy.OBSERVE, Autonomy.PROPOSE


def granted(*rules: AutonomyRule) -> Autonomy:
    policy = Policy(autonomy=PROPOSE, autonomy_rules=rules)
    return autonomy_for(policy, service="shop", environment="live", severity=Severity.HIGH)


def test_without_a_rule_the_default_holds() -> None:
    assert granted() is PROPOSE


def test_a_rule_without_conditions_matches_everything() -> None:
    assert granted(AutonomyRule(autonomy=OBSERVE)) is OBSERVE


def test_the_first_rule_that_matches_decides() -> None:
    rules = (AutonomyRule(autonomy=PROPOSE, services=("shop",)), AutonomyRule(autonomy=OBSERVE))
    assert granted(*rules) is PROPOSE


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"services": ("shop",)}, OBSERVE),
        ({"services": ("till",)}, PROPOSE),
        ({"environments": ("live",)}, OBSERVE),
        ({"environments": ("test",)}, PROPOSE),
        ({"severities": (Severity.HIGH,)}, OBSERVE),
        ({"severities": (Severity.LOW,)}, PROPOSE),
        ({"services": ("shop",), "environments": ("test",)}, PROPOSE),
    ],
)
def test_every_condition_of_a_rule_must_hold(
    conditions: dict[str, object], expected: Autonomy
) -> None:
    rule = AutonomyRule.model_validate({"autonomy": OBSERVE, **conditions})
    assert granted(rule) is expected
