"""The adapters on somebody else's GitHub: npm's `emulate`, which has objects but no git."""

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from integrations.database import open_database
from integrations.git.diff import raw_diff
from integrations.github.code_host import GitHubCodeHost
from integrations.github.tracker import GitHubTracker
from suture.canonical import sha256
from suture.domain.pull_request import (
    Check,
    CheckConclusion,
    CiState,
    PullRequestState,
    RemarkKind,
)
from suture.domain.ticket import TicketState
from suture.errors import Conflict
from suture.ports.code_host import BranchRequest, PullRequestRequest
from tests.builders.code_host import BRANCH, FIX, MESSAGE, NOON
from tests.builders.github import app_key, settings_for
from tests.builders.repository import RepositoryBuilder
from tests.contracts.test_tracker import content
from tests.peers.emulate import running

REPOSITORY = "acme/shop"
BROKEN = "def mean(a):\n    return sum(a) / len(a)\n"


class Emulated:
    """A repository with something to mend, and the App's adapters."""

    def __init__(self, url: str, key: Path, engine: Engine) -> None:
        self.http = httpx.Client(
            base_url=f"{url}/repos/{REPOSITORY}",
            headers={"authorization": "token people"},
            timeout=60,
        )
        facts = {"token": None, "app_id": 3, "installation_id": 7, "private_key_file": key}
        settings = settings_for(url, issues_repository=REPOSITORY, **facts)
        self.host = GitHubCodeHost(settings, engine)
        self.tracker = GitHubTracker(settings, {})
        self.base = self.put("shop/cart.py", BROKEN, "main")

    def put(self, path: str, text: str, branch: str) -> str:
        """Commit a file as a person."""
        body = {"message": "By hand", "content": base64.b64encode(text.encode()).decode()}
        answer = self.http.put(f"/contents/{path}", json={**body, "branch": branch})
        answer.raise_for_status()
        return str(answer.json()["commit"]["sha"])


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulated]:
    directory = tmp_path_factory.mktemp("emulate")
    key = app_key(directory)
    app = {
        "app_id": 3,
        "slug": "suture",
        "name": "Suture",
        "private_key": key.read_text(),
        "permissions": {
            **dict.fromkeys(("checks", "contents", "issues", "pull_requests"), "write"),
            **dict.fromkeys(("actions", "metadata", "statuses"), "read"),
        },
        "installations": [{"installation_id": 7, "account": "acme"}],
    }
    repository = {"owner": "acme", "name": "shop", "auto_init": True}
    seed = {
        "github": {"users": [{"login": "acme"}], "repos": [repository], "apps": [app]},
        "tokens": {"people": {"login": "acme"}},
    }
    engine = open_database(f"sqlite:///{directory}/suture.db")
    with running("github", seed) as url:
        world = Emulated(url, key, engine)
        yield world
        world.http.close()
    engine.dispose()


def test_a_fix_is_proposed_checked_merged_and_taken_back(
    emulated: Emulated, tmp_path: Path
) -> None:
    host = emulated.host
    request = BranchRequest(
        repository=REPOSITORY,
        branch=BRANCH,
        base_sha=emulated.base,
        changes=FIX,
        message=MESSAGE,
        authored_at=NOON,
    )
    head = host.ensure_branch(request)
    assert host.ensure_branch(request) == head
    asked = PullRequestRequest(
        repository=REPOSITORY, branch=BRANCH, base_branch="main", title="Mend it", body="Why"
    )
    ref = host.ensure_pull_request(asked)
    assert host.ensure_pull_request(asked.model_copy(update={"title": "Better"})) == ref

    twin = RepositoryBuilder(tmp_path)
    old = twin.commit({"shop/cart.py": BROKEN}, "old")
    new = twin.commit({one.path: one.content for one in FIX}, "new")
    seen = host.read_pull_request(ref)
    assert seen.patch_digest == sha256(raw_diff(tmp_path, old, new))
    assert (seen.head_sha, seen.authors) == (head, ())

    for conclusion in (CheckConclusion.FAILURE, CheckConclusion.SUCCESS):
        check = Check(name="suture-evidence", conclusion=conclusion, summary="Red, green, red.")
        host.ensure_check(ref, head, check)
    for _ in range(2):
        host.ensure_comment(ref, "why", "Because.")
    runs = emulated.http.get(f"/commits/{head}/check-runs").json()["check_runs"]
    assert [run["conclusion"] for run in runs] == ["success"]
    assert len(emulated.http.get(f"/issues/{ref.number}/comments").json()) == 1
    assert emulated.http.get(f"/pulls/{ref.number}").json()["title"] == "Better"

    with pytest.raises(Conflict):
        host.merge(ref, "0" * 40, seen.patch_digest)
    merge_sha = host.merge(ref, head, seen.patch_digest)
    assert host.merge(ref, head, seen.patch_digest) == merge_sha
    after = host.read_pull_request(ref)
    assert (after.state, after.patch_digest) == (PullRequestState.MERGED, seen.patch_digest)

    revert = host.ensure_revert(ref, "case-1")
    assert host.ensure_revert(ref, "case-1") == revert
    undone = host.read_pull_request(revert)
    host.merge(revert, undone.head_sha, undone.patch_digest)
    kept = emulated.http.get("/contents/shop/cart.py").json()["content"]
    assert base64.b64decode(kept).decode() == BROKEN


def test_what_people_and_their_ci_say_is_read(emulated: Emulated) -> None:
    host = emulated.host
    request = BranchRequest(
        repository=REPOSITORY,
        branch="suture/case-2",
        base_sha=emulated.base,
        changes=FIX[:1],
        message=MESSAGE,
        authored_at=NOON,
    )
    head = host.ensure_branch(request)
    asked = PullRequestRequest(
        repository=REPOSITORY,
        branch=request.branch,
        base_branch="main",
        title="Mend it",
        body="Why",
        draft=True,
    )
    ref = host.ensure_pull_request(asked)
    assert host.read_pull_request(ref).draft
    host.ensure_comment(ref, "why", "Because.")
    reviews, http = f"/pulls/{ref.number}/reviews", emulated.http
    lines = [{"path": "shop/cart.py", "position": 1, "body": "And here?"}]
    for event, more in (("REQUEST_CHANGES", {"body": "No.", "comments": lines}), ("APPROVE", {})):
        http.post(reviews, json={"event": event, **more}).raise_for_status()
    said = http.post(f"/issues/{ref.number}/comments", json={"body": "/suture reject"})
    said.raise_for_status()
    kinds = [(one.kind, one.author, one.head_sha) for one in host.read_remarks(ref)]
    assert sorted(kinds) == [
        (RemarkKind.APPROVAL, "acme", head),
        (RemarkKind.CHANGES, "acme", head),
        (RemarkKind.COMMENT, "acme", None),
    ]
    texts = {one.text for one in host.read_remarks(ref)}
    assert texts == {"", "/suture reject", "No.\n\nshop/cart.py: And here?"}

    assert host.read_ci(ref, head).state is CiState.NONE
    for name, conclusion in (("suture-suite", "failure"), ("tests", None), ("lint", "failure")):
        done = {"conclusion": conclusion, "status": "completed"} if conclusion else {}
        run = {"name": name, "head_sha": head, "output": {"title": name, "summary": "E501"}}
        http.post("/check-runs", json={**run, **done}).raise_for_status()
    assert host.read_ci(ref, head).state is CiState.RUNNING
    [waiting] = http.get(f"/commits/{head}/check-runs?check_name=tests").json()["check_runs"]
    passed = {"status": "completed", "conclusion": "success"}
    http.patch(f"/check-runs/{waiting['id']}", json=passed).raise_for_status()
    report = host.read_ci(ref, head)
    assert (report.state, [one.name for one in report.failures]) == (CiState.FAILED, ["lint"])
    assert report.failures[0].log == "lint\n\nE501"


def test_an_issue_is_opened_told_and_closed(emulated: Emulated) -> None:
    tracker = emulated.tracker
    ticket = tracker.ensure_ticket("shop", "case-1", content())
    assert tracker.ensure_ticket("shop", "case-1", content()) == ticket
    assert tracker.ensure_ticket("shop", "case-2", content()) != ticket
    for state in (TicketState.IN_PROGRESS, TicketState.CLOSED):
        for _ in range(2):
            tracker.update_ticket(ticket, content(state, title=f"It is {state}"))
        assert tracker.state(ticket) is state
    for _ in range(2):
        tracker.ensure_comment(ticket, "merged", "It is merged.")
    number = ticket.ticket_id.rpartition("#")[2]
    assert emulated.http.get(f"/issues/{number}").json()["title"] == "It is closed"
    assert len(emulated.http.get(f"/issues/{number}/comments").json()) == 1
