"""A small stateful GitHub on loopback, in its API's published shapes, that can be made to fail.

https://docs.github.com/en/rest
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.fakes.github_checks import Call, Checks, Query, page_of
from tests.fakes.github_git import GitData, Json, Refused
from tests.fakes.github_graphql import GraphQl, Queue

REPOSITORY = "acme/shop"
TOKEN = "github_pat_of_the_tests"
NOW = "2026-03-02T12:00:00Z"
STORE = "/stored-logs/"
"""Where logs are downloaded from, without a credential."""
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
        self.stored: list[tuple[str, str]] = []
        """Credential and range of each download of a log."""
        self.store = ""
        """Where logs are said to be, if not here."""
        self.before: tuple[str, Callable[[], object]] | None = None
        """What somebody does just before a call that matches."""
        self.pulls: dict[int, Json] = {}
        self.issues: dict[int, Json] = {}
        self.comments: dict[int, list[Json]] = {}
        self.reviews: dict[int, list[Json]] = {}
        self.line_comments: dict[int, list[Json]] = {}
        self.checks = Checks()
        self.runs, self.statuses = self.checks.runs, self.checks.statuses
        self.queue = Queue()
        self.graphql = GraphQl(REPOSITORY, self._pull, self.queue)
        self.drafts = True
        """Whether the plan has them."""
        self.forbidden: str | None = None
        """Paths that match are refused as a missing permission is."""
        self.writable = True
        self.stale = False
        """Whether pull requests do not take in pushes yet."""
        self.message = "Base branch was modified. Review and try the merge again."
        self.routes: tuple[Route, ...] = (
            *self._git_routes(),
            *self._check_routes(),
            *self._other_routes(),
        )

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
            ("GET", r"/issues/(\d+)/comments", lambda c: page_of(self._said(c.names[0]), c.query)),
            ("POST", r"/issues/(\d+)/comments", self._comment),
            ("POST", r"/issues/(\d+)/labels", self._label),
            ("DELETE", r"/issues/(\d+)/labels/(.+)", self._unlabel),
            ("GET", r"/pulls/(\d+)/reviews", lambda c: _said(self.reviews, c)),
            ("GET", r"/pulls/(\d+)/comments", lambda c: _said(self.line_comments, c)),
        )

    def _check_routes(self) -> tuple[Route, ...]:
        checks = self.checks
        return (
            ("GET", r"/commits/(\w+)/check-runs", checks.list_runs),
            ("POST", r"/check-runs", checks.make_run),
            ("PATCH", r"/check-runs/(\d+)", checks.edit_run),
            ("GET", r"/commits/(\w+)/statuses", checks.list_statuses),
            ("GET", r"/commits/(\w+)/status", checks.combined),
            ("POST", r"/statuses/(\w+)", checks.make_status),
            ("GET", r"/actions/runs", checks.list_workflow_runs),
            ("GET", r"/actions/runs/(\d+)/jobs", checks.list_jobs),
            ("GET", r"/actions/jobs/(\d+)/logs", self._place_of_log),
        )

    def answer(self, verb: str, target: str, body: Json) -> tuple[int, Any]:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        try:
            found = self._apart(verb, path, body) or self._inside(verb, path, query, body)
        except Refused as error:
            return error.status, {"message": str(error)}
        return found or (404, {"message": "Not Found"})

    def _apart(self, verb: str, path: str, body: Json) -> tuple[int, Any] | None:
        """Answer what is not of the repository."""
        if verb == "POST" and re.fullmatch(r"/app/installations/7/access_tokens", path):
            self.tokens.append(body["permissions"])
            said = {"token": "ghs_installation", "expires_at": "2099-01-01T00:00:00Z"}
            return 201, {**said, "permissions": body["permissions"]}
        if path == "/graphql":
            return 200, self.graphql.answer(body)
        if path.startswith(STORE):
            return 200, self.checks.log_of(int(path.removeprefix(STORE)))
        return None

    def _inside(self, verb: str, path: str, query: Query, body: Json) -> tuple[int, Any] | None:
        if self.forbidden is not None and re.search(self.forbidden, path):
            raise Refused(403, "Resource not accessible by integration")
        inner = path.removeprefix(f"/repos/{REPOSITORY}")
        for known, pattern, handle in self.routes:
            found = re.fullmatch(pattern, inner)
            if inner != path and known == verb and found:
                said = handle(Call(query=query, body=body, names=found.groups()))
                if isinstance(said, Elsewhere):
                    return 302, said
                return (204, None) if said is None else (201 if verb == "POST" else 200, said)
        return None

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
        return page_of([row for row in rows if row["head"]["ref"] == branch], call.query)

    def _open(self, call: Call) -> Json:
        head, base = self.git.head(call.body["head"]), self.git.head(call.body["base"])
        if head is None or base is None:
            raise Refused(422, "Validation Failed")
        for pull in self.pulls.values():
            if pull["state"] == "open" and pull["head"]["ref"] == call.body["head"]:
                raise Refused(422, f"A pull request already exists for acme:{call.body['head']}.")
        if call.body["draft"] and not self.drafts:
            raise Refused(422, "Draft pull requests are not supported in this repository.")
        number = self._number()
        self.pulls[number] = {
            "number": number,
            "node_id": f"PR_{number}",
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
        pull = self._edit(self._pull(call.names[0]), call.body)
        if pull["state"] == "closed":
            self.queue.forget(pull["number"])
        return pull

    def _edit(self, kept: Json, body: Json) -> Json:
        kept.update(body)
        return kept

    def _merge(self, call: Call) -> Json:
        pull = self._pull(call.names[0])
        if call.body["sha"] != pull["head"]["sha"]:
            raise Refused(409, "Head branch was modified. Review and try the merge again.")
        if pull["state"] != "open" or pull["draft"]:
            raise Refused(405, "Pull Request is not mergeable")
        if self.queue.required:
            raise Refused(405, "Changes must be made through the merge queue")
        method, message = call.body["merge_method"], call.body.get("commit_message", "")
        return self.merge_now(pull, method, message)

    def merge_now(self, pull: Json, method: str, message: str = "") -> Json:
        """Merge it, as the merge queue does at last."""
        pull["base"]["sha"] = self.git.resolve(pull["base"]["ref"])
        try:
            made = self.git.merge(pull["base"]["ref"], pull["head"]["sha"], method, message)
        except Refused:
            raise Refused(405, "Pull Request is not mergeable") from None
        merged = {"state": "closed", "merged_at": NOW}
        pull.update(merged, merge_commit_sha=made)
        return {"sha": made, "merged": True, "message": "Pull Request successfully merged"}

    def _issue(self, number: str) -> Json:
        issue = self.issues.get(int(number))
        if issue is None:
            raise Refused(404, "Not Found")
        return issue

    def _list_issues(self, call: Call) -> list[Json]:
        wanted = set(call.query["labels"].split(","))
        return page_of(
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
        return self.comment(int(call.names[0]), call.body["body"], "suture[bot]", "Bot")

    def comment(self, number: int, body: str, login: str, kind: str = "User") -> Json:
        """Comment on an issue or a pull request."""
        said = self._said(str(number))
        who = {"login": login, "type": kind}
        said.append(
            {"id": len(said) + 1, "body": body, "user": who, "created_at": NOW, "updated_at": NOW}
        )
        return said[-1]

    def review(self, number: int, state: str, login: str, **more: object) -> Json:
        """Review a pull request."""
        rows = self.reviews.setdefault(number, [])
        review = {
            "id": len(rows) + 1,
            "node_id": f"PRR_{len(rows) + 1}",
            "user": {"login": login, "type": "User"},
            "state": state,
            "body": "",
            "commit_id": self._pull(str(number))["head"]["sha"],
            "submitted_at": NOW,
            **more,
        }
        rows.append(review)
        node = {"__typename": "PullRequestReview", "id": review["node_id"], "lastEditedAt": None}
        self.graphql.nodes[node["id"]] = node
        return review

    def _place_of_log(self, call: Call) -> "Elsewhere":
        self.checks.log_of(int(call.names[0]))
        place = self.store or f"{self.url}{STORE}"
        return Elsewhere(f"{place}{call.names[0]}?sig=a-secret-of-the-store")

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


class Elsewhere(str):
    """Where an answer is to be had."""

    __slots__ = ()


def _said(kept: dict[int, list[Json]], call: Call) -> list[Json]:
    return page_of(kept.get(int(call.names[0]), []), call.query)
