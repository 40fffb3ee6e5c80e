from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from integrations.local.deployments import LocalDeployments
from suture.domain.rollout import Deployment, DeploymentStatus
from suture.ports.deployments import Deployments
from tests.fakes.deployments import FakeDeployments

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def deployment(number: int, **changed: object) -> Deployment:
    facts = {
        "deployment_id": f"d{number}",
        "service": "shop",
        "commit": f"{number:040x}",
        "release": f"1.{number}",
        "at": NOON + number * MINUTE,
    }
    return Deployment.model_validate({**facts, **changed})


@pytest.fixture
def deployments(engine_or_fake: Engine | None) -> Deployments:
    return FakeDeployments() if engine_or_fake is None else LocalDeployments(engine_or_fake)


def test_a_deployment_reported_twice_is_kept_once(deployments: Deployments) -> None:
    assert deployments.record(deployment(1))
    assert not deployments.record(deployment(1, release="forged"))
    assert deployments.history("shop", "production") == (deployment(1),)


def test_deployments_are_told_in_order_however_they_arrive(deployments: Deployments) -> None:
    for number in (2, 3, 1):
        deployments.record(deployment(number))
    assert deployments.since("shop", "production", NOON + 2 * MINUTE) == (
        deployment(2),
        deployment(3),
    )
    assert deployments.history("shop", "production", limit=2) == (deployment(3), deployment(2))


def test_what_runs_is_the_newest_until_then(deployments: Deployments) -> None:
    for number in (1, 2):
        deployments.record(deployment(number))
    assert deployments.running("shop", "production", NOON) is None
    assert deployments.running("shop", "production", NOON + MINUTE) == deployment(1)
    assert deployments.running("shop", "production", NOON + 9 * MINUTE) == deployment(2)


def test_only_successful_deployments_of_the_service_count(deployments: Deployments) -> None:
    deployments.record(deployment(1, status=DeploymentStatus.FAILED))
    deployments.record(deployment(2, status=DeploymentStatus.STARTED))
    deployments.record(deployment(3, service="till"))
    deployments.record(deployment(4, environment="staging"))
    assert deployments.history("shop", "production") == ()
    assert deployments.since("shop", "production", NOON) == ()
    assert deployments.running("shop", "production", NOON + 9 * MINUTE) is None


def test_moments_keep_their_meaning_across_time_zones(deployments: Deployments) -> None:
    elsewhere = NOON.astimezone(tz=datetime.fromisoformat("2026-03-01T00:00+05:30").tzinfo)
    deployments.record(deployment(0, at=elsewhere))
    found = deployments.running("shop", "production", NOON)
    assert found is not None
    assert found.at == NOON
