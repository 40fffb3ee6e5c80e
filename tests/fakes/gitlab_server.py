"""A small stateful GitLab, in its API's documented shapes, that can be made to fail.

Nobody has compared it with a real one. Source: https://docs.gitlab.com/api/rest/.
"""

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.fakes.github_git import GitData, Json, Refused
from tests.fakes.gitlab_calls import Call, Route, page_of

PROJECT = "acme/platform/shop"
TOKEN = "glpat-of-the-tests"
DRAFT = re.compile(r"^\s*(draft:|\[draft\]|\(draft\))", re.IGNORECASE)
COMMAND = re.compile(r"^/(?:merge|close|approve|label|assign)(?: .*)?$", re.MULTILINE)
START = datetime(2026, 3, 1, 13, tzinfo=UTC)
BOT = {"id": 99, "username": "project_1_bot_abc"}


class GitLabServer:
    """Merge requests, issues, notes, pipelines and statuses over a bare repository."""

    def __init__(self, path: Path) -> None:
        self.git = GitData(path)
        self.turn = threading.Lock()
        """Held for each request, and by whoever else changes what requests show."""
        self.url = ""
        self.faults: list[tuple[str, str]] = []
        """What happens to the first request whose `VERB path` matches: a status, `lost` (done, no
        answer), `cut` (done, half an answer) or `reset` (not done)."""
        self.message = "Something is wrong"
        self.log: list[str] = []
        self.bodies: list[Json] = []
        self.requests: dict[int, Json] = {}
        self.issues: dict[int, Json] = {}
        self.notes: dict[str, list[Json]] = {}
        self.versions: dict[int, list[Json]] = {}
        self.approvals: list[Json] = []
        self.pipelines: list[Json] = []
        self.statuses: list[Json] = []
        self.traces: dict[int, bytes] = {}
        self.failed_jobs: list[Json] = []
        """Of any pipeline."""
        self.trains: set[int] = set()
        self.departed = False
        """Whether GitLab merges what waits, and lets nothing go."""
        self.commands: list[str] = []
        """Quick actions that somebody's text made GitLab do."""
        self.fast_forward = False
        self.detail = "mergeable"
        self.waits = False
        """Whether auto-merge has something to wait for."""
        self.stale = False
        """Whether merge requests do not take in pushes yet."""
        self.version = "18.5.1-ee"
        self.scopes = ["api", "write_repository"]
        self.access = 30
        self.project: Json = {"archived": False}
        self.expires: str | None = None
        self._now = START
        self.routes: tuple[Route, ...] = (*self._request_routes(), *self._other_routes())

    def _request_routes(self) -> tuple[Route, ...]:
        one = r"/merge_requests/(\d+)"
        return (
            ("GET", "/merge_requests", self._list_requests),
            ("POST", "/merge_requests", self._open),
            ("GET", one, lambda c: self.request(c.names[0])),
            ("PUT", one, self._edit_request),
            ("PUT", f"{one}/merge", self._merge),
            ("POST", f"{one}/cancel_merge_when_pipeline_succeeds", self._cancel),
            ("GET", f"{one}/notes", lambda c: page_of(self._said("m", c), c.query)),
            ("POST", f"{one}/notes", lambda c: self._note("m", c)),
            ("GET", f"{one}/approvals", lambda _: {"approved_by": self.approvals}),
            ("GET", f"{one}/versions", lambda c: self.versions[int(c.names[0])][::-1]),
            ("GET", f"{one}/pipelines", lambda c: page_of(self._pipelines(c.names[0]), c.query)),
            ("GET", r"/merge_trains/merge_requests/(\d+)", self._train),
            ("POST", r"/merge_trains/merge_requests/(\d+)", self._board),
        )

    def _other_routes(self) -> tuple[Route, ...]:
        commits = "/repository/commits"
        return (
            ("GET", "", lambda _: self._project()),
            ("GET", "/repository/branches/([^/]+)", lambda c: self._branch(c.names[0])),
            ("GET", f"{commits}/(\\w+)", lambda c: self._commit(c.names[0])),
            ("GET", f"{commits}/(\\w+)/statuses", self._list_statuses),
            ("POST", r"/statuses/(\w+)", self._make_status),
            ("GET", "/pipelines", self._list_pipelines),
            ("GET", r"/pipelines/(\d+)/jobs", lambda c: page_of(self.failed_jobs, c.query)),
            ("GET", r"/jobs/(\d+)/trace", lambda c: self._trace(c.names[0])),
            ("GET", "/issues", self._list_issues),
            ("POST", "/issues", self._make_issue),
            ("GET", r"/issues/(\d+)", lambda c: self.issue(c.names[0])),
            ("PUT", r"/issues/(\d+)", self._edit_issue),
            ("GET", r"/issues/(\d+)/notes", lambda c: page_of(self._said("i", c), c.query)),
            ("POST", r"/issues/(\d+)/notes", lambda c: self._note("i", c)),
        )

    def answer(self, verb: str, target: str, body: Json) -> tuple[int, Any]:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/api/v4")
        about = {"/metadata": {"version": self.version}, "/user": BOT}
        about["/personal_access_tokens/self"] = {
            "scopes": self.scopes,
            "expires_at": self.expires,
            "active": True,
        }
        if path in about:
            return 200, about[path]
        inner = path.removeprefix(f"/projects/{quote(PROJECT, safe='')}")
        self.bodies.append(body)
        for known, pattern, handle in self.routes:
            found = re.fullmatch(pattern, inner)
            if inner != path and known == verb and found:
                names = tuple(unquote(name) for name in found.groups())
                try:
                    said = handle(Call(query=query, body=body, names=names))
                except Refused as error:
                    return error.status, {"message": str(error)}
                return 201 if verb == "POST" else 200, said
        return 404, {"message": "404 Project Not Found"}

    def fault(self, called: str) -> str:
        for fault in self.faults:
            if re.search(fault[0], called):
                self.faults.remove(fault)
                return fault[1]
        return ""

    def tick(self) -> str:
        self._now += timedelta(minutes=1)
        return self._now.isoformat()

    def request(self, number: str) -> Json:
        found = self.requests.get(int(number))
        if found is None:
            raise Refused(404, "404 Not found")
        self._take_in(found)
        return found

    def _take_in(self, found: Json) -> None:
        """See the last push, as GitLab does a moment later."""
        head = self.git.head(found["source_branch"])
        if found["state"] != "opened" or head is None or self.stale:
            return
        target = self.git.resolve(found["target_branch"])
        found["diff_refs"] = {"base_sha": self.git.git("merge-base", target, head)}
        versions = self.versions.setdefault(found["iid"], [])
        if found["sha"] != head:
            found["sha"] = head
            versions.append({"head_commit_sha": head, "created_at": self.tick()})
            self.git.git("update-ref", f"refs/merge-requests/{found['iid']}/head", head)

    def _list_requests(self, call: Call) -> list[Json]:
        rows = [self.request(str(number)) for number in self.requests]
        return page_of(
            [row for row in rows if row["source_branch"] == call.query["source_branch"]],
            call.query,
        )

    def _open(self, call: Call) -> Json:
        body = call.body
        if self.git.head(body["source_branch"]) is None:
            raise Refused(400, "source_branch does not exist")
        for row in self.requests.values():
            if row["state"] == "opened" and row["source_branch"] == body["source_branch"]:
                raise Refused(409, f"Another open merge request already exists: !{row['iid']}")
        number = len(self.requests) + 1
        self.requests[number] = {
            "iid": number,
            "state": "opened",
            "web_url": f"https://gitlab.invalid/{PROJECT}/-/merge_requests/{number}",
            "source_project_id": 1,
            "target_project_id": 1,
            "sha": None,
            "merge_commit_sha": None,
            "squash_commit_sha": None,
            "merge_when_pipeline_succeeds": False,
            "detailed_merge_status": self.detail,
            "source_branch": body["source_branch"],
            "target_branch": body["target_branch"],
            "title": "",
        }
        return self._edit_request(Call(query={}, body=body, names=(str(number),)))

    def _edit_request(self, call: Call) -> Json:
        found = self.request(call.names[0])
        text: Json = {
            name: call.body[name] for name in ("title", "description") if name in call.body
        }
        self._obey(text.get("description", ""))
        found.update(text)
        found["draft"] = bool(DRAFT.match(found["title"]))
        if call.body.get("state_event") == "close":
            found.update(state="closed", merge_when_pipeline_succeeds=False)
            self.trains.discard(found["iid"])
        return found

    def _merge(self, call: Call) -> Json:
        found = self.request(call.names[0])
        found["detailed_merge_status"] = self.detail
        if found["state"] != "opened" or found["draft"]:
            raise Refused(405, "405 Method Not Allowed")
        if call.body["sha"] != found["sha"]:
            raise Refused(409, "SHA does not match HEAD of source branch")
        if self.detail != "mergeable":
            raise Refused(422, "Branch cannot be merged")
        if call.body.get("auto_merge") and self.waits:
            found["merge_when_pipeline_succeeds"] = True
            return found
        return self.finish(found, call.body)

    def finish(self, found: Json, body: Json) -> Json:
        """Merge it, now or once the pipeline has passed."""
        target, head = found["target_branch"], found["sha"]
        old, squash = self.git.resolve(target), body.get("squash", False)
        if self.fast_forward and not squash:
            self.git.git("update-ref", f"refs/heads/{target}", head)
            found.update(state="merged", merge_when_pipeline_succeeds=False)
            return found
        message = body["squash_commit_message" if squash else "merge_commit_message"]
        try:
            made = self.git.merge(target, head, "squash" if squash else "merge", message)
        except Refused:
            raise Refused(422, "Branch cannot be merged") from None
        found.update(state="merged", merge_when_pipeline_succeeds=False)
        found["squash_commit_sha"] = made if squash else None
        if squash and not self.fast_forward:
            made = self.git._by_github(f"{made}^{{tree}}", (old, made), "Merge branch")
            self.git.git("update-ref", f"refs/heads/{target}", made)
        found["merge_commit_sha"] = None if self.fast_forward else made
        return found

    def _train(self, call: Call) -> Json:
        if int(call.names[0]) not in self.trains:
            raise Refused(404, "404 Not Found")
        return {"id": 1, "status": "fresh"}

    def _board(self, call: Call) -> list[Json]:
        found = self.request(call.names[0])
        if call.body["sha"] != found["sha"] or found["iid"] in self.trains:
            raise Refused(409, "409 Conflict")
        self.trains.add(found["iid"])
        return [self._train(call)]

    def _cancel(self, call: Call) -> Json:
        """Answer as GitLab does where nothing can be canceled: with success, and an error in it."""
        found = self.request(call.names[0])
        boarded, waits = found["iid"] in self.trains, found["merge_when_pipeline_succeeds"]
        if self.departed or not (boarded or waits):
            return {"status": "error", "message": "Can't cancel it", "http_status": 406}
        found["merge_when_pipeline_succeeds"] = False
        self.trains.discard(found["iid"])
        if boarded:
            what = "removed this merge request from the merge train"
            self.say(self._said("m", call), what, BOT, system=True)
        return {"status": "success"}

    def _said(self, kind: str, call: Call) -> list[Json]:
        known = self.requests if kind == "m" else self.issues
        if int(call.names[0]) not in known:
            raise Refused(404, "404 Not found")
        return self.notes.setdefault(kind + call.names[0], [])

    def _note(self, kind: str, call: Call) -> Json:
        self._obey(call.body["body"])
        rows = self._said(kind, call)
        return self.say(rows, call.body["body"], BOT)

    def say(self, rows: list[Json], body: str, author: Json, *, system: bool = False) -> Json:
        """Add a note, as somebody or as GitLab itself."""
        number = sum(len(kept) for kept in self.notes.values()) + 1
        facts = {"id": number, "body": body, "author": author, "system": system}
        at = self.tick()
        rows.append({**facts, "created_at": at, "updated_at": at})
        return rows[-1]

    def _obey(self, text: str) -> None:
        self.commands += COMMAND.findall(text.replace("\r", ""))

    def _project(self) -> Json:
        access = {"project_access": {"access_level": self.access}, "group_access": None}
        return {"id": 1, **self.project, "permissions": access}

    def _branch(self, name: str) -> Json:
        head = self.git.head(name)
        if head is None:
            raise Refused(404, "404 Branch Not Found")
        return {"name": name, "commit": {"id": head}}

    def _commit(self, sha: str) -> Json:
        found = self.git.commit(sha)
        return {"id": sha, "parent_ids": [one["sha"] for one in found["parents"]]}

    def _pipelines(self, number: str) -> list[Json]:
        """Return those of a merge request's heads, and of what they would result in."""
        heads = {one["head_commit_sha"] for one in self.versions.get(int(number), [])}
        rows = self.pipelines[::-1]
        of_requests = (one for one in rows if one["sha"] in heads or "event" in one["source"])
        return list(of_requests)

    def _list_pipelines(self, call: Call) -> list[Json]:
        rows = [one for one in self.pipelines[::-1] if one["sha"] == call.query["sha"]]
        return page_of(rows, call.query)

    def add_pipeline(self, sha: str, status: str, source: str = "push") -> Json:
        """Run a pipeline."""
        number = 500 + len(self.pipelines)
        url = f"https://gitlab.invalid/{PROJECT}/-/pipelines/{number}"
        facts = {"id": number, "sha": sha, "status": status, "source": source, "web_url": url}
        self.pipelines.append(facts)
        return facts

    def add_job(self, pipeline: Json, name: str, status: str, **more: object) -> Json:
        """Put a job, or what somebody reports, into a pipeline."""
        number = 700 + len(self.statuses)
        facts = {"id": number, "name": name, "status": status, "description": None}
        where = {"sha": pipeline["sha"], "pipeline_id": pipeline["id"], "target_url": None}
        self.statuses.append({**facts, **where, "allow_failure": False, **more})
        return self.statuses[-1]

    def _list_statuses(self, call: Call) -> list[Json]:
        latest = {(row["pipeline_id"], row["name"]): row for row in self.statuses}
        wanted = {name: call.query[name] for name in ("name", "pipeline_id") if name in call.query}
        rows = [
            row
            for row in latest.values()
            if row["sha"] == call.names[0]
            and all(str(row[name]) == value for name, value in wanted.items())
        ]
        return page_of(rows, call.query)

    def _make_status(self, call: Call) -> Json:
        sha, body = call.names[0], call.body
        known = [one for one in self.pipelines if one["sha"] == sha]
        if "pipeline_id" in body:
            known = [one for one in known if one["id"] == body["pipeline_id"]]
            # As if it were one of the merge request, whose ref is no branch.
            if not known or "ref" in body:
                raise Refused(404, "404 Pipeline for pipeline_id, sha and ref Not Found")
        pipeline = known[0] if known else self.add_pipeline(sha, "success", "external")
        same = [row for row in self.statuses if row["name"] == body["name"] and row["sha"] == sha]
        if same and same[-1]["status"] == body["state"]:
            raise Refused(400, f"Cannot transition status via :x from :{body['state']}")
        return self.add_job(pipeline, body["name"], body["state"], description=body["description"])

    def _trace(self, number: str) -> bytes:
        if int(number) not in self.traces:
            raise Refused(404, "404 Not Found")
        return self.traces[int(number)]

    def issue(self, number: str) -> Json:
        found = self.issues.get(int(number))
        if found is None:
            raise Refused(404, "404 Not found")
        return found

    def _list_issues(self, call: Call) -> list[Json]:
        rows = [row for row in self.issues.values() if call.query["labels"] in row["labels"]]
        return page_of(rows, call.query)

    def _make_issue(self, call: Call) -> Json:
        self._obey(call.body["description"])
        number = len(self.issues) + 1
        self.issues[number] = {
            "iid": number,
            "state": "opened",
            "title": call.body["title"],
            "description": call.body["description"],
            "labels": call.body["labels"].split(","),
            "web_url": f"https://gitlab.invalid/{PROJECT}/-/issues/{number}",
        }
        return self.issues[number]

    def _edit_issue(self, call: Call) -> Json:
        found = self.issue(call.names[0])
        self._obey(call.body.get("description", ""))
        for name in ("title", "description"):
            found[name] = call.body.get(name, found[name])
        added = [call.body["add_labels"]] if "add_labels" in call.body else []
        kept = [one for one in found["labels"] if one != call.body.get("remove_labels")]
        found["labels"] = [*kept, *added]
        event = str(call.body.get("state_event"))
        found["state"] = {"close": "closed", "reopen": "opened"}.get(event, found["state"])
        return found
