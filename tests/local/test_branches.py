from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from integrations.database import open_database, writing
from integrations.git.bench import open_bench
from integrations.git.source import GitSources
from integrations.local.code_host import LocalCodeHost
from integrations.schema import own_commits
from suture.canonical import sha256
from suture.domain.patch import FileChange
from suture.errors import Conflict, InvalidInput, NotFound, PermanentError
from tests.builders.code_host import BRANCH, FIX, NOON, Workshop


def test_commits_are_suture_s_own_and_dated_by_the_request(shop: Workshop) -> None:
    head = shop.host.ensure_branch(shop.branch_request())
    facts = shop.git("show", "--no-patch", "--format=%an|%ae|%cn|%ce|%at|%ct|%P", head)
    seconds = int(NOON.timestamp())
    who = "Suture|suture@localhost"
    assert facts == f"{who}|{who}|{seconds}|{seconds}|{shop.base}"


def test_another_host_on_another_database_makes_the_same_commit(
    shop: Workshop, tmp_path: Path
) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/other.db")
    first = shop.host.ensure_branch(shop.branch_request())
    shop.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    second = LocalCodeHost(engine, "http://other").ensure_branch(shop.branch_request())
    engine.dispose()
    assert second == first


def test_the_digest_is_that_of_the_source_adapter_s_diff(shop: Workshop, tmp_path: Path) -> None:
    changes = (*FIX, FileChange(path="run.sh", content=None), FileChange(path="ü n.py", content=""))
    ref = shop.open(changes=changes)
    source = GitSources(tmp_path / "mirrors").open(shop.repository)
    diff = source.make_diff(shop.base, changes)
    assert shop.host.read_pull_request(ref).patch_digest == sha256(diff.encode())
    assert shop.host.get_page("1").diff == diff


def test_a_branch_follows_a_base_that_moved_on(shop: Workshop) -> None:
    shop.open()
    base = shop.push("main", {"other.py": "x = 1\n"}, "bob")
    head = shop.host.ensure_branch(shop.branch_request(base_sha=base))
    assert shop.git("rev-parse", f"{BRANCH}^") == base
    assert shop.git("rev-parse", BRANCH) == head


def test_modes_are_kept(shop: Workshop) -> None:
    (shop.clone.path / "new.sh").write_text("true\n")
    (shop.clone.path / "new.sh").chmod(0o755)
    base = shop.push("main", {}, "bob")
    changes = (FileChange(path="new.sh", content="false\n"),)
    shop.host.ensure_branch(shop.branch_request(base_sha=base, changes=changes))
    assert shop.git("ls-tree", BRANCH, "new.sh").startswith("100755 blob")


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", ".git/hooks/pre-commit", "a/.GIT/x", "a//b", "", "a\0b", "./a"]
)
def test_a_path_outside_the_tree_is_refused(shop: Workshop, path: str) -> None:
    with pytest.raises(InvalidInput):
        shop.open(changes=(FileChange(path=path, content="x"),))
    assert shop.git("branch", "--list", BRANCH) == ""


def test_a_symbolic_link_is_never_written_through(shop: Workshop) -> None:
    (shop.clone.path / "link").symlink_to("/etc")
    (shop.clone.path / "passwd").symlink_to("/etc/passwd")
    base = shop.push("main", {}, "bob")
    for path in ("passwd", "link/passwd"):
        with pytest.raises(InvalidInput):
            shop.open(base_sha=base, changes=(FileChange(path=path, content="x"),))


@pytest.mark.parametrize("path", ["shop", "run.sh/more"])
def test_a_file_and_a_directory_do_not_trade_places_unasked(shop: Workshop, path: str) -> None:
    change = FileChange(path=path, content="x")
    with pytest.raises(InvalidInput, match="place"):
        shop.open(changes=(change,))
    removed = tuple(FileChange(path=name, content=None) for name in ("shop/cart.py", "run.sh"))
    shop.open(changes=(change, *removed))
    assert shop.git("ls-tree", "-r", "--name-only", BRANCH) == path


@pytest.mark.parametrize("branch", ["", "a..b", "a b", "x.lock", "a\nb", "a\0b", "@{-1}"])
def test_a_name_that_is_no_branch_is_refused(shop: Workshop, branch: str) -> None:
    with pytest.raises(InvalidInput):
        shop.host.ensure_branch(shop.branch_request(branch=branch))


def test_an_unknown_base_or_repository_is_not_found(shop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no commit"):
        shop.open(base_sha="1" * 40)
    (tmp_path / "empty").mkdir()
    for path in ("empty", "nowhere"):
        with pytest.raises(NotFound):
            shop.open(repository=str(tmp_path / path))


def test_the_base_branch_itself_is_never_moved(shop: Workshop) -> None:
    with pytest.raises(Conflict):
        shop.host.ensure_branch(shop.branch_request(branch="main"))
    assert shop.git("rev-parse", "main") == shop.base


def test_commits_that_say_they_are_ours_may_be_moved_when_the_record_is_lost(
    shop: Workshop,
) -> None:
    shop.open()
    with writing(shop.engine) as connection:
        connection.execute(delete(own_commits))
    head = shop.host.ensure_branch(shop.branch_request(authored_at=NOON + timedelta(hours=1)))
    assert shop.git("rev-parse", BRANCH) == head


def test_who_borrows_suture_s_name_is_still_an_author(shop: Workshop) -> None:
    ref = shop.open()
    shop.clone.git("config", "user.name", "Suture")
    shop.push(BRANCH, {"more.py": "x = 1\n"}, "suture")
    assert shop.host.read_pull_request(ref).authors != ()


def test_a_branch_that_somebody_has_checked_out_stays_where_it_is(
    shop: Workshop, tmp_path: Path
) -> None:
    ref = shop.open()
    shop.git("worktree", "add", "--quiet", str(tmp_path / "tree"), BRANCH)
    with pytest.raises(Conflict, match="checked out"):
        shop.host.ensure_branch(shop.branch_request(changes=FIX[:1]))
    shop.host.close_pull_request(ref, delete_branch=True)
    assert shop.git("rev-parse", BRANCH)


def test_a_branch_that_can_never_be_is_a_permanent_error(shop: Workshop) -> None:
    shop.git("branch", "suture", "main")
    with pytest.raises(PermanentError):
        shop.open()


def test_a_branch_that_moves_meanwhile_is_a_conflict(shop: Workshop) -> None:
    head = shop.host.ensure_branch(shop.branch_request())
    with open_bench(shop.repository) as bench, pytest.raises(Conflict):
        bench.move(BRANCH, shop.base, old=shop.base)
    with open_bench(shop.repository) as bench, pytest.raises(Conflict):
        bench.move(BRANCH, None, old=shop.base)
    assert shop.git("rev-parse", BRANCH) == head


def test_a_message_may_hold_anything(shop: Workshop) -> None:
    head = shop.host.ensure_branch(shop.branch_request(message="-m \0 'x' $(id)\n\nSuture: ü"))
    assert shop.git("show", "--no-patch", "--format=%B", head) == "-m \ufffd 'x' $(id)\n\nSuture: ü"
