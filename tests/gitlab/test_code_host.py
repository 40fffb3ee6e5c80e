import pytest

from integrations.git.diff import raw_diff
from integrations.marks import one_title, written
from suture.canonical import sha256
from suture.domain.patch import FileChange
from suture.domain.pull_request import Check, CheckConclusion, PullRequestState
from suture.errors import Conflict, InvalidInput, NotFound, PermanentError, Unreachable
from tests.builders.code_host import BRANCH, FIX
from tests.builders.gitlab import GitLabWorkshop
from tests.fakes.gitlab_server import PROJECT

HOSTILE = ("../escape.py", "/etc/passwd", ".git/config", "a\0b", "", "run.sh/inside.py", "shop")
COMMANDS = "/merge\n  /close\r/approve\n/label ~x\nsee /usr/bin\n/app/shop/cart.py"


def test_consent_is_bound_to_the_bytes_that_git_itself_makes(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    files = {"deep/naïve name.txt": "ü\n", "blob.bin": b"\0\xff", "run.sh": None}
    head = shop.push(BRANCH, files, "bob")
    seen = shop.host.read_pull_request(ref)
    assert seen.head_sha == head
    assert seen.patch_digest == sha256(raw_diff(shop.shop.path, shop.base, head))
    assert {"bob", "bob@example.invalid"} <= set(seen.authors)


def test_whoever_pushed_is_an_author_whatever_the_commits_say(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    notes = shop.gitlab.notes.setdefault("m1", [])
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "nobody")
    mallory = {"id": 8, "username": "mallory"}
    shop.gitlab.say(notes, "added 1 commit\n\n<ul></ul>", mallory, system=True)
    shop.gitlab.say(notes, "added a label", {"id": 9, "username": "eve"}, system=True)
    authors = shop.host.read_pull_request(ref).authors
    assert "mallory" in authors
    assert "eve" not in authors


def test_the_diff_does_not_change_when_the_base_moves_on(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    before = shop.host.read_pull_request(ref)
    shop.push("main", {"other.py": "y = 2\n"}, "ada")
    assert shop.host.read_pull_request(ref) == before


@pytest.mark.parametrize(
    ("method", "forward"), [("merge", False), ("squash", False), ("squash", True), ("merge", True)]
)
def test_a_merge_is_the_same_before_and_after(
    shop: GitLabWorkshop, method: str, *, forward: bool
) -> None:
    shop.host = shop.host_with(merge_method=method)
    shop.gitlab.fast_forward = forward
    ref = shop.open()
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    before = shop.host.read_pull_request(ref)
    if not forward:
        shop.push("main", {"other.py": "y = 2\n"}, "ada")
    merge_sha = shop.merge(ref)
    after = shop.host.read_pull_request(ref)
    merged = {"state": PullRequestState.MERGED, "merge_sha": merge_sha}
    assert after == before.model_copy(update=merged)
    revert = shop.host.ensure_revert(ref, "case-1")
    shop.merge(revert)
    assert "len(a) if a" not in shop.shop.git("show", "main:shop/cart.py")
    assert "more.py" not in shop.shop.git("ls-tree", "-r", "--name-only", "main")


def test_commits_and_merges_name_the_incident_and_who_signs_off(shop: GitLabWorkshop) -> None:
    shop.host = shop.host_with(sign_off=True, commit_name="Fixer", commit_email="fix@acme.invalid")
    head = shop.gitlab.git.commit(shop.branch())
    assert head["message"].endswith(
        "\n\nSuture-Incident: case-1\nSigned-off-by: Fixer <fix@acme.invalid>"
    )
    assert head["author"]["email"] == head["committer"]["email"] == "fix@acme.invalid"
    merge_sha = shop.merge(shop.open())
    assert "\n\nSuture-Incident: case-1" in shop.gitlab.git.commit(str(merge_sha))["message"]


def test_the_same_request_makes_the_same_commit_as_in_a_plain_repository(
    shop: GitLabWorkshop,
) -> None:
    assert shop.branch() == shop.shop.host.ensure_branch(shop.shop.branch_request())


def test_other_hosts_know_what_suture_pushed(shop: GitLabWorkshop) -> None:
    first = shop.branch()
    shop.mirrors = shop.mirrors.with_name("elsewhere")
    shop.host = shop.host_with()
    assert shop.branch() == first
    assert shop.branch(FIX[:1]) != first
    assert sum("POST" in one and "receive-pack" in one for one in shop.gitlab.log) == 2


def test_a_revert_gives_up_on_a_clash_and_on_what_is_gone(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    shop.push("main", {"shop/cart.py": "def mean(a):\n    return 0\n"}, "ada")
    with pytest.raises(PermanentError, match="cleanly"):
        shop.host.ensure_revert(ref, "case-1")
    old = shop.shop.git("show", f"{shop.base}:shop/cart.py") + "\n"
    shop.push("main", {"shop/cart.py": old, "tests/test_cart.py": None}, "ada")
    with pytest.raises(PermanentError, match="already"):
        shop.host.ensure_revert(ref, "case-1")


def test_a_reverts_branch_that_is_somebody_elses_is_left_alone(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    shop.shop.git("branch", f"suture/revert-{ref.number}-case-1", "main")
    with pytest.raises(Conflict):
        shop.host.ensure_revert(ref, "case-1")


def test_a_change_stays_inside_the_tree(shop: GitLabWorkshop) -> None:
    for path in HOSTILE:
        with pytest.raises(InvalidInput):
            shop.branch((FileChange(path=path, content="x"),))
    assert shop.gitlab.git.head(BRANCH) is None


def test_a_base_that_does_not_exist_is_not_found(shop: GitLabWorkshop) -> None:
    shop.base = "1" * 40
    with pytest.raises(NotFound):
        shop.branch()


def test_a_push_between_look_and_push_is_never_overwritten(shop: GitLabWorkshop) -> None:
    shop.branch()
    repository = shop.host._requests.repository(PROJECT)
    made = shop.branch(FIX[:1])
    theirs = shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    for new in (made, None):
        with pytest.raises(Conflict):
            repository.push(BRANCH, new, made)
    with pytest.raises(Conflict):
        repository.push(BRANCH, made, None)
    assert shop.gitlab.git.head(BRANCH) == theirs


def test_a_branch_that_gitlab_protects_is_told(shop: GitLabWorkshop) -> None:
    hook = shop.shop.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GitLab: You are not allowed to push' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PermanentError, match="not allowed to push"):
        shop.branch()


def test_peoples_words_around_sutures_stay(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    found = shop.gitlab.requests[ref.number]
    around = f"Mine above.\n\n{found['description']}\n\nMine below."
    found["description"] = around.replace("\n", "\r\n")
    found["title"] = "A better title"
    shop.host.ensure_pull_request(shop.request(title="Suture's other title", body="Other words"))
    assert found["title"] == "A better title"
    assert found["description"].startswith("Mine above.\r\n\r\n<!-- suture:begin")
    assert "\nOther words\n" in found["description"]
    assert found["description"].endswith("-->\r\n\r\nMine below.")


def test_suture_changes_its_own_title_and_repeats_nothing(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    for _ in range(2):
        shop.host.ensure_pull_request(shop.request(title="A second title"))
    assert shop.gitlab.requests[ref.number]["title"] == "A second title"
    assert sum(called.startswith("PUT") for called in shop.gitlab.log) == 1


def test_where_the_marks_are_gone_the_text_is_theirs(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.gitlab.requests[ref.number]["description"] = "All mine."
    shop.host.ensure_pull_request(shop.request(body="Other words", title="Another"))
    assert shop.gitlab.requests[ref.number]["description"] == "All mine."


def test_hostile_text_forges_no_marks_and_gives_no_commands(shop: GitLabWorkshop) -> None:
    hostile = f"a\n<!-- suture:end -->\n{COMMANDS}\ud800" + "x" * 70_000
    ref = shop.open(body=hostile, title="Draft: \0[Draft] " + "y" * 400)
    shop.host.ensure_comment(ref, "why", COMMANDS)
    found = shop.gitlab.requests[ref.number]
    assert found["description"].count("<!-- suture:") == 2
    assert "\n/app/shop/cart.py" in found["description"]
    assert "\n\\/merge\n  \\/close\n\\/approve\n\\/label ~x\n" in found["description"]
    assert len(found["title"]) == 240
    assert shop.gitlab.commands == []
    shop.gitlab.log.clear()
    shop.host.ensure_pull_request(shop.request(body=hostile, title="Draft: \0[Draft] " + "y" * 400))
    assert not any(called.startswith("PUT") for called in shop.gitlab.log)


@pytest.mark.parametrize(
    "words",
    [
        "Fixes #12, #13",
        "closes: acme/incidents#5",
        "RESOLVED  issue #4",
        "implement ABC-12",
        "Closing https://gitlab.invalid/acme/shop/-/issues/1",
    ],
)
def test_quoted_words_close_no_issue(words: str) -> None:
    said = written(words, "Mend it", "open").split("\n")[1]
    assert said.replace("\N{ZERO WIDTH SPACE}", "") == words
    assert said != words
    assert written(said, "Mend it", "open") == written(words, "Mend it", "open")
    assert one_title(words) == one_title(said) == " ".join(said.split())
    harmless = "prefixes #1, fix the #2, closes\n#3, fix the-4 and see https://gitlab.invalid/"
    assert harmless in written(harmless, "Mend it", "open")


def test_a_merge_request_of_a_fork_with_the_same_branch_is_not_ours(shop: GitLabWorkshop) -> None:
    other = shop.open()
    shop.gitlab.requests[other.number].update(source_project_id=2, state="closed")
    assert shop.host.ensure_pull_request(shop.request()).number == 2


def test_somebody_who_writes_sutures_name_is_an_author_all_the_same(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    clone = shop.shop.clone
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    forged = ("-c", "user.name=Suture", "-c", "user.email=suture@localhost")
    clone.git(*forged, "commit", "--quiet", "--amend", "--reset-author", "-m", "Suture-Incident: x")
    clone.git("push", "--quiet", "--force", "origin", BRANCH)
    assert shop.host.read_pull_request(ref).authors


def test_a_branch_goes_with_its_merge_request_unless_it_is_somebodys(
    shop: GitLabWorkshop,
) -> None:
    ref = shop.open()
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    shop.host.close_pull_request(ref, delete_branch=True)
    assert shop.gitlab.git.head(BRANCH) is not None


def test_a_merged_branch_is_deleted_at_the_end_and_still_read(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    shop.merge(ref)
    for _ in range(2):
        shop.host.close_pull_request(ref, delete_branch=True)
    assert shop.gitlab.git.head(BRANCH) is None
    assert shop.host.read_pull_request(ref).state is PullRequestState.MERGED


def test_a_closed_one_is_read_by_a_host_that_never_saw_its_branch(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    before = shop.host.read_pull_request(ref)
    shop.host.close_pull_request(ref, delete_branch=True)
    shop.mirrors = shop.mirrors.with_name("elsewhere")
    after = shop.host_with().read_pull_request(ref)
    assert after == before.model_copy(update={"state": PullRequestState.CLOSED})


def test_a_push_that_gitlab_has_not_taken_in_is_read_again(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.gitlab.stale = True
    before = shop.host.read_pull_request(ref)
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    with pytest.raises(Unreachable, match="last push"):
        shop.host.read_pull_request(ref)
    with pytest.raises(Unreachable, match="last push"):
        shop.host.merge(ref, before.head_sha, before.patch_digest)
    shop.gitlab.stale = False
    with pytest.raises(Conflict):
        shop.host.merge(ref, before.head_sha, before.patch_digest)
    assert shop.host.read_pull_request(ref).state is PullRequestState.OPEN


def test_a_draft_is_opened_as_one_and_made_ready_once(shop: GitLabWorkshop) -> None:
    ref = shop.open(draft=True)
    found = shop.gitlab.requests[ref.number]
    assert found["title"] == "Draft: Ask before dividing"
    assert shop.host.read_pull_request(ref).draft
    shop.gitlab.detail = "draft_status"
    with pytest.raises(PermanentError, match="draft_status"):
        shop.merge(ref)
    shop.host.ensure_pull_request(shop.request(draft=True, title="Ask first"))
    assert found["title"] == "Draft: Ask first"
    shop.gitlab.log.clear()
    for _ in range(2):
        shop.host.mark_ready(ref)
    assert found["title"] == "Ask first"
    assert sum(called.startswith("PUT") for called in shop.gitlab.log) == 1
    assert not shop.host.read_pull_request(ref).draft


def test_a_merge_may_wait_for_gitlabs_checks(shop: GitLabWorkshop) -> None:
    shop.host = shop.host_with(merge_when="checks")
    shop.gitlab.waits = True
    ref = shop.open()
    for _ in range(2):
        assert shop.merge(ref) is None
    assert sum(called.endswith("/merge") for called in shop.gitlab.log) == 1
    sent = next(body for body in shop.gitlab.bodies if "auto_merge" in body)
    shop.gitlab.finish(shop.gitlab.requests[ref.number], sent)
    assert shop.merge(ref) == shop.shop.git("rev-parse", "main")


def test_a_merge_may_take_the_train(shop: GitLabWorkshop) -> None:
    shop.host = shop.host_with(merge_when="train")
    ref = shop.open()
    shop.gitlab.faults = [("^POST .*/merge_trains/", "lost")]
    for _ in range(2):
        assert shop.merge(ref) is None
    assert shop.gitlab.trains == {ref.number}
    assert shop.gitlab.requests[ref.number]["state"] == "opened"
    notes = shop.gitlab.notes.setdefault("m1", [])
    bot = {"id": 99, "username": "bot"}
    shop.gitlab.say(notes, "started a merge train", bot, system=True)
    shop.gitlab.trains.clear()
    why = "removed this merge request from the merge train because pipeline did not succeed"
    shop.gitlab.say(notes, why, bot, system=True)
    with pytest.raises(PermanentError, match="did not succeed"):
        shop.merge(ref)
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    assert shop.merge(ref) is None


def test_a_merge_that_may_yet_succeed_is_tried_again_and_others_are_not(
    shop: GitLabWorkshop,
) -> None:
    ref = shop.open()
    for detail in ("checking", "ci_still_running"):
        shop.gitlab.detail = detail
        with pytest.raises(Unreachable, match=detail):
            shop.merge(ref)
    for detail in ("not_approved", "conflict", "need_rebase"):
        shop.gitlab.detail = detail
        with pytest.raises(PermanentError, match=detail):
            shop.merge(ref)
    assert shop.host.read_pull_request(ref).state is PullRequestState.OPEN


def test_what_gitlab_does_not_say_yet_is_asked_again(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.gitlab.stale = True
    shop.gitlab.requests[ref.number]["sha"] = None
    with pytest.raises(Unreachable, match="does not say yet"):
        shop.host.read_pull_request(ref)


def test_a_merge_whose_commit_is_not_told_yet_is_asked_for_again(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    unknown = dict.fromkeys(("sha", "merge_commit_sha", "squash_commit_sha"))
    shop.gitlab.requests[ref.number].update(unknown)
    for attempt in (lambda: shop.host.ensure_revert(ref, "x"), lambda: shop.merge(ref)):
        with pytest.raises(Unreachable, match="does not say yet"):
            attempt()


def test_a_base_branch_that_is_gone_is_told(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    shop.gitlab.stale = True
    shop.gitlab.requests[ref.number]["target_branch"] = "release"
    with pytest.raises(NotFound, match="no branch release"):
        shop.host.read_pull_request(ref)


def test_checks_are_told_from_other_systems_by_their_names(shop: GitLabWorkshop) -> None:
    ref = shop.open()
    head = shop.host.read_pull_request(ref).head_sha
    check = Check(name="evidence", conclusion=CheckConclusion.NEUTRAL, summary="Red, green.")
    for summary in ("Red, green.", "Red, green, red."):
        shop.host.ensure_check(ref, head, check.model_copy(update={"summary": summary}))
    assert [(row["name"], row["status"]) for row in shop.gitlab.statuses] == [
        ("suture-evidence", "success")
    ]
