import pytest

from integrations.git.diff import raw_diff
from integrations.github.objects import signed_off
from suture.canonical import sha256
from suture.domain.patch import FileChange
from suture.domain.pull_request import PullRequestState
from suture.errors import Conflict, InvalidInput, NotFound, PermanentError, Unreachable
from tests.builders.code_host import BRANCH, FIX
from tests.builders.github import GitHubWorkshop
from tests.fakes.github_server import REPOSITORY

HOSTILE = (
    "../escape.py",
    "/etc/passwd",
    ".git/config",
    "a/.GIT/hooks/x",
    "a\0b",
    "",
    "run.sh/inside.py",
    "shop",
)


def test_consent_is_bound_to_the_bytes_that_git_itself_makes(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    files = {
        "deep/down/here.py": "x = 1\n",
        "naïve name.txt": "ü\n",
        "blob.bin": b"\0\xff",
        "run.sh": None,
    }
    head = shop.push(BRANCH, files, "bob")
    seen = shop.host.read_pull_request(ref)
    assert seen.head_sha == head
    assert seen.patch_digest == sha256(raw_diff(shop.shop.path, shop.base, head))
    assert {"bob", "bob@example.invalid"} <= set(seen.authors)


def test_the_diff_does_not_change_when_the_base_moves_on(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    before = shop.host.read_pull_request(ref)
    shop.push("main", {"other.py": "y = 2\n"}, "ada")
    assert shop.host.read_pull_request(ref) == before


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_merge_is_the_same_before_and_after(shop: GitHubWorkshop, method: str) -> None:
    shop.host = shop.host_with(merge_method=method)
    ref = shop.open()
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    before = shop.host.read_pull_request(ref)
    shop.push("main", {"other.py": "y = 2\n"}, "ada")
    merge_sha = shop.merge(ref)
    after = shop.host.read_pull_request(ref)
    merged = {"state": PullRequestState.MERGED, "merge_sha": merge_sha}
    assert after == before.model_copy(update=merged)
    revert = shop.host.ensure_revert(ref, "case-1")
    shop.merge(revert)
    assert "len(a) if a" not in shop.shop.git("show", "main:shop/cart.py")
    assert shop.shop.git("ls-tree", "-r", "--name-only", "main") == "other.py\nrun.sh\nshop/cart.py"
    message = shop.shop.git("log", "-1", "--format=%B", f"suture/revert-{ref.number}-case-1")
    assert message.startswith('Revert "Ask before dividing"')


def test_commits_and_merges_name_the_incident(shop: GitHubWorkshop) -> None:
    for method in ("merge", "squash"):
        shop.host = shop.host_with(merge_method=method)
        shop.branch()
        assert "Suture-Incident: case-1" in shop.github.git.commit(shop.branch())["message"]
    merge_sha = shop.merge(shop.open())
    assert "Suture-Incident: case-1" in shop.github.git.commit(merge_sha)["message"]


def test_commits_are_signed_off_where_settings_say_so(shop: GitHubWorkshop) -> None:
    plain = shop.branch()
    settings = {"sign_off": True, "commit_email": "suture@acme.invalid"}
    shop.host = shop.host_with(**settings, merge_method="squash")
    signed = shop.branch()
    assert signed != plain
    assert shop.branch() == signed
    trailers = "Suture-Incident: case-1\nSigned-off-by: Suture <suture@acme.invalid>"
    assert shop.github.git.commit(signed)["message"].endswith(f"\n\n{trailers}")
    ref = shop.host.ensure_pull_request(shop.request())
    assert shop.host.read_pull_request(ref).authors == ()
    shop.merge(ref)
    revert = shop.host.ensure_revert(ref, "case-1")
    undone = shop.host.read_pull_request(revert)
    assert shop.github.git.commit(undone.head_sha)["message"].endswith(f"\n\n{trailers}")


@pytest.mark.parametrize(
    ("message", "signed"),
    [
        ("Mend it", "Mend it\n\n{}\n"),
        ("Mend it\n\nBecause: of\nthis", "Mend it\n\nBecause: of\nthis\n\n{}\n"),
        ("Mend: it\n\nA: b\nC-D: e\n\n", "Mend: it\n\nA: b\nC-D: e\n{}\n"),
        ("Mend it\n\n{}", "Mend it\n\n{}"),
    ],
)
def test_a_sign_off_joins_the_trailers_once(message: str, signed: str) -> None:
    trailer = "Signed-off-by: Suture <a@b.invalid>"
    found = signed_off(message.format(trailer), "a@b.invalid")
    assert found == signed.format(trailer)
    assert signed_off(found, "a@b.invalid") == found


def test_a_revert_keeps_what_came_after_and_gives_up_on_a_clash(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    shop.push("main", {"shop/cart.py": "def mean(a):\n    return 0\n"}, "ada")
    with pytest.raises(PermanentError, match="cleanly"):
        shop.host.ensure_revert(ref, "case-1")


def test_what_was_taken_out_already_is_not_reverted(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    old = shop.shop.git("show", f"{shop.base}:shop/cart.py") + "\n"
    shop.push("main", {"shop/cart.py": old, "tests/test_cart.py": None}, "ada")
    with pytest.raises(PermanentError, match="already"):
        shop.host.ensure_revert(ref, "case-1")


def test_a_reverts_branch_that_is_somebody_elses_is_left_alone(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.merge(ref)
    shop.shop.git("branch", f"suture/revert-{ref.number}-case-1", "main")
    with pytest.raises(Conflict):
        shop.host.ensure_revert(ref, "case-1")


def test_modes_stay_and_files_go(shop: GitHubWorkshop) -> None:
    shop.shop.git("update-ref", "refs/heads/x", shop.base)
    gone = FileChange(path="shop/cart.py", content=None)
    missing = FileChange(path="not/there.py", content=None)
    instead = FileChange(path="shop/cart.py/inside.py", content="x = 1\n")
    head = shop.branch((gone, missing, instead))
    listed = shop.shop.git("ls-tree", "-r", "--name-only", head).split()
    assert listed == ["run.sh", "shop/cart.py/inside.py"]


def test_a_change_stays_inside_the_tree(shop: GitHubWorkshop) -> None:
    for path in HOSTILE:
        with pytest.raises(InvalidInput):
            shop.branch((FileChange(path=path, content="x"),))
    assert not any(called.startswith("POST") for called in shop.github.log)


def test_a_base_that_does_not_exist_is_not_found(shop: GitHubWorkshop) -> None:
    shop.base = "1" * 40
    with pytest.raises(NotFound):
        shop.branch()


def test_peoples_words_around_sutures_stay(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    pull = shop.github.pulls[ref.number]
    pull["body"] = f"Mine above.\n\n{pull['body']}\n\nMine below."
    pull["title"] = "A better title"
    shop.host.ensure_pull_request(shop.request(title="Suture's other title", body="Other words"))
    assert pull["title"] == "A better title"
    assert pull["body"].startswith("Mine above.\n\n<!-- suture:begin")
    assert "\nOther words\n" in pull["body"]
    assert "Why" not in pull["body"]
    assert pull["body"].endswith("-->\n\nMine below.")


def test_suture_changes_its_own_title_and_repeats_nothing(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    for _ in range(2):
        shop.host.ensure_pull_request(shop.request(title="A second title"))
    assert shop.github.pulls[ref.number]["title"] == "A second title"
    assert sum(called.startswith("PATCH") for called in shop.github.log) == 1


def test_where_the_marks_are_gone_the_text_is_theirs(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.github.pulls[ref.number]["body"] = "All mine."
    shop.host.ensure_pull_request(shop.request(body="Other words", title="Another"))
    assert shop.github.pulls[ref.number]["body"] == "All mine."


def test_hostile_text_cannot_forge_marks(shop: GitHubWorkshop) -> None:
    shop.branch()
    hostile = "a\n<!-- suture:end -->\nb <!--suture:begin -->" + "x" * 70_000
    ref = shop.host.ensure_pull_request(shop.request(body=hostile))
    body = shop.github.pulls[ref.number]["body"]
    assert (body.count("<!-- suture:"), len(body) < 65_536) == (2, True)


def test_a_pull_request_of_a_fork_with_the_same_branch_is_not_ours(shop: GitHubWorkshop) -> None:
    shop.branch()
    other = shop.host.ensure_pull_request(shop.request())
    shop.github.pulls[other.number]["head"]["repo"] = None
    shop.github.pulls[other.number]["state"] = "closed"
    assert shop.host.ensure_pull_request(shop.request()).number == 2


def test_somebody_who_writes_sutures_name_is_an_author_all_the_same(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    clone = shop.shop.clone
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    forged = ("-c", "user.name=Suture", "-c", "user.email=suture@localhost")
    clone.git(*forged, "commit", "--quiet", "--amend", "--reset-author", "-m", "Suture-Incident: x")
    clone.git("push", "--quiet", "--force", "origin", BRANCH)
    assert shop.host.read_pull_request(ref).authors


def test_a_branch_goes_with_its_pull_request_unless_it_is_somebodys(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    shop.host.close_pull_request(ref, delete_branch=True)
    assert shop.github.git.head(BRANCH) is not None


def test_a_merged_branch_is_deleted_at_the_end(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    shop.merge(ref)
    for _ in range(2):
        shop.host.close_pull_request(ref, delete_branch=True)
    assert shop.github.git.head(BRANCH) is None
    assert shop.host.read_pull_request(ref).state is PullRequestState.MERGED


def test_a_push_that_github_shows_on_the_branch_only_is_read_again(shop: GitHubWorkshop) -> None:
    ref = shop.open()
    shop.github.stale = True
    before = shop.host.read_pull_request(ref)
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "bob")
    with pytest.raises(Unreachable, match="last push"):
        shop.host.read_pull_request(ref)
    with pytest.raises(Unreachable, match="last push"):
        shop.host.merge(ref, before.head_sha, before.patch_digest)
    shop.github.stale = False
    with pytest.raises(Conflict):
        shop.host.merge(ref, before.head_sha, before.patch_digest)
    assert shop.host.read_pull_request(ref).state is PullRequestState.OPEN


def test_a_draft_is_opened_as_one(shop: GitHubWorkshop) -> None:
    shop.branch(FIX)
    ref = shop.host.ensure_pull_request(shop.request(draft=True))
    assert shop.github.pulls[ref.number]["draft"]
    with pytest.raises(PermanentError):
        shop.merge(ref)
    assert ref.repository == REPOSITORY
