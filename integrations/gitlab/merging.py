"""Merges exactly what was approved: at once, by auto-merge, or by a merge train.

GitLab is told the head with each of them, and gives up an auto-merge when somebody pushes. A train
is a kind of auto-merge to it, and what cancels the one leaves the other.
Sources: https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request,
https://docs.gitlab.com/api/merge_requests/#cancel-merge-when-pipeline-succeeds and
https://docs.gitlab.com/api/merge_trains/.
"""

from collections.abc import Sequence

from integrations.git.commits import TRAILER, CommitFacts
from integrations.gitlab.client import RefusedError, project_path
from integrations.gitlab.requests import MergeRequests, merge_sha, request_path
from integrations.gitlab.shapes import MergeRequest, Train
from suture.domain.pull_request import PullRequestRef, PullRequestState
from suture.domain.value import CommitSha, Digest
from suture.errors import Conflict, NotFound, PermanentError, SutureError, Unreachable
from suture.gitlab_settings import GitLabMerge, GitLabMoment, GitLabSettings

PASSING = frozenset(
    {
        "approvals_syncing",
        "checking",
        "ci_still_running",
        "mergeable",
        "preparing",
        "unchecked",
    }
)
"""What GitLab says of a merge request that may be merged a little later."""
CANCEL = "cancel_merge_when_pipeline_succeeds"
"""Its successor is in GitLab 19.5 and later only."""
LEFT_TRAIN = frozenset({"merged", "skip_merged"})


class Merging:
    """Merges as the settings say."""

    def __init__(self, settings: GitLabSettings, requests: MergeRequests) -> None:
        self._settings = settings
        self._requests = requests
        self._client = requests.client

    def merge(self, ref: PullRequestRef, head: CommitSha, digest: Digest) -> CommitSha | None:
        """Merge exactly this head with exactly this diff; None while GitLab waits to do it."""
        seen = self._requests.read(ref)
        if (seen.head_sha, seen.patch_digest) != (head, digest):
            raise Conflict(f"Merge request {ref.number} has another head or diff by now.")
        if seen.merge_sha is not None:
            return seen.merge_sha
        if seen.state is not PullRequestState.OPEN:
            raise PermanentError(f"Merge request {ref.number} was closed.")
        found = self._requests.get(ref)
        if self._waits(ref, found):
            return None
        try:
            self._ask(ref, head, found)
        except (Unreachable, Conflict, RefusedError) as error:
            return self._after(ref, head, error)
        return self._after(ref, head, None)

    def withdraw(self, ref: PullRequestRef) -> None:
        """Take it off its train and cancel its auto-merge, whoever asked for them.

        Raises:
            Unreachable: GitLab means to merge it all the same, such as while it does.
            NotFound: there is no such merge request.
        """
        if not self._will_merge(ref):
            return
        cause: SutureError | None = None
        try:
            # What it could not cancel, GitLab answers with success: only a look tells.
            self._client.send("POST", f"{request_path(ref)}/{CANCEL}", object, {})
        except (Unreachable, Conflict, NotFound, RefusedError) as error:
            cause = error
        if self._will_merge(ref):
            message = f"GitLab still means to merge {ref.number}: {cause or 'it does not say why'}"
            raise Unreachable(message) from cause

    def _will_merge(self, ref: PullRequestRef) -> bool:
        found = self._requests.get(ref)
        return found.status is PullRequestState.OPEN and self._waits(ref, found)

    def _ask(self, ref: PullRequestRef, head: CommitSha, found: MergeRequest) -> None:
        squash = self._settings.merge_method is GitLabMerge.SQUASH
        body: dict[str, object] = {"sha": head, "squash": squash}
        if self._settings.merge_when is GitLabMoment.TRAIN:
            reason = self._requests.remarks.left_train(request_path(ref))
            if reason:
                raise PermanentError(f"Merge request {ref.number} left its train: {reason[:300]}")
            body["auto_merge"] = body["when_pipeline_succeeds"] = True
            path = f"{project_path(ref.repository)}/merge_trains/merge_requests/{ref.number}"
            self._client.send("POST", path, object, body)
            return
        commits = self._requests.change(ref, found).commits
        body |= {"should_remove_source_branch": False, **_messages(ref, found, commits)}
        if self._settings.merge_when is GitLabMoment.CHECKS:
            # GitLab before 17.11 knows the second name only.
            body["auto_merge"] = body["merge_when_pipeline_succeeds"] = True
        self._client.send("PUT", f"{request_path(ref)}/merge", object, body)

    def _after(
        self, ref: PullRequestRef, head: CommitSha, error: SutureError | None
    ) -> CommitSha | None:
        """Look what became of it, whatever the answer was."""
        found = self._requests.get(ref)
        if found.status is PullRequestState.MERGED and found.sha == head:
            return merge_sha(found)
        if found.status is PullRequestState.OPEN and found.sha == head and self._waits(ref, found):
            return None
        said = found.detailed_merge_status
        if found.sha != head:
            raise Conflict(f"Merge request {ref.number} has another head by now.") from error
        if error is None or (isinstance(error, RefusedError) and said in PASSING):
            raise Unreachable(f"GitLab has not merged it yet: {said or 'it does not say why'}.")
        if isinstance(error, RefusedError) and said:
            raise PermanentError(f"{error} ({said})") from error
        raise error

    def _waits(self, ref: PullRequestRef, found: MergeRequest) -> bool:
        """Whether GitLab will merge it by itself."""
        if found.merge_when_pipeline_succeeds:
            return True
        if self._settings.merge_when is not GitLabMoment.TRAIN:
            return False
        path = f"{project_path(ref.repository)}/merge_trains/merge_requests/{ref.number}"
        train = self._client.find(path, Train)
        return train is not None and train.status not in LEFT_TRAIN


def _messages(
    ref: PullRequestRef, found: MergeRequest, commits: Sequence[CommitFacts]
) -> dict[str, str]:
    """Return messages that name the incident, and nothing that people or vendors wrote."""
    incidents = [commit.incident for commit in commits if commit.incident]
    trailer = f"\n\n{TRAILER}: {incidents[-1]}" if incidents else ""
    branches = f"Merge branch '{found.source_branch}' into '{found.target_branch}'"
    place = f"See merge request {ref.repository}!{ref.number}"
    return {
        "merge_commit_message": f"{branches}\n\n{place}{trailer}",
        "squash_commit_message": f"{found.title}\n\n{place}{trailer}",
    }
