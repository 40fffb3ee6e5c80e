"""Sentry's API on the loopback, as far as Suture reads it: https://docs.sentry.io/api/."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.vendor_server import Request, Said, VendorServer

ORGANISATION, TOKEN = "acme", "sntrys-token-of-the-tests"
ROOT = f"/api/0/organizations/{ORGANISATION}"
SCOPES = frozenset({"org:read", "event:read"})
Json = dict[str, Any]


@dataclass
class Issue:
    """A group of events."""

    id: str
    project: str = "shop"
    status: str = "unresolved"
    events: list[Json] = field(default_factory=list)
    """Oldest first, each as Sentry exports it."""
    autofix: Json | None = None
    merged_into: str | None = None

    def shown(self) -> Json:
        last = self.events[-1]["dateCreated"] if self.events else None
        return {
            "id": self.id,
            "shortId": f"{self.project.upper()}-{self.id}",
            "title": "ZeroDivisionError: division by zero",
            "culprit": "/checkout",
            "level": "error",
            "status": self.status,
            "issueCategory": "error",
            "permalink": f"https://sentry.io/organizations/acme/issues/{self.id}/",
            "project": {"id": "1", "slug": self.project, "name": self.project.title()},
            "count": str(len(self.events)),
            "lastSeen": last,
        }


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session that ended."""

    at: datetime
    status: str = "healthy"
    environment: str = "live"
    project: str = "shop"


class FakeSentry(VendorServer):
    """Holds issues, events and sessions; grants what the token's scopes allow."""

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[str, Issue] = {}
        self.sessions: list[Session] = []
        self.scopes = SCOPES
        self.minutes = True
        """Whether sessions are given by the minute, which is not documented."""
        self.page = 100

    def answer(self, request: Request) -> Said:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Said(status=401, body={"detail": "Invalid token"})
        path = request.path.removeprefix(ROOT)
        if path in {"/", "/events/", "/sessions/"}:
            return self.granted("org:read") or self.about_organisation(path, request)
        return self.granted("event:read") or self.about_issues(path, request)

    def granted(self, scope: str) -> Said | None:
        refused = {"detail": "You do not have permission to perform this action."}
        return None if scope in self.scopes else Said(status=403, body=refused)

    def about_organisation(self, path: str, request: Request) -> Said:
        if path == "/":
            return Said(body={"slug": ORGANISATION})
        since, until = window(request)
        if since >= until:
            return Said(status=400, body={"detail": "start must be before end"})
        if path == "/sessions/":
            return self.about_sessions(request, since, until)
        assert request.one("dataset") == "errors"
        assert request.one("field") == "count()"
        issue = self.issues[request.one("query").removeprefix("issue.id:")]
        times = [datetime.fromisoformat(event["dateCreated"]) for event in issue.events]
        count = sum(since <= at < until for at in times)
        meta = {"fields": {"count()": "integer"}}
        return Said(body={"data": [{"count()": count}], "meta": meta})

    def about_sessions(self, request: Request, since: datetime, until: datetime) -> Said:
        assert request.one("field") == "sum(session)"
        assert request.one("groupBy") == "session.status"
        length = {"1m": timedelta(minutes=1), "1h": timedelta(hours=1)}[request.one("interval")]
        if length < timedelta(hours=1) and not self.minutes:
            return Said(status=400, body={"detail": "The interval has to be at least one hour"})
        seconds = int(length.total_seconds())
        start = datetime.fromtimestamp(since.timestamp() // seconds * seconds, UTC)
        end = datetime.fromtimestamp(-(-until.timestamp() // seconds) * seconds, UTC)
        starts = [start + length * number for number in range(int((end - start) / length))]
        wanted = (request.one("project"), request.one("environment"))
        groups = []
        for status in ("abnormal", "crashed", "errored", "healthy"):
            series = [
                sum(
                    one.status == status
                    and (one.project, one.environment) == wanted
                    and begin <= one.at < begin + length
                    for one in self.sessions
                )
                for begin in starts
            ]
            groups.append({"by": {"session.status": status}, "series": {"sum(session)": series}})
        stamps = [f"{begin:%Y-%m-%dT%H:%M:%SZ}" for begin in starts]
        return Said(body={"groups": groups, "intervals": stamps, "query": ""})

    def about_issues(self, path: str, request: Request) -> Said:
        if path == "/issues/":
            return self.list_issues(request)
        _, _, number, *rest = path.rstrip("/").split("/")
        issue = self.issues.get(number)
        if issue is not None and issue.merged_into:
            issue = self.issues[issue.merged_into]
        if issue is None:
            return Said(status=404, body={"detail": "The requested resource does not exist"})
        if rest == ["events", "latest"]:
            return Said(body=issue.events[-1]) if issue.events else Said(status=404, body={})
        if rest == ["autofix"]:
            return Said(body={"autofix": issue.autofix})
        return Said(body=issue.shown())

    def list_issues(self, request: Request) -> Said:
        since, until = window(request)
        found = [
            issue
            for issue in self.issues.values()
            if f"is:{issue.status}" in request.one("query")
            and issue.events
            and since <= datetime.fromisoformat(issue.events[-1]["dateCreated"]) < until
        ]
        found.sort(key=lambda issue: str(issue.events[-1]["dateCreated"]), reverse=True)
        offset = int(request.query.get("cursor", ["0:0:0"])[0].split(":")[1])
        page = found[offset : offset + self.page]
        more = "true" if offset + self.page < len(found) else "false"
        link = (
            f'<{self.url}{ROOT}/issues/?cursor=0:0:1>; rel="previous"; results="false";'
            f' cursor="0:0:1", <{self.url}{ROOT}/issues/?cursor=x>; rel="next";'
            f' results="{more}"; cursor="0:{offset + self.page}:0"'
        )
        return Said(body=[issue.shown() for issue in page], headers={"Link": link})


def window(request: Request) -> tuple[datetime, datetime]:
    """Return what a request asks for, which Sentry takes as UTC."""
    since, until = (
        datetime.fromisoformat(request.one(name)).replace(tzinfo=UTC) for name in ("start", "end")
    )
    return since, until
