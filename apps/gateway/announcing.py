"""News for open incidents, told in the background: they also look for themselves."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

import structlog

from apps.gateway.gate import Gate
from suture.domain.news import DeploymentNews, News, PullRequestNews, TicketNews
from suture.domain.rollout import Deployment
from suture.errors import SutureError
from suture.reporting.pull_request import incident_of

MAX_TELLING = 1_000
"""Hints under way at once; what a flood of news brings beyond that is left out."""

log = structlog.get_logger()


class Announcements:
    """Tells incidents where to look."""

    def __init__(self, gate: Gate) -> None:
        self._parts = gate.parts
        self._timeout_seconds = gate.parts.settings.commit_timeout_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    def announce(self, deployment: Deployment) -> None:
        """Start telling the incidents of its service."""
        self._start(
            lambda: self._parts.starter.announce(deployment), f"deployment of {deployment.service}"
        )

    async def take(self, news: Sequence[News]) -> int:
        """Record deployments, and start telling whom anything is about; return how many are.

        Raises:
            TransientError: a deployment could not be recorded.
        """
        told = 0
        for one in news:
            match one:
                case DeploymentNews():
                    told += await self._deployed(one)
                case PullRequestNews():
                    told += self._look_at_pull_request(one)
                case TicketNews():
                    told += self._look_at_ticket(one)
        return told

    async def close(self) -> None:
        """Finish telling; each announcement has its own time limit."""
        await asyncio.gather(*self._tasks)

    async def _deployed(self, news: DeploymentNews) -> bool:
        """Record it for each service that lives there: a repository may hold several."""
        found = False
        for name, service in self._parts.services.items():
            same_place = service.repository.casefold() == news.repository.casefold()
            if not same_place or service.environment != news.environment:
                continue
            found = True
            deployment = Deployment(
                # One that began and one that succeeded are two things on record.
                deployment_id=f"{news.deployment_id}/{name}/{news.status}",
                service=name,
                environment=news.environment,
                commit=news.commit,
                release=news.release,
                status=news.status,
                at=news.at,
            )
            await asyncio.to_thread(self._parts.deployments.record, deployment)
            self.announce(deployment)
        return found

    def _look_at_pull_request(self, news: PullRequestNews) -> bool:
        incident_id = incident_of(news.branch)
        if incident_id is None:
            return False
        self._start(lambda: self._parts.starter.nudge(incident_id), incident_id)
        return True

    def _look_at_ticket(self, news: TicketNews) -> bool:
        self._start(lambda: self._parts.starter.nudge_ticket(news.ticket_id), news.ticket_id)
        return True

    def _start(self, tell: Callable[[], Coroutine[None, None, int]], about: str) -> None:
        if len(self._tasks) >= MAX_TELLING:
            log.warning("news.dropped", about=about)
            return
        task = asyncio.create_task(self._tell(tell, about))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, tell: Callable[[], Coroutine[None, None, int]], about: str) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                told = await tell()
        except (SutureError, TimeoutError) as error:
            log.warning("news.untold", about=about, reason=str(error))
        else:
            log.info("news.told", about=about, incidents=told)
