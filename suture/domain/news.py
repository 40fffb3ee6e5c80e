"""What vendors' webhooks tell that is no alert: hints to look, and deployments to record.

A hint carries nothing that counts: whoever gets one looks for itself, and looks without one, too.
"""

from suture.domain.rollout import DeploymentStatus
from suture.domain.value import CommitSha, Instant, Value


class PullRequestNews(Value):
    """Something happened to a pull request: a push, a review, a comment, CI, a merge."""

    repository: str
    branch: str


class TicketNews(Value):
    """A person changed a ticket."""

    ticket_id: str
    """As in `TicketRef.ticket_id`."""


class DeploymentNews(Value):
    """A pipeline deployed a commit."""

    deployment_id: str
    """The vendor's id, with the vendor's name; the same when it is told again."""
    repository: str
    """As services name it."""
    environment: str
    commit: CommitSha
    release: str | None = None
    status: DeploymentStatus
    at: Instant


News = PullRequestNews | TicketNews | DeploymentNews
