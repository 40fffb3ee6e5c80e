"""A Jira on the loopback: version 3 of its API as Cloud has it, version 2 as Data Center has it.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/ and
https://docs.atlassian.com/software/jira/docs/api/REST/9.17.0/
"""

import base64
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.faults import Fault
from tests.fakes.jira_document import faults_of
from tests.fakes.jira_schema import Call, misfits

Json = dict[str, Any]
EMAIL, TOKEN = "suture@shop.invalid", "jira-token-in-the-fake"
STATUSES = {
    "To Do": "new",
    "In Progress": "indeterminate",
    "In Review": "indeterminate",
    "Won't Do": "done",
    "Done": "done",
}
TRANSITIONS = {
    "11": "To Do",
    "21": "In Progress",
    "31": "In Review",
    "41": "Won't Do",
    "51": "Done",
}
RESOLUTION = {
    "key": "resolution",
    "name": "Resolution",
    "operations": ["set"],
    "required": True,
    "schema": {"type": "resolution", "system": "resolution"},
}
JQL = re.compile(r'labels = "([^"\\]+)" ORDER BY created ASC')


@dataclass
class Issue:
    number: int
    fields: Json
    properties: Json
    comments: list[Json] = field(default_factory=list)
    links: dict[str, Json] = field(default_factory=dict)
    indexed: bool = True
    edits: int = 0

    @property
    def key(self) -> str:
        return f"SHOP-{self.number}"


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class JiraServer:
    """The state, and hands for the people of a test."""

    def __init__(self, *, cloud: bool) -> None:
        self.cloud = cloud
        self.version = "3" if cloud else "2"
        self.url = ""
        self.issues: list[Issue] = []
        self.lags = False
        """Whether the index misses what is created now, until `catch_up`."""
        self.faults: list[tuple[str, str, Fault]] = []
        self.requests: list[tuple[str, str]] = []
        self.misfits: list[str] = []
        """What is not as the published schema of Cloud says."""
        self.permissions = {"BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS"} | {
            "TRANSITION_ISSUES",
            "LINK_ISSUES",
        }
        self.statuses = dict(TRANSITIONS)
        self.asks_resolution = False
        self.date: str | None = None
        self.lock = threading.RLock()

    def fail(self, method: str, path: str, fault: Fault) -> None:
        """Let the next request whose path ends so fail."""
        self.faults.append((method, path, fault))

    def catch_up(self) -> None:
        for issue in self.issues:
            issue.indexed = True

    def issue(self, key: str) -> Issue:
        for issue in self.issues:
            if issue.key == key:
                return issue
        raise Refused(404, "Issue does not exist or you do not have permission to see it.")

    def set_status(self, key: str, status: str) -> None:
        """Move it by a person's hand."""
        self.issue(key).fields["status"] = _status(status)

    def taken_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for number, (wanted, end, fault) in enumerate(self.faults):
                if method == wanted and path.endswith(end):
                    del self.faults[number]
                    return fault
        return None

    def answer(self, method: str, path: str, asked: Json) -> object:
        """Do what a request asks, and return what Jira says."""
        prefix = f"/rest/api/{self.version}/"
        if not path.startswith(prefix):
            raise Refused(404, "no such API here")
        parts = [unquote(one) for one in path.removeprefix(prefix).split("/")]
        with self.lock:
            for name, (verb, shape) in ROUTES.items():
                if verb == method and (found := _fit(shape, parts)) is not None:
                    return getattr(self, name)(*found, asked)
        raise Refused(404, f"no {method} {path}")

    def on_info(self, asked: Json) -> Json:
        del asked
        return {"baseUrl": self.url, "deploymentType": "Cloud" if self.cloud else "Server"}

    def on_myself(self, asked: Json) -> Json:
        del asked
        return {"accountId": "1", "displayName": "Suture"}

    def on_fields(self, asked: Json) -> list[Json]:
        del asked
        return [{"id": name, "clauseNames": [name]} for name in ("labels", "summary", "status")]

    def on_permissions(self, asked: Json) -> Json:
        if asked.get("projectKey") != "SHOP":
            raise Refused(404, "No project could be found with key.")
        names = str(asked.get("permissions", "")).split(",")
        return {"permissions": {one: {"havePermission": one in self.permissions} for one in names}}

    def on_project(self, key: str, asked: Json) -> Json:
        del asked
        if key != "SHOP":
            raise Refused(404, "No project could be found with key.")
        return {"key": key, "issueTypes": [{"name": "Bug"}, {"name": "Task"}]}

    def on_search(self, asked: Json) -> Json:
        found = JQL.fullmatch(str(asked.get("jql")))
        if found is None:
            raise Refused(400, "the fake does not understand this JQL")
        hits = [one for one in self.issues if one.indexed and found[1] in one.fields["labels"]]
        return {
            "issues": [
                {"id": str(10_000 + one.number), "key": one.key, "fields": one.fields}
                for one in hits[: int(asked.get("maxResults", 50))]
            ]
        }

    def on_create(self, asked: Json) -> Json:
        fields = dict(asked["fields"])
        if fields.pop("project") != {"key": "SHOP"}:
            raise Refused(400, "project: valid project is required")
        if fields["issuetype"].get("name") not in {"Bug", "Task"}:
            raise Refused(400, "issuetype: valid issue type is required")
        self._check_fields(fields)
        fields["status"] = _status("To Do")
        fields.setdefault("priority", {"name": "Medium"})
        properties = {one["key"]: one["value"] for one in asked.get("properties", [])}
        issue = Issue(len(self.issues) + 1, fields, properties, indexed=not self.lags)
        self.issues.append(issue)
        return {"id": str(10_000 + issue.number), "key": issue.key, "self": f"{self.url}/x"}

    def on_read(self, key: str, asked: Json) -> Json:
        issue, wanted = self.issue(key), str(asked.get("fields", "")).split(",")
        return {"key": key, "fields": {name: issue.fields.get(name) for name in wanted}}

    def on_edit(self, key: str, asked: Json) -> None:
        issue = self.issue(key)
        self._check_fields(asked.get("fields", {}))
        issue.fields |= asked.get("fields", {})
        issue.edits += 1
        for change in asked.get("update", {}).get("labels", []):
            ((verb, label),) = change.items()
            kept = [one for one in issue.fields["labels"] if one != label]
            issue.fields["labels"] = [*kept, label] if verb == "add" else kept

    def on_transitions(self, key: str, asked: Json) -> Json:
        del asked
        now = self.issue(key).fields["status"]["name"]
        screen: Json = {}
        if self.asks_resolution:
            names = [{"name": "Won't"}, {"name": "Fixed"}]
            screen = {"resolution": {**RESOLUTION, "allowedValues": names}}
        return {
            "transitions": [
                {"id": number, "name": f"Go to {name}", "to": _status(name), "fields": screen}
                for number, name in self.statuses.items()
                if name != now
            ]
        }

    def on_move(self, key: str, asked: Json) -> None:
        name = self.statuses.get(asked["transition"]["id"])
        if name is None:
            raise Refused(400, "It seems that you have tried to perform an illegal operation.")
        if self.asks_resolution and STATUSES[name] == "done":
            self.issue(key).fields["resolution"] = asked["fields"]["resolution"]
        self.set_status(key, name)

    def on_property(self, key: str, name: str, asked: Json) -> Json:
        del asked
        kept = self.issue(key).properties
        if name not in kept:
            raise Refused(404, "The property does not exist.")
        return {"key": name, "value": kept[name]}

    def on_comments(self, key: str, asked: Json) -> Json:
        start, size = int(asked.get("startAt", 0)), int(asked.get("maxResults", 50))
        told = [
            {name: one[name] for name in ("id", "body")}
            for one in reversed(self.issue(key).comments)
        ]
        return {"comments": told[start : start + size], "total": len(told)}

    def on_comment(self, key: str, asked: Json) -> Json:
        self._check_text("comment", asked["body"])
        number = sum(len(issue.comments) for issue in self.issues) + 1
        made = {"id": str(number), "body": asked["body"], "properties": asked.get("properties", [])}
        self.issue(key).comments.append(made)
        return made

    def on_comment_list(self, asked: Json) -> Json:
        if not self.cloud or asked.get("expand") != "properties":
            raise Refused(404, "no such API here")
        every = [one for issue in self.issues for one in issue.comments]
        return {"values": [one for one in every if int(one["id"]) in asked["ids"]]}

    def on_link(self, key: str, asked: Json) -> Json:
        self.issue(key).links[asked["globalId"]] = asked
        return {"id": 1}

    def _check_fields(self, fields: Json) -> None:
        if "description" in fields:
            self._check_text("description", fields["description"])
        summary = fields.get("summary", "x")
        if not summary.strip() or len(summary) > 255 or "\n" in summary:
            raise Refused(400, "summary: one line of at most 255 characters")
        for label in fields.get("labels", []):
            if re.search(r"\s", label) or not label:
                raise Refused(400, f"labels: the label {label!r} contains spaces")

    def _check_text(self, name: str, text: object) -> None:
        wrong = faults_of(text) if self.cloud else "" if isinstance(text, str) else "no text"
        if wrong or len(json.dumps(text)) > 400_000:
            raise Refused(400, f"{name}: {wrong or 'too long'}")


ROUTES = {
    "on_info": ("GET", ("serverInfo",)),
    "on_myself": ("GET", ("myself",)),
    "on_fields": ("GET", ("field",)),
    "on_permissions": ("GET", ("mypermissions",)),
    "on_project": ("GET", ("project", None)),
    "on_create": ("POST", ("issue",)),
    "on_read": ("GET", ("issue", None)),
    "on_edit": ("PUT", ("issue", None)),
    "on_transitions": ("GET", ("issue", None, "transitions")),
    "on_move": ("POST", ("issue", None, "transitions")),
    "on_property": ("GET", ("issue", None, "properties", None)),
    "on_comments": ("GET", ("issue", None, "comment")),
    "on_comment": ("POST", ("issue", None, "comment")),
    "on_comment_list": ("POST", ("comment", "list")),
    "on_link": ("POST", ("issue", None, "remotelink")),
    "on_search": ("GET", ("search", "jql")),
}


def _fit(shape: tuple[str | None, ...], parts: list[str]) -> list[str] | None:
    if len(shape) != len(parts):
        return None
    pairs = list(zip(shape, parts, strict=True))
    if any(wanted not in {None, got} for wanted, got in pairs):
        return None
    return [got for wanted, got in pairs if wanted is None]


def _status(name: str) -> Json:
    return {"name": name, "statusCategory": {"key": STATUSES[name]}}


@contextmanager
def serving(*, cloud: bool) -> Iterator[JiraServer]:
    """Serve while the context is open."""
    state = JiraServer(cloud=cloud)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert not state.misfits, state.misfits


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: JiraServer

    def handle_one(self) -> None:
        target = urlsplit(self.path)
        self.state.requests.append((self.command, target.path))
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else {}
        fault = self.state.taken_fault(self.command, target.path) or Fault(processed=True)
        asked = {name: values[-1] for name, values in parse_qs(target.query).items()} | body
        status, content = 0, ""
        for _ in range(fault.processed + fault.twice):
            status, told = self._processed(target.path, asked)
            content = "" if told is None else json.dumps(told)
            if self.state.cloud:
                call = Call(self.command, self.path, body or None, status, told)
                self.state.misfits += misfits(call)
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

    do_GET = do_POST = do_PUT = handle_one  # noqa: N815 -- the library's names

    def _processed(self, path: str, asked: Json) -> tuple[int, object]:
        if self.headers.get("Authorization") != self._expected():
            return 401, {"errorMessages": ["Who are you?"]}
        if not self.state.cloud and path == "/rest/api/2/search":
            path = "/rest/api/2/search/jql"
        try:
            told = self.state.answer(self.command, path, asked)
        except Refused as refused:
            return refused.status, {"errorMessages": [str(refused)], "errors": {}}
        made = self.command == "POST" and path.endswith(("/issue", "/comment", "/remotelink"))
        return (204 if told is None else 201 if made else 200), told

    def _expected(self) -> str:
        if self.state.cloud:
            return "Basic " + base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        return f"Bearer {TOKEN}"

    def _say(self, status: int, content: str, headers: Json) -> None:
        written = content.encode()
        self.send_response_only(status)
        self.send_header("Date", self.state.date or self.date_time_string())
        self.send_header("Content-Type", "application/json")
        if status != 204 and "Content-Length" not in headers:  # 204 has no body
            self.send_header("Content-Length", str(len(written)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(written)
        # A length that is not the body's is one that breaks off.
        self.close_connection = "Content-Length" in headers

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True
