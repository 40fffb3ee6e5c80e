"""Which commits Suture made.

They are written down before any branch shows them, because anybody can write Suture's name on
a commit.
"""

from sqlalchemy import Engine, select

from integrations.database import insert_once, reading, writing
from integrations.schema import own_commits
from suture.domain.value import CommitSha


class OwnCommits:
    """Suture's commits, by repository."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, repository: str, sha: CommitSha) -> None:
        """Write down that Suture made this commit. Repeatable."""
        with writing(self._engine) as connection:
            insert_once(connection, own_commits, {"repository": repository, "sha": sha})

    def among(self, repository: str, commits: tuple[CommitSha, ...]) -> frozenset[CommitSha]:
        """Return those of the commits that Suture made."""
        query = select(own_commits.c.sha).where(
            own_commits.c.repository == repository, own_commits.c.sha.in_(commits)
        )
        with reading(self._engine) as connection:
            return frozenset(connection.execute(query).scalars())
