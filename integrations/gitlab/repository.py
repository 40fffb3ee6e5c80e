"""A GitLab project's commits, by git: fetched into this host's mirror, pushed from it.

GitLab's API makes commits without dates, so they are made here: the same input makes the same
SHA. A push says what it expects to replace, and GitLab refuses it if that is gone. The token
goes to git's environment, never to a disk or an argument. Sources:
https://git-scm.com/docs/git-push#Documentation/git-push.txt---force-with-leaseltrefnamegtltexpectgt
and https://docs.gitlab.com/user/profile/personal_access_tokens/.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from integrations.git.bench import Bench, Identity, open_bench
from integrations.git.command import GitRun, attempt_git
from integrations.git.commits import CommitFacts, commits_between, merge_base
from integrations.git.diff import raw_diff
from integrations.git.mirror import ensure_mirror, explain, fetch_into, refresh_mirror
from integrations.git.remote import Remote, parse_remote
from integrations.git.trees import has_commit
from suture.canonical import sha256
from suture.domain.value import CommitSha, Digest
from suture.errors import Conflict, NotFound, PermanentError, RateLimited
from suture.gitlab_settings import GitLabSettings

USER = "suture"
"""GitLab wants one beside a token and does not look at it."""
STALE = ("stale info", "fetch first", "non-fast-forward", "failed to update ref", "cannot lock ref")
GONE = "remote ref does not exist"
DECLINED = ("[remote rejected]", "pre-receive hook declined", "not allowed to push")
LIMIT = "error: 429"
LIMIT_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one commit has and another has not."""

    fork: CommitSha
    """Where they parted."""
    digest: Digest
    """Of the unified diff from there to the head."""
    commits: tuple[CommitFacts, ...]
    """Newest first."""


class ProjectRepository:
    """One project's repository."""

    def __init__(self, settings: GitLabSettings, project: str, mirrors: Path) -> None:
        self._settings = settings
        self._mirrors = mirrors
        self._remote = remote_of(settings, project)

    @property
    def _mirror(self) -> Path:
        return ensure_mirror(self._mirrors, self._remote)

    def need(self, commits: tuple[CommitSha, ...], merge_request: int | None = None) -> None:
        """Have these commits here, fetching branches and then the merge request if needed.

        Raises:
            NotFound: GitLab has none of this name.
        """
        mirror = self._mirror
        if all(has_commit(mirror, sha) for sha in commits):
            return
        refresh_mirror(mirror, self._remote)
        missing = [sha for sha in commits if not has_commit(mirror, sha)]
        if missing and merge_request is not None:
            ref = f"refs/merge-requests/{merge_request}/head"
            fetch_into(mirror, self._remote, f"+{ref}:refs/suture/gitlab/{merge_request}")
            missing = [sha for sha in missing if not has_commit(mirror, sha)]
        if missing:
            raise NotFound(f"The repository has no commit {missing[0]}.")

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """Open the mirror to make commits as the settings say."""
        identity = Identity(name=self._settings.commit_name, email=self._settings.commit_email)
        with open_bench(str(self._mirror), identity) as bench:
            yield bench

    def change(self, base: CommitSha, head: CommitSha) -> Change:
        """Return what head has and base has not; both must be here."""
        with self.bench() as bench:
            fork = merge_base(bench, base, head)
            diff = raw_diff(bench.directory, fork, head, run=bench.run())
            commits = commits_between(bench, fork, head)
        return Change(fork=fork, digest=sha256(diff), commits=commits)

    def push(self, branch: str, new: CommitSha | None, old: CommitSha | None) -> None:
        """Make, move or (None) delete a branch, if GitLab still has what the caller saw.

        Raises:
            Conflict: it is elsewhere by now.
            NotAuthorised, PermanentError: GitLab does not take it.
            Unreachable: it may have been done, or not.
        """
        ref = f"refs/heads/{branch}"
        outcome = attempt_git(
            self._mirror,
            "push",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--no-signed",
            "--recurse-submodules=no",
            f"--force-with-lease={ref}:{old or ''}",
            "--end-of-options",
            self._remote.address,
            f"{new or ''}:{ref}",
            run=GitRun(
                environment=self._remote.environment,
                timeout_seconds=self._settings.git_timeout_seconds,
            ),
        )
        said = f"{outcome.stdout.decode(errors='replace')} {outcome.stderr}"
        if outcome.code == 0 or (new is None and GONE in said):
            return
        message = f"GitLab did not take the branch {branch}: {' '.join(said.split())[:500]}"
        if any(sign in said for sign in STALE):
            raise Conflict(message)
        if any(sign in said for sign in DECLINED):
            raise PermanentError(message)
        if LIMIT in said:
            raise RateLimited(message, retry_after_seconds=LIMIT_SECONDS)
        raise explain(outcome.stderr, self._remote)


def remote_of(settings: GitLabSettings, project: str) -> Remote:
    """Return where git finds a project, with the credential in its environment."""
    remote = parse_remote(clone_url(settings, project))
    if settings.ca_file is None:
        return remote
    trust = {"GIT_SSL_CAINFO": str(settings.ca_file.absolute())}
    return Remote(address=remote.address, environment={**remote.environment, **trust})


def clone_url(settings: GitLabSettings, project: str) -> str:
    """Return the URL of a project's repository with the token in it."""
    parts = urlsplit(settings.url.rstrip("/"))
    token = quote(settings.token.get_secret_value(), safe="")
    return f"{parts.scheme}://{USER}:{token}@{parts.netloc}{parts.path}/{project}.git"
