"""Which commit was running when it failed, and which one was the last to work."""

from datetime import timedelta

from suture.domain.alert import Alert
from suture.domain.rollout import Deployment
from suture.domain.value import CommitSha
from suture.ports.source import SourceRepository

CLOCK_SKEW = timedelta(minutes=5)


def find_deployed(
    alert: Alert, deployments: tuple[Deployment, ...], repository: SourceRepository
) -> CommitSha | None:
    """Return the commit of the failing release: by its name, else by what was deployed then."""
    named = [each for each in deployments if alert.release and each.release == alert.release]
    for deployment in named:
        found = repository.resolve(deployment.commit)
        if found:
            return found
    found = repository.resolve(alert.release) if alert.release else None
    if found:
        return found
    before = [each for each in deployments if each.at <= alert.occurred_at + CLOCK_SKEW]
    latest = max(before, key=lambda each: each.at, default=None)
    return repository.resolve(latest.commit) if latest else None


def find_previous_release(
    deployed: CommitSha | None,
    deployments: tuple[Deployment, ...],
    repository: SourceRepository,
) -> CommitSha | None:
    """Return the last deployment, or else the last tag, before the failing release."""
    if deployed is None:
        return None
    for deployment in sorted(deployments, key=lambda each: each.at, reverse=True):
        known = repository.resolve(deployment.commit)
        if known and known != deployed and repository.is_ancestor(known, deployed):
            return known
    for _, sha in repository.releases(deployed):
        if sha != deployed and repository.is_ancestor(sha, deployed):
            return sha
    return None
