"""Reads from Sentry's API; it never writes.

https://docs.sentry.io/api/. The token needs `org:read` for counts and sessions, and `event:read`
for issues, events and Seer.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from integrations.json_api import Answer, JsonApi, Parameters, Vendor, objects, part
from suture.domain.value import Value
from suture.errors import NotFound, Unreachable
from suture.metrics_settings import known_secrets
from suture.sentry_settings import SentrySettings

ISSUE = re.compile(r"[0-9]{1,20}", re.ASCII)
PAGE = 100
MAX_PAGES = 10
NEXT = re.compile(r'<[^>]*>;\s*rel="next";\s*results="true";\s*cursor="([^"]{1,100})"')
EVERY_PROJECT = "-1"


class RootCause(Value):
    """What Seer found: a model's opinion about an issue."""

    description: str
    files: tuple[str, ...] = ()
    """Paths in the repository that it names, the most important first."""


class SentryClient:
    """Asks one organisation's API."""

    def __init__(self, settings: SentrySettings) -> None:
        token = settings.auth_token
        self._api = JsonApi(
            Vendor(
                name="Sentry",
                url=settings.url,
                headers={"authorization": f"Bearer {token.get_secret_value()}"},
                secrets=known_secrets(token),
                timeout_seconds=settings.timeout_seconds,
                reset_header="x-sentry-rate-limit-reset",
            )
        )
        self._root = f"/api/0/organizations/{settings.organisation}"

    def look(self) -> Answer:
        """Read the organisation itself.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as it is answered.
        """
        return self._api.get(f"{self._root}/")

    def count_events(self, issue: Mapping[str, JsonValue], since: datetime, until: datetime) -> int:
        """Count an issue's events of a window, whatever their release and environment.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as it is answered.
        """
        project = part(dict(issue), "project", "id")
        found = self._read(
            "/events/",
            {
                "dataset": "errors",
                "field": "count()",
                "query": f"issue.id:{issue.get('id')}",
                "project": str(project) if isinstance(project, str) else EVERY_PROJECT,
                "per_page": 1,
                **_span(since, until),
            },
        )
        rows = objects(part(found.body, "data"))
        count = rows[0].get("count()") if rows else None
        if isinstance(count, bool) or not isinstance(count, int | float) or count < 0:
            raise Unreachable("Sentry did not count the issue's events.")
        return int(count)

    def sessions(self, parameters: Parameters, since: datetime, until: datetime) -> JsonValue:
        """Return sessions by status and interval.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as it is answered.
        """
        asked = {"field": "sum(session)", "groupBy": "session.status", **parameters}
        return self._read("/sessions/", {**asked, **_span(since, until)}).body

    def issue(self, issue_id: str) -> dict[str, JsonValue]:
        """Return an issue; of one that was merged into another, the other.

        Raises:
            NotFound: there is none, or the token may not see its project.
            RateLimited, Unreachable, NotAuthorised, PermanentError: as it is answered.
        """
        return _object(self._read(f"/issues/{_number(issue_id)}/", {}))

    def issues(
        self, query: str, since: datetime, until: datetime
    ) -> Iterator[dict[str, JsonValue]]:
        """Yield issues with events in the window, the last seen first; at most 1,000.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as it is answered.
        """
        asked: Parameters = {
            "query": query,
            "sort": "date",
            "limit": PAGE,
            "project": EVERY_PROJECT,
        }
        cursor: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            page = self._read("/issues/", {**asked, **cursor, **_span(since, until)})
            yield from objects(page.body)
            more = NEXT.search(page.headers.get("link", ""))
            if more is None:
                return
            cursor = {"cursor": more[1]}

    def latest_event(self, issue_id: str) -> dict[str, JsonValue]:
        """Return an issue's latest event, as Sentry exports events.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as it is answered.
        """
        return _object(self._read(f"/issues/{_number(issue_id)}/events/latest/", {}))

    def root_cause(self, issue_id: str) -> RootCause | None:
        """Return the root cause that Seer found; None if it has found none.

        Raises:
            RateLimited, Unreachable, NotAuthorised, NotFound, PermanentError: as it is answered.
        """
        answer = self._read(f"/issues/{_number(issue_id)}/autofix/", {})
        for step in reversed(objects(part(answer.body, "autofix", "steps"))):
            causes = objects(step.get("causes"))
            if step.get("type") == "root_cause_analysis" and causes:
                return _chosen(causes, part(step, "selection", "cause_id"))
        return None

    def _read(self, path: str, parameters: Parameters) -> Answer:
        return self._api.get(self._root + path, parameters)


def _chosen(causes: list[dict[str, JsonValue]], chosen: JsonValue) -> RootCause | None:
    cause = next((one for one in causes if one.get("id") == chosen), causes[0])
    description = cause.get("description")
    if not isinstance(description, str) or not description.strip():
        return None
    steps = objects(cause.get("root_cause_reproduction"))
    steps.sort(key=lambda step: step.get("is_most_important_event") is not True)
    paths = [part(step, "relevant_code_file", "file_path") for step in steps]
    files = dict.fromkeys(path for path in paths if isinstance(path, str))
    return RootCause(description=description, files=tuple(files))


def _number(issue_id: str) -> str:
    """Return an issue's number, which is safe in a path.

    Raises:
        NotFound: it is none.
    """
    if not ISSUE.fullmatch(issue_id):
        raise NotFound(f"Sentry has no issue {issue_id[:40]!r}.")
    return issue_id


def _object(answer: Answer) -> dict[str, JsonValue]:
    if not isinstance(answer.body, dict):
        raise Unreachable("Sentry answered something else than it was asked for.")
    return answer.body


def _span(since: datetime, until: datetime) -> dict[str, str]:
    """Return a window as Sentry takes it: UTC without saying so."""
    pair = {"start": since, "end": until}
    return {name: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") for name, at in pair.items()}
