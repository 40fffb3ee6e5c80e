"""A person's own repository, and one that somebody prepared: neither is obeyed or disturbed."""

from pathlib import Path

import pytest

from integrations.git.bench import open_bench
from suture.canonical import sha256
from suture.domain.patch import FileChange
from suture.domain.pull_request import PullRequestState
from suture.errors import Conflict, PermanentError
from tests.builders.code_host import BRANCH, Workshop

OURS = ("objects", "refs", "logs/refs")
"""A branch's log is part of the branch: its owner sees there what moved it."""


def everything_but_objects_and_refs(repository: Path) -> dict[str, str]:
    """Return each file's digest and mode."""
    git_directory = repository / ".git"
    allowed = [git_directory / name for name in OURS]
    return {
        str(path): f"{path.lstat().st_mode:o} {sha256(path.read_bytes())}"
        for path in repository.rglob("*")
        if path.is_file() and not any(path.is_relative_to(one) for one in allowed)
    }


def test_a_person_s_repository_keeps_everything_but_objects_and_refs(shop: Workshop) -> None:
    path = shop.clone.path
    shop.clone.branch("their-work")
    (path / "shop" / "cart.py").write_text("half done")
    (path / "notes.txt").write_text("mine")
    shop.clone.git("add", "notes.txt")
    before = everything_but_objects_and_refs(path)
    ref = shop.open(repository=str(path))
    shop.host.get_page("1")
    shop.merge(ref)
    shop.host.ensure_revert(ref, "case-1")
    assert everything_but_objects_and_refs(path) == before
    assert shop.clone.git("symbolic-ref", "HEAD").strip() == "refs/heads/their-work"


def booby_trap(repository: Path, bomb: Path) -> None:
    """Make everything run a program that a repository can make git run."""
    run = f"touch {bomb}"
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-checkout", "pre-commit", "update", "post-update"):
        (hooks / name).write_text(f"#!/bin/sh\n{run}-hook\n")
        (hooks / name).chmod(0o755)
    settings = f"""
[core]
    hooksPath = {hooks}
    fsmonitor = {run}-fsmonitor
    sshCommand = {run}-ssh
    pager = {run}-pager
    alternateRefsCommand = {run}-refs
    repositoryformatversion = 1
[extensions]
    partialClone = origin
[remote "origin"]
    url = ext::{run}-ext
    promisor = true
    uploadpack = {run}-uploadpack
[diff]
    external = {run}-diff
[diff "trap"]
    textconv = {run}-textconv
    command = {run}-command
[filter "trap"]
    clean = {run}-clean
    smudge = {run}-smudge
    process = {run}-process
    required = true
[merge "trap"]
    driver = {run}-merge
[alias]
    rev-parse = "!{run}-alias"
    update-ref = "!{run}-alias"
[gpg]
    program = {run}-gpg
[commit]
    gpgSign = true
"""
    with (repository / ".git" / "config").open("a") as file:
        file.write(settings)
    attributes = repository / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("* diff=trap filter=trap merge=trap text eol=crlf\n")


def test_nothing_that_a_repository_configures_runs(shop: Workshop, tmp_path: Path) -> None:
    path = shop.clone.path
    attributes = {".gitattributes": "* diff=trap filter=trap merge=trap -diff\n"}
    base = shop.clone.commit(attributes, "Set a trap")
    shop.clone.git("push", "--quiet", "origin", "main")
    shop.open(base_sha=base)
    honest = shop.host.get_page("1")
    shop.clone.git("switch", "--quiet", "--detach")
    booby_trap(path, tmp_path / "bomb")
    ref = shop.open(repository=str(path), base_sha=base)
    trapped = shop.host.get_page("2")
    assert trapped.pull_request.patch_digest == honest.pull_request.patch_digest
    assert trapped.diff == honest.diff
    shop.merge(ref)
    shop.host.ensure_revert(ref, "case-1")
    other = shop.open(repository=str(path), base_sha=base, branch="suture/case-2")
    shop.host.close_pull_request(other, delete_branch=True)
    assert list(tmp_path.glob("bomb*")) == []
    shop.git("-C", str(path), "-c", "core.fsmonitor=false", "update-ref", "refs/heads/x", base)
    assert list(tmp_path.glob("bomb*")) == [tmp_path / "bomb-hook"]


def test_missing_objects_are_not_fetched_by_the_repository_s_means(
    shop: Workshop, tmp_path: Path
) -> None:
    path = shop.clone.path
    ref = shop.open(repository=str(path))
    booby_trap(path, tmp_path / "bomb")
    head = shop.host.read_pull_request(ref).head_sha
    (path / ".git" / "objects" / head[:2] / head[2:]).unlink()
    with pytest.raises(PermanentError):
        shop.host.get_page("1")
    assert list(tmp_path.glob("bomb*")) == []


def test_a_linked_worktree_stands_for_its_repository(shop: Workshop, tmp_path: Path) -> None:
    shop.clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    shop.open(repository=str(tmp_path / "linked"))
    assert shop.clone.git("rev-parse", f"{BRANCH}^").strip() == shop.base


def test_a_shallow_clone_can_hold_a_pull_request(shop: Workshop, tmp_path: Path) -> None:
    shop.push("main", {"later.py": "x = 1\n"}, "bob")
    base = shop.git("rev-parse", "main")
    shallow = tmp_path / "shallow"
    shop.git("clone", "--quiet", "--depth=1", f"file://{shop.path}", str(shallow))
    ref = shop.open(repository=str(shallow), base_sha=base)
    assert shop.host.read_pull_request(ref).state is PullRequestState.OPEN


def test_a_repository_in_sha_256_works_alike(shop: Workshop, tmp_path: Path) -> None:
    path = tmp_path / "sha256"
    path.mkdir()
    shop.git("-C", str(path), "init", "--quiet", "--object-format=sha256", "-b", "main")
    shop.git("-C", str(path), "commit", "--quiet", "--allow-empty", "-m", "Begin")
    base = shop.git("-C", str(path), "rev-parse", "HEAD")
    changes = (FileChange(path="a.py", content="x = 1\n"),)
    ref = shop.open(repository=str(path), base_sha=base, changes=changes)
    assert len(shop.host.read_pull_request(ref).head_sha) == 64


def test_a_ref_that_somebody_holds_locked_is_a_conflict(shop: Workshop) -> None:
    shop.host.ensure_branch(shop.branch_request())
    (shop.path / "refs" / "heads" / f"{BRANCH}.lock").touch()
    with open_bench(shop.repository) as bench, pytest.raises(Conflict):
        bench.move(BRANCH, shop.base, old=bench.head_of(BRANCH))
