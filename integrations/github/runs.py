"""Logs of GitHub Actions, as far as their end is worth reading.

A log is fetched in two steps: the API names a place that needs no credential and holds for a
minute. Source: https://docs.github.com/en/rest/actions/workflow-jobs
"""

import re
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from integrations.github.client import Answer, GitHubClient, Grants, refusal, repository_path
from suture.errors import InvalidInput, NotFound, Unreachable
from suture.github_settings import GitHubSettings
from suture.traces.bounds import bounded_log

ACTIONS: Grants = {"actions": "read", "metadata": "read"}
FAILURES = frozenset({"failure", "startup_failure", "timed_out"})
"""Conclusions that say something of the code; a cancelled or skipped run does not."""
MAX_TAIL = 6_000
MAX_JOBS = 5
KEPT_BYTES = 128 * 1024
"""Read of a log's end, before it is cut."""
MAX_READ_BYTES = 32 * 1024 * 1024
"""Read at most where only the whole is to be had."""
MAX_SECONDS = 60.0
"""For a whole log, however slowly it comes."""
WHOLE = {"accept-encoding": "identity"}
"""What is compressed has no end that could be asked for."""
STAMP = re.compile(r"^\N{ZERO WIDTH NO-BREAK SPACE}?\d{4}-\d\d-\d\dT[\d:.]{8,20}Z ?", re.MULTILINE)
ERROR = "##[error]"


class Job(Answer):
    """One job of a run."""

    id: int
    name: str
    conclusion: str | None = None


class GitHubRuns:
    """Reads logs of workflow runs and jobs."""

    def __init__(self, settings: GitHubSettings, client: GitHubClient | None = None) -> None:
        self._settings = settings
        self._client = client or GitHubClient(settings)

    def run_log_tail(self, repository: str, run_id: int, characters: int = MAX_TAIL) -> str:
        """Return the ends of the logs of a run's failed jobs, at most five.

        Raises:
            NotFound: there is no such run, or its logs are gone.
            NotAuthorised: the App or the token lacks `actions: read`.
        """
        path = f"{repository_path(repository)}/actions/runs/{run_id}/jobs"
        rows = self._client.list(path, Job, ACTIONS, inside="jobs")
        failed = [row for row in rows if row.conclusion in FAILURES][:MAX_JOBS]
        each = characters // max(len(failed), 1)
        tails = [f"{job.name}\n{self.job_log_tail(repository, job.id, each)}" for job in failed]
        return "\n\n".join(tails)

    def job_log_tail(self, repository: str, job_id: int, characters: int = MAX_TAIL) -> str:
        """Return the last characters of a job's log, up to its last error; no secrets.

        Raises:
            NotFound: there is no such job, or its log is gone.
            NotAuthorised: the App or the token lacks `actions: read`.
            InvalidInput: it is too large to be read.
        """
        path = f"{repository_path(repository)}/actions/jobs/{job_id}/logs"
        return tail_of(self._download(path).decode("utf-8", "replace"), characters)

    def _download(self, path: str) -> bytes:
        url = f"{self._settings.api_url.rstrip('/')}{path}"
        credential = {**WHOLE, "authorization": f"Bearer {self._client.token(ACTIONS)}"}
        timeout = self._settings.timeout_seconds
        try:
            with httpx.Client(timeout=timeout, follow_redirects=False) as http:
                with http.stream("GET", url, headers=credential) as answer:
                    place = answer.headers.get("location", "")
                    if not answer.is_redirect:
                        return _read(answer)
                self._require_place(place)
                return _stored(http, place)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"GitHub's log cannot be had: {type(error).__name__}.") from None

    def _require_place(self, place: str) -> None:
        """Follow GitHub to no less safe a protocol than its own."""
        scheme = urlsplit(place).scheme
        if scheme not in ("https", urlsplit(self._settings.api_url).scheme):
            raise Unreachable("GitHub says nothing sensible about where the log is.")


def tail_of(log: str, characters: int = MAX_TAIL) -> str:
    """Return the end of a job's log that says what failed, without times, colours and secrets.

    What follows the last error is only the clearing up.
    """
    text = STAMP.sub("", bounded_log(log)).rstrip()
    at = text.rfind(ERROR)
    end = text.find("\n", at) if at >= 0 else -1
    kept = text if end < 0 else text[:end]
    if len(kept) <= characters:
        return kept
    return kept[-characters:].partition("\n")[2] or kept[-characters:]


def _stored(http: httpx.Client, place: str) -> bytes:
    """Read the end of what is stored there; the address is a credential and is told nobody."""
    with http.stream("GET", place, headers=WHOLE) as answer:
        size = answer.headers.get("content-length", "")
        large = size.isdecimal() and int(size[:15]) > MAX_READ_BYTES
        if not large:
            return _read(answer)
    part = {**WHOLE, "range": f"bytes={int(size[:15]) - KEPT_BYTES}-"}
    with http.stream("GET", place, headers=part) as answer:
        return _read(answer)


def _read(answer: httpx.Response) -> bytes:
    """Return the end of the body.

    Raises:
        InvalidInput: it is too large to be read.
        SutureError: the answer is an error.
    """
    if not answer.is_success:
        raise _refused(answer)
    kept, seen, until = b"", 0, time.monotonic() + MAX_SECONDS
    for chunk in answer.iter_bytes():
        seen += len(chunk)
        if time.monotonic() > until:
            raise Unreachable("GitHub's log comes too slowly.")
        if seen > MAX_READ_BYTES:
            raise InvalidInput("The log is too large to be read.")
        kept = (kept + chunk)[-KEPT_BYTES:]
    return kept


def _refused(answer: httpx.Response) -> Exception:
    """Return what an error means; only GitHub's API says it in JSON."""
    said: Mapping[str, object] = {}
    if answer.headers.get("content-type", "").startswith("application/json"):
        said = {"message": _message(answer)}
    if answer.status_code == httpx.codes.GONE:
        return NotFound("GitHub has the log no more.")
    return refusal(answer.status_code, answer.headers, said)


def _message(answer: httpx.Response) -> str:
    for chunk in answer.iter_bytes():
        found = re.search(rb'"message"\s*:\s*"([^"\\]{0,300})"', chunk)
        return found[1].decode("utf-8", "replace") if found else ""
    return ""
