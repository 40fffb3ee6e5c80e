"""A small stateful GitHub on loopback, in its API's published shapes, that can be made to fail.

https://docs.github.com/en/rest
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.github_git import GitData, Json, Refused

REPOSITORY = "acme/shop"
TOKEN = "github_pat_of_the_tests"
Query = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a route is called with."""

    query: Query
    body: Json
    names: tuple[str, ...]
    """What its pattern caught."""


Route = tuple[str, str, Callable[[Call], Any]]


class GitHubServer:
    """Pull requests, issues, comments, labels, checks and statuses over a bare repository."""

    def __init__(self, path: Path) -> None:
        self.git = GitData(path)
        self.url = ""
        self.faults: list[tuple[str, str]] = []
        """What happens to the first request whose `VERB path` matches: a status, `lost` (done, no
        answer), `cut` (done, half an answer) or `reset` (not done)."""
        self.log: list[str] = []
        self.bodies: list[Any] = []
        self.tokens: list[Json] = []
        """Permissions that installation tokens were asked for."""
        self.authorizations: set[str] = set()
        self.pulls: dict[int, Json] = {}
        self.issues: dict[int, Json] = {}
        self.comments: dict[int, list[Json]] = {}
        self.runs: list[Json] = []
        self.statuses: list[Json] = []
        self.writable = True
        self.stale = False
        """Whether pull requests do not take in pushes yet."""
        self.message = "Base branch was modified. Review and try the merge again."
        self.routes: tuple[Route, ...] = (*self._git_routes(), *self._other_routes())

    def _git_routes(self) -> tuple[Route, ...]:
        git = self.git
        return (
            ("GET", r"/git/commits/(\w+)", lambda c: git.commit(c.names[0])),
            ("POST", r"/git/commits", lambda c: git.make_commit(c.body)),
            ("GET", r"/git/trees/(\w+)", lambda c: git.tree(c.names[0])),
            ("POST", r"/git/trees", lambda c: git.make_tree(c.body)),
            ("GET", r"/git/blobs/(\w+)", lambda c: git.blob(c.names[0])),
            ("POST", r"/git/blobs", lambda c: git.make_blob(c.body)),
            ("GET", r"/git/ref/heads/(.+)", lambda c: git.ref(c.names[0])),
            ("POST", r"/git/refs", lambda c: git.make_ref(c.body)),
            ("PATCH", r"/git/refs/heads/(.+)", lambda c: git.move_ref(c.names[0], c.body)),
            ("DELETE", r"/git/refs/heads/(.+)", lambda c: git.delete_ref(c.names[0])),
            ("GET", r"/compare/(.+)\.\.\.(.+)", lambda c: git.compare(c.names[0], c.names[1])),
        )

    def _other_routes(self) -> tuple[Route, ...]:
        return (
            ("GET", r"", lambda _: {"permissions": {"push": self.writable}}),
            ("GET", r"/pulls", self._list_pulls),
            ("POST", r"/pulls", self._open),
            ("GET", r"/pulls/(\d+)", lambda c: self._pull(c.names[0])),
            ("PATCH", r"/pulls/(\d+)", self._edit_pull),
            ("PUT", r"/pulls/(\d+)/merge", self._merge),
            ("GET", r"/issues", self._list_issues),
            ("POST", r"/issues", self._make_issue),
            ("GET", r"/issues/(\d+)", lambda c: self._issue(c.names[0])),
            ("PATCH", r"/issues/(\d+)", lambda c: self._edit(self._issue(c.names[0]), c.body)),
            ("GET", r"/issues/(\d+)/comments", lambda c: _page(self._said(c.names[0]), c.query)),
            ("POST", r"/issues/(\d+)/comments", self._comment),
            ("POST", r"/issues/(\d+)/labels", self._label),
            ("DELETE", r"/issues/(\d+)/labels/(.+)", self._unlabel),
            ("GET", r"/commits/(\w+)/check-runs", self._list_runs),
            ("POST", r"/check-runs", self._make_run),
            (
                "PATCH",
                r"/check-runs/(\d+)",
                lambda c: self._edit(self.runs[int(c.names[0]) - 1], c.body),
            ),
            ("GET", r"/commits/(\w+)/statuses", self._list_statuses),
            ("POST", r"/statuses/(\w+)", self._make_status),
        )

    def answer(self, verb: str, target: str, body: Json) -> tuple[int, Any]:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        if verb == "POST" and re.fullmatch(r"/app/installations/7/access_tokens", path):
            self.tokens.append(body["permissions"])
            said = {"token": "ghs_installation", "expires_at": "2099-01-01T00:00:00Z"}
            return 201, {**said, "permissions": body["permissions"]}
        inner = path.removeprefix(f"/repos/{REPOSITORY}")
        for known, pattern, handle in self.routes:
            found = re.fullmatch(pattern, inner)
            if inner != path and known == verb and found:
                try:
                    said = handle(Call(query=query, body=body, names=found.groups()))
                except Refused as error:
                    return error.status, {"message": str(error)}
                return (204, None) if said is None else (201 if verb == "POST" else 200, said)
        return 404, {"message": "Not Found"}

    def _number(self) -> int:
        return len(self.pulls) + len(self.issues) + 1

    def _pull(self, number: str) -> Json:
        pull = self.pulls.get(int(number))
        if pull is None:
            raise Refused(404, "Not Found")
        head = self.git.head(pull["head"]["ref"])
        if head is not None and pull["state"] == "open" and not self.stale:
            pull["head"]["sha"] = head
        return pull

    def _list_pulls(self, call: Call) -> list[Json]:
        branch = call.query["head"].partition(":")[2]
        rows = [self._pull(str(number)) for number in self.pulls]
        return _page([row for row in rows if row["head"]["ref"] == branch], call.query)

    def _open(self, call: Call) -> Json:
        head, base = self.git.head(call.body["head"]), self.git.head(call.body["base"])
        if head is None or base is None:
            raise Refused(422, "Validation Failed")
        for pull in self.pulls.values():
            if pull["state"] == "open" and pull["head"]["ref"] == call.body["head"]:
                raise Refused(422, f"A pull request already exists for acme:{call.body['head']}.")
        number = self._number()
        self.pulls[number] = {
            "number": number,
            "state": "open",
            "title": call.body["title"],
            "body": call.body["body"],
            "draft": call.body["draft"],
            "html_url": f"https://github.invalid/{REPOSITORY}/pull/{number}",
            "merged_at": None,
            "merge_commit_sha": "f" * 40,
            "head": {"ref": call.body["head"], "sha": head, "repo": {"full_name": REPOSITORY}},
            "base": {"ref": call.body["base"], "sha": base, "repo": {"full_name": REPOSITORY}},
        }
        return self.pulls[number]

    def _edit_pull(self, call: Call) -> Json:
        return self._edit(self._pull(call.names[0]), call.body)

    def _edit(self, kept: Json, body: Json) -> Json:
        kept.update(body)
        return kept

    def _merge(self, call: Call) -> Json:
        pull = self._pull(call.names[0])
        if call.body["sha"] != pull["head"]["sha"]:
            raise Refused(409, "Head branch was modified. Review and try the merge again.")
        if pull["state"] != "open" or pull["draft"]:
            raise Refused(405, "Pull Request is not mergeable")
        pull["base"]["sha"] = self.git.resolve(pull["base"]["ref"])
        message = call.body.get("commit_message", "")
        try:
            made = self.git.merge(
                pull["base"]["ref"], call.body["sha"], call.body["merge_method"], message
            )
        except Refused:
            raise Refused(405, "Pull Request is not mergeable") from None
        merged = {"state": "closed", "merged_at": "2026-03-02T12:00:00Z"}
        pull.update(merged, merge_commit_sha=made)
        return {"sha": made, "merged": True, "message": "Pull Request successfully merged"}

    def _issue(self, number: str) -> Json:
        issue = self.issues.get(int(number))
        if issue is None:
            raise Refused(404, "Not Found")
        return issue

    def _list_issues(self, call: Call) -> list[Json]:
        wanted = set(call.query["labels"].split(","))
        return _page(
            [
                row
                for row in self.issues.values()
                if wanted <= {label["name"] for label in row["labels"]}
            ],
            call.query,
        )

    def _make_issue(self, call: Call) -> Json:
        number = self._number()
        self.issues[number] = {
            **call.body,
            "number": number,
            "state": "open",
            "labels": [{"name": name} for name in call.body["labels"]],
            "html_url": f"https://github.invalid/{REPOSITORY}/issues/{number}",
        }
        return self.issues[number]

    def _said(self, number: str) -> list[Json]:
        if int(number) not in {**self.pulls, **self.issues}:
            raise Refused(404, "Not Found")
        return self.comments.setdefault(int(number), [])

    def _comment(self, call: Call) -> Json:
        self._said(call.names[0]).append(call.body)
        return call.body

    def _label(self, call: Call) -> list[Json]:
        labels: list[Json] = self._issue(call.names[0])["labels"]
        labels.extend(
            {"name": name} for name in call.body["labels"] if {"name": name} not in labels
        )
        return labels

    def _unlabel(self, call: Call) -> list[Json]:
        issue = self._issue(call.names[0])
        if {"name": call.names[1]} not in issue["labels"]:
            raise Refused(404, "Label does not exist")
        issue["labels"].remove({"name": call.names[1]})
        return list(issue["labels"])

    def _list_runs(self, call: Call) -> Json:
        rows = [row for row in self.runs if row["head_sha"] == call.names[0]]
        return {"total_count": len(rows), "check_runs": _page(rows, call.query)}

    def _make_run(self, call: Call) -> Json:
        self.runs.append({**call.body, "id": len(self.runs) + 1})
        return self.runs[-1]

    def _list_statuses(self, call: Call) -> list[Json]:
        return _page(
            [row for row in reversed(self.statuses) if row["sha"] == call.names[0]], call.query
        )

    def _make_status(self, call: Call) -> Json:
        self.statuses.append({**call.body, "sha": call.names[0]})
        return self.statuses[-1]


class Handler(BaseHTTPRequestHandler):
    """Reads a request and answers as the server's faults want it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    github: GitHubServer
    turn: threading.Lock

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Say nothing."""

    def handle_call(self) -> None:
        text = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.turn:
            self.github.authorizations.add(self.headers.get("authorization", ""))
            self._serve(json.loads(text) if text else {})

    def _serve(self, body: Json) -> None:
        called = f"{self.command} {unquote(self.path)}"
        self.github.log.append(called)
        self.github.bodies.append(body)
        fault = _fault(self.github, called)
        if fault.isdecimal():
            self._say(int(fault), {"message": self.github.message})
            return
        said = (0, None) if fault == "reset" else self.github.answer(self.command, self.path, body)
        if fault in ("reset", "lost"):
            self.close_connection = True
            return
        self._say(*said, cut=fault == "cut")

    def _say(self, status: int, said: object, *, cut: bool = False) -> None:
        content = b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        if status == 429:
            self.send_header("retry-after", "7")
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = cut

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_call  # noqa: N815 -- its names


@contextmanager
def running_github(path: Path) -> Iterator[GitHubServer]:
    """Serve a bare repository as `acme/shop`."""
    github = GitHubServer(path)
    handler = type("Bound", (Handler,), {"github": github, "turn": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    github.url = f"http://localhost:{server.server_port}"
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _fault(github: GitHubServer, called: str) -> str:
    for fault in github.faults:
        if re.search(fault[0], called):
            github.faults.remove(fault)
            return fault[1]
    return ""


def _page(rows: list[Json], query: Query) -> list[Json]:
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return rows[(page - 1) * size : page * size]
