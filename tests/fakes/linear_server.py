"""A Linear on the loopback: GraphQL as its schema has it, and what it does with what is asked.

https://linear.app/developers/graphql. How it refuses an id that something has is
`conflict on insert of Issue`, with code `INPUT_ERROR` and status 400.
"""

import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from graphql import GraphQLError, build_schema, graphql_sync

from tests.fakes.faults import Fault

Json = dict[str, Any]
API_KEY, ACCESS_TOKEN = "lin_api_key_in_the_fake", "lin_oauth_token_in_the_fake"
SCHEMA = build_schema((Path(__file__).parent / "linear.graphql").read_text("utf-8"))
STATES = (
    ("Triage", "triage"),
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("In Review", "started"),
    ("Done", "completed"),
    ("Canceled", "canceled"),
)
OPERATION = re.compile(r"\s*(?:query|mutation) (\w+)")
EMPHASIS = re.compile(r"^\*(.+)\*$", re.MULTILINE)


@dataclass
class Issue:
    """An issue, with resolvers under the schema's names."""

    id: str
    number: int
    team: "Team"
    title: str
    description: str
    priority: int
    state: Json
    label_ids: list[str]
    url: str = ""
    archived: str | None = None
    trashed: bool | None = None
    comments: dict[str, Json] = field(default_factory=dict)
    attachments: dict[str, Json] = field(default_factory=dict)
    edits: int = 0
    former: str | None = None


@dataclass
class Team:
    id: str
    key: str
    name: str
    states: list[Json]


class LinearServer:
    """The state, and hands for the people of a test."""

    def __init__(self) -> None:
        self.url = ""
        self.place = "acme"
        states = [
            {"id": str(uuid4()), "name": name, "type": kind, "position": float(place)}
            for place, (name, kind) in enumerate(STATES)
        ]
        self.team = Team(str(uuid4()), "SHOP", "Shop", states)
        self.labels = [self._label(name) for name in ("suture", "shop", "severity-high")]
        self.issues: dict[str, Issue] = {}
        self.faults: list[tuple[str, Fault]] = []
        self.operations: list[str] = []
        self.date: str | None = None
        self.lock = threading.RLock()

    def fail(self, operation: str, fault: Fault) -> None:
        """Let the next operation of this name fail."""
        self.faults.append((operation, fault))

    def issue(self, number: int = 1) -> Issue:
        return next(one for one in self.issues.values() if one.number == number)

    def named(self, identifier: str) -> Issue:
        """Return an issue by a name that it has or had."""
        for issue in self.issues.values():
            if identifier in {f"{self.team.key}-{issue.number}", issue.former}:
                return issue
        raise _refusal("Entity not found: Issue", "Could not find referenced Issue.")

    def set_state(self, identifier: str, name: str) -> None:
        """Move it by a person's hand."""
        self.named(identifier).state = self._state(name)

    def delete(self, identifier: str) -> None:
        """Put it into the trash by a person's hand."""
        issue = self.named(identifier)
        issue.trashed, issue.archived = True, "2026-11-21T12:00:00.000Z"

    def add_label(self, name: str) -> None:
        self.labels.append(self._label(name))

    def texts(self, identifier: str) -> list[str]:
        return [one["body"] for one in self.named(identifier).comments.values()]

    def taken_fault(self, operation: str) -> Fault:
        with self.lock:
            for number, (wanted, fault) in enumerate(self.faults):
                if wanted == operation:
                    del self.faults[number]
                    return fault
        return Fault(processed=True)

    def answer(self, asked: Json) -> tuple[int, Json]:
        """Do what a request asks, and return what Linear says."""
        names = [name for name in dir(self) if name.startswith("on_")]
        root = {_camel(name): getattr(self, name) for name in names}
        with self.lock:
            done = graphql_sync(SCHEMA, asked["query"], root, variable_values=asked["variables"])
        if not done.errors:
            return 200, {"data": done.data}
        errors = [one.formatted for one in done.errors]
        return (400 if done.data is None else 200), {"errors": errors, "data": done.data}

    def on_viewer(self, info: object) -> Json:
        del info
        return {"id": str(uuid4()), "name": "Suture", "displayName": "suture", "email": "s@x"}

    def on_teams(self, info: object, filter: Json, first: int) -> Json:  # noqa: A002 -- Linear's name
        del info, first
        wanted = filter["key"]["eqIgnoreCase"].lower()
        return {"nodes": [self._told_team()] if wanted == self.team.key.lower() else []}

    def on_issue_labels(self, info: object, filter: Json, first: int) -> Json:  # noqa: A002 -- the same
        del info
        assert filter["isGroup"] == {"eq": False}
        assert filter["or"] == [{"team": {"null": True}}, {"team": {"key": {"eq": self.team.key}}}]
        found = [one for one in self.labels if one["name"] in filter["name"]["in"]]
        return {"nodes": found[:first]}

    def on_issue(self, info: object, id: str) -> Json:  # noqa: A002 -- the same
        del info
        return self._told(self.named(id))

    # What the trash and the archive hold is shown only on request.
    def on_issues(self, info: object, filter: Json, first: int, includeArchived: bool) -> Json:  # noqa: A002, FBT001, N803 -- the same
        del info, first
        found = self.issues.get(filter["id"]["eq"])
        shown = found is not None and (includeArchived or not found.archived)
        return {"nodes": [self._told(found)] if found and shown else []}

    def on_comments(self, info: object, filter: Json, first: int, includeArchived: bool) -> Json:  # noqa: A002, FBT001, N803 -- the same
        del info, first
        every = {key: one for issue in self.issues.values() for key, one in issue.comments.items()}
        found = every.get(filter["id"]["eq"])
        shown = found is not None and (includeArchived or not found["archivedAt"])
        return {"nodes": [found] if shown else []}

    def on_issue_create(self, info: object, input: Json) -> Json:  # noqa: A002 -- the same
        del info
        self._check_id("Issue", input["id"], self.issues)
        if input["teamId"] != self.team.id:
            raise _refusal("Entity not found: Team")
        state = self._by_id(input["stateId"]) if "stateId" in input else self._state("Backlog")
        made = Issue(
            id=input["id"],
            number=len(self.issues) + 1,
            team=self.team,
            title=_titled(input["title"]),
            description=_rewritten(input["description"]),
            priority=input["priority"],
            state=state,
            label_ids=self._checked_labels(input["labelIds"]),
        )
        made.url = f"https://linear.invalid/{self.place}/issue/{self.team.key}-{made.number}"
        self.issues[made.id] = made
        return {"success": True, "issue": self._told(made)}

    def on_issue_update(self, info: object, id: str, input: Json) -> Json:  # noqa: A002 -- the same
        del info
        issue = self._live(id)
        issue.edits += 1
        issue.title = _titled(input.get("title", issue.title))
        if "description" in input:
            issue.description = _rewritten(input["description"])
        issue.priority = input.get("priority", issue.priority)
        if "stateId" in input:
            issue.state = self._by_id(input["stateId"])
        gone = input.get("removedLabelIds", [])
        kept = [one for one in issue.label_ids if one not in gone]
        added = self._checked_labels(input.get("addedLabelIds", []))
        issue.label_ids = list(dict.fromkeys([*kept, *added]))
        return {"success": True, "issue": self._told(issue)}

    def on_issue_unarchive(self, info: object, id: str) -> Json:  # noqa: A002 -- the same
        del info
        issue = self.issues[id]
        issue.archived = issue.trashed = None
        return {"success": True, "entity": self._told(issue)}

    def on_comment_create(self, info: object, input: Json) -> Json:  # noqa: A002 -- the same
        del info
        issue = self._live(input["issueId"])
        every = [key for one in self.issues.values() for key in one.comments]
        self._check_id("Comment", input["id"], every)
        made = {"id": input["id"], "body": input["body"], "archivedAt": None}
        issue.comments[made["id"]] = made
        return {"success": True, "comment": made}

    def on_attachment_create(self, info: object, input: Json) -> Json:  # noqa: A002 -- the same
        del info
        issue = self._live(input["issueId"])
        found = issue.attachments.setdefault(input["url"], {"id": str(uuid4())})
        found |= {"title": input["title"], "url": input["url"]}
        return {"success": True, "attachment": {**found, "issue": self._told(issue)}}

    def _live(self, issue_id: str) -> Issue:
        issue = self.issues.get(issue_id)
        if issue is None or issue.archived:
            raise _refusal("Entity not found: Issue", "Could not find referenced Issue.")
        return issue

    def _check_id(self, kind: str, given: str, taken: Any) -> None:  # noqa: ANN401 -- a container
        if UUID(given).version != 4:
            raise _refusal("Argument Validation Error", "id must be a UUID")
        if given in taken:
            said = f"Entity {kind} with id {given} already exists."
            raise _refusal(f"conflict on insert of {kind}", said)

    def _checked_labels(self, ids: list[str]) -> list[str]:
        if not set(ids) <= {one["id"] for one in self.labels}:
            raise _refusal("Entity not found: IssueLabel")
        return list(ids)

    def _told_team(self) -> Json:
        states = {"nodes": self.team.states}
        return {"id": self.team.id, "key": self.team.key, "name": self.team.name, "states": states}

    def _told(self, issue: Issue) -> Json:
        labels = [one for one in self.labels if one["id"] in issue.label_ids]
        return {
            **{name: getattr(issue, name) for name in ("id", "url", "title", "description")},
            "identifier": f"{self.team.key}-{issue.number}",
            "priority": float(issue.priority),
            "archivedAt": issue.archived,
            "trashed": issue.trashed,
            "state": issue.state,
            "labels": {"nodes": labels},
            "team": self._told_team(),
        }

    def _state(self, name: str) -> Json:
        return next(one for one in self.team.states if one["name"] == name)

    def _by_id(self, state_id: str) -> Json:
        found = next((one for one in self.team.states if one["id"] == state_id), None)
        if found is None:
            raise _refusal("Entity not found: WorkflowState")
        return found

    def _label(self, name: str) -> Json:
        return {"id": str(uuid4()), "name": name, "isGroup": False, "team": None}


def _refusal(message: str, more: str = "") -> GraphQLError:
    extensions = {
        "type": "invalid input",
        "code": "INPUT_ERROR",
        "statusCode": 400,
        "userError": True,
        "userPresentableMessage": more,
    }
    return GraphQLError(message, extensions=extensions)


def _titled(title: str) -> str:
    if not title.strip() or len(title) > 255 or "\n" in title:
        raise _refusal("Argument Validation Error", "title must be one line, at most 255 long")
    return title


def _rewritten(markdown: str) -> str:
    """Return Markdown in Linear's own style, which differs from whoever wrote it."""
    return EMPHASIS.sub(r"_\1_", markdown).strip()


def _camel(name: str) -> str:
    first, *rest = name.removeprefix("on_").split("_")
    return first + "".join(part.title() for part in rest)


@contextmanager
def serving() -> Iterator[LinearServer]:
    """Serve while the context is open."""
    state = LinearServer()
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/graphql"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: LinearServer

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        named = OPERATION.match(asked["query"])
        operation = named[1] if named else ""
        self.state.operations.append(operation)
        fault = self.state.taken_fault(operation)
        status, content = 0, ""
        for _ in range(fault.processed + fault.twice):
            status, content = self._processed(asked)
        if fault.meeting is not None:
            fault.meeting.wait()
        if fault.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
        elif fault.status is not None:
            self._say(fault.status, fault.body, fault.headers)
        else:
            self._say(status, content, {})

    def _processed(self, asked: Json) -> tuple[int, str]:
        if self.headers["Authorization"] not in {API_KEY, f"Bearer {ACCESS_TOKEN}"}:
            refused = {"type": "authentication error", "code": "AUTHENTICATION_ERROR"}
            errors = [{"message": "Authentication required", "extensions": refused}]
            return 401, json.dumps({"errors": errors})
        status, told = self.state.answer(asked)
        return status, json.dumps(told)

    def _say(self, status: int, content: str, headers: Json) -> None:
        written = content.encode()
        self.send_response_only(status)
        self.send_header("Date", self.state.date or self.date_time_string())
        self.send_header("Content-Type", "application/json")
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(written)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(written)
        self.close_connection = "Content-Length" in headers

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True
