"""News that are no alerts: who is told, what is recorded, and that none of it holds anything up."""

import pytest

from apps.gateway.announcing import MAX_TELLING, Announcements
from apps.gateway.gate import build_gate
from benchmarks.envelopes import NOW
from suture.domain.news import DeploymentNews, PullRequestNews, TicketNews
from suture.domain.rollout import DeploymentStatus
from suture.errors import Unreachable
from tests.gateway.harness import World

INCIDENT = f"incident-v1-shop-{'ab' * 8}"
BRANCH = f"suture/shop-{'ab' * 8}-2"


@pytest.fixture
async def world() -> World:
    return World()


def announcements(world: World) -> Announcements:
    return Announcements(build_gate(world.parts()))


def deployment(**changed: object) -> DeploymentNews:
    facts = {
        "deployment_id": "github/1",
        "repository": "Shop",
        "environment": "live",
        "commit": "a" * 40,
        "status": DeploymentStatus.SUCCEEDED,
        "at": NOW,
        **changed,
    }
    return DeploymentNews.model_validate(facts)


async def test_news_of_a_fix_s_branch_are_for_its_incident(world: World) -> None:
    telling = announcements(world)
    news = [PullRequestNews(repository="shop", branch=branch) for branch in (BRANCH, "main")]
    assert await telling.take(news) == 1
    await telling.close()
    assert world.starter.nudged == [INCIDENT]


@pytest.mark.parametrize(
    "branch",
    ["suture/revert-1-x", f"suture/shop-{'ab' * 8}", f"suture/shop-{'AB' * 8}-1", f"{BRANCH}/x"],
)
async def test_other_branches_are_nobody_s(world: World, branch: str) -> None:
    assert await announcements(world).take([PullRequestNews(repository="shop", branch=branch)]) == 0


async def test_a_changed_ticket_is_looked_at(world: World) -> None:
    telling = announcements(world)
    assert await telling.take([TicketNews(ticket_id="OPS-1")]) == 1
    await telling.close()
    assert world.starter.nudged == ["OPS-1"]


async def test_a_deployment_is_recorded_for_the_services_that_live_there(world: World) -> None:
    telling = announcements(world)
    elsewhere = deployment(environment="staging"), deployment(repository="till")
    for _ in range(2):
        assert await telling.take([deployment(), *elsewhere]) == 1
    await telling.close()
    [kept] = world.deployments.recorded.values()
    assert (kept.service, kept.commit, kept.at) == ("shop", "a" * 40, NOW)
    assert world.starter.announced


async def test_what_began_and_what_succeeded_are_both_on_record(world: World) -> None:
    telling = announcements(world)
    await telling.take([deployment(status=DeploymentStatus.STARTED), deployment()])
    await telling.close()
    assert [one.status for one in world.deployments.recorded.values()] == ["started", "succeeded"]
    assert len(world.deployments.history("shop", "live")) == 1


async def test_nobody_told_is_no_reason_to_refuse_the_news(world: World) -> None:
    world.starter.failures.append(Unreachable("Temporal does not answer."))
    telling = announcements(world)
    assert await telling.take([PullRequestNews(repository="shop", branch=BRANCH)]) == 1
    await telling.close()
    assert not world.starter.nudged


async def test_a_flood_of_news_is_bounded(world: World) -> None:
    telling = announcements(world)
    await telling.take([TicketNews(ticket_id=str(number)) for number in range(MAX_TELLING + 50)])
    await telling.close()
    assert len(world.starter.nudged) == MAX_TELLING
