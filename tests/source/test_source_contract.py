"""What every `SourceRepository` promises, told on real repositories."""

import re
from pathlib import Path

import pytest

from integrations.git.blame import blame
from integrations.git.source import GitSources
from suture.domain.patch import FileChange
from suture.errors import InvalidInput, PatchDoesNotApply
from tests.builders.repository import FIRST_COMMIT_AT, RepositoryBuilder

CART = "def total(prices):\n    return sum(prices)\n"


def test_files_are_read_as_they_are_stored(builder: RepositoryBuilder, sources: GitSources) -> None:
    sha = builder.commit(
        {
            "crlf.txt": b"one\r\ntwo\r\n",
            "open.txt": "no newline at the end",
            "latin.txt": b"caf\xe9\n",
            "binary.bin": b"\x00\x01",
            "deep/er/mot\u00f6r.py": "x = 1\n",
        },
        "Start",
    )
    repository = sources.open(str(builder.path))
    assert repository.read_file(sha, "crlf.txt") == "one\r\ntwo\r\n"
    assert repository.read_file(sha, "open.txt") == "no newline at the end"
    assert repository.read_file(sha, "latin.txt") is None
    assert repository.read_file(sha, "binary.bin") is None
    assert repository.read_file(sha, "absent.txt") is None
    assert repository.read_file(sha, "../outside") is None
    assert "deep/er/mot\u00f6r.py" in repository.list_files(sha)


def test_only_regular_files_are_listed(builder: RepositoryBuilder, sources: GitSources) -> None:
    (builder.path / "link").symlink_to("cart.py")
    sha = builder.commit({"cart.py": CART}, "Start")
    repository = sources.open(str(builder.path))
    assert repository.list_files(sha) == ("cart.py",)
    assert repository.read_file(sha, "link") is None


def test_revisions_are_understood(builder: RepositoryBuilder, sources: GitSources) -> None:
    first = builder.commit({"cart.py": CART}, "Start")
    builder.tag("v1.4.0", annotated=True)
    second = builder.commit({"cart.py": CART + "\n"}, "Second")
    builder.tag("shop-1.5")
    repository = sources.open(str(builder.path))
    for name in ("v1.4.0", "1.4.0", "shop@1.4.0", "shop@1.4.0+77", first, first[:9]):
        assert repository.resolve(name) == first, name
    for name in ("main", "HEAD", f"shop@{second}", f"shop@{second[:8].upper()}", "shop@1.5"):
        assert repository.resolve(name) == second, name


@pytest.mark.parametrize(
    "revision",
    ["", "nonsense", "--output=/tmp/x", "HEAD~1", "main:cart.py", "0" * 40, "a" * 9_999, "\0"],
)
def test_other_revisions_mean_nothing(
    builder: RepositoryBuilder, sources: GitSources, revision: str
) -> None:
    builder.commit({"cart.py": CART}, "Start")
    builder.commit({"cart.py": CART + "#\n"}, "Second")
    assert sources.open(str(builder.path)).resolve(revision) is None


def test_a_tag_of_a_file_is_no_release(builder: RepositoryBuilder, sources: GitSources) -> None:
    builder.commit({"cart.py": CART}, "Start")
    builder.git("tag", "blob", builder.git("rev-parse", "HEAD:cart.py").strip())
    assert sources.open(str(builder.path)).resolve("blob") is None


def test_the_log_tells_who_did_what_where(builder: RepositoryBuilder, sources: GitSources) -> None:
    first = builder.commit({"cart.py": CART}, "Start")
    second = builder.commit(
        {"cart.py": None, "a b.py": "x = 1\n", "n\u00e4.py": ""},
        "Rename it\n\nBecause.\n\nSuture-Incident: incident-1",
        author="Zo\u00eb <zoe@example.invalid>",
    )
    third = builder.commit({"other.py": "y = 2\n"}, "Third")
    repository = sources.open(str(builder.path))
    commits = repository.log(third)
    assert [commit.sha for commit in commits] == [third, second, first]
    assert commits[1].author == "Zo\u00eb"
    assert commits[1].summary == "Rename it"
    assert commits[1].body == "Because.\n\nSuture-Incident: incident-1"
    assert set(commits[1].paths) == {"cart.py", "a b.py", "n\u00e4.py"}
    assert commits[1].parents == (first,)
    assert commits[2].committed_at == FIRST_COMMIT_AT
    assert [commit.sha for commit in repository.log(third, since=first)] == [third, second]
    assert [commit.sha for commit in repository.log(third, paths=("a b.py",))] == [second]
    assert [commit.sha for commit in repository.log(third, limit=1)] == [third]


def test_releases_are_the_tags_behind_a_commit_newest_first(
    builder: RepositoryBuilder, sources: GitSources
) -> None:
    first = builder.commit({"cart.py": CART}, "Start")
    builder.tag("v1", annotated=True)
    second = builder.commit({"cart.py": CART + "\n"}, "Second")
    builder.tag("v2")
    builder.commit({"cart.py": CART}, "Third")
    builder.tag("v3")
    repository = sources.open(str(builder.path))
    assert repository.releases(second) == (("v2", second), ("v1", first))
    assert repository.releases(second, limit=1) == (("v2", second),)


def test_blame_passes_over_white_space(builder: RepositoryBuilder, sources: GitSources) -> None:
    first = builder.commit({"cart.py": CART}, "Start")
    builder.commit({"cart.py": CART.replace("    return", "        return")}, "Indent")
    third = builder.commit({"cart.py": CART + "\n\nEND = 1"}, "End")
    repository = sources.open(str(builder.path))
    lines = repository.blame(third, "cart.py")
    assert [(line.line, line.commit) for line in lines] == [
        (1, first),
        (2, first),
        (3, third),
        (4, third),
        (5, third),
    ]
    assert lines[1].text == "    return sum(prices)"
    assert [line.line for line in repository.blame(third, "cart.py", 2, 3)] == [2, 3]
    assert [line.line for line in repository.blame(third, "cart.py", 5, 900)] == [5]
    assert repository.blame(third, "cart.py", 6, 9) == ()
    assert repository.blame(third, "absent.py") == ()


def test_ancestry(builder: RepositoryBuilder, sources: GitSources) -> None:
    first = builder.commit({"cart.py": CART}, "Start")
    second = builder.commit({"cart.py": CART + "\n"}, "Second")
    repository = sources.open(str(builder.path))
    assert repository.is_ancestor(first, second)
    assert repository.is_ancestor(second, second)
    assert not repository.is_ancestor(second, first)
    assert not repository.is_ancestor("0" * 40, second)


CHANGES = {
    "crlf": ("a.txt", b"one\r\ntwo\r\n", "one\r\n2\r\n"),
    "newline taken away": ("a.txt", b"one\ntwo\n", "one\ntwo"),
    "newline added": ("a.txt", b"one\ntwo", "one\ntwo\n"),
    "byte order mark": ("a.txt", b"\xef\xbb\xbfone\n", "\ufefftwo\n"),
    "form feed": ("a.py", b"x = 1\n\x0cy = 2\n", "x = 1\n\x0cy = 3\n"),
    "new file": ("new/a b.txt", None, "hello\n"),
    "new empty file": ("new.txt", None, ""),
    "removed": ("a.txt", b"one\n", None),
    "quoted name": ('we"ird\t\u00e9.txt', b"one\n", "two\n"),
    "trailing space": ("a.txt", b"one\n", "one  \n\n\n"),
    "file to folder": ("a/b.txt", None, "hello\n"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_and_its_diff_are_two_forms_of_one_thing(
    builder: RepositoryBuilder, sources: GitSources, name: str
) -> None:
    path, before, after = CHANGES[name]
    files: dict[str, str | bytes | None] = {"other.py": CART, ".gitattributes": "*.txt eol=crlf\n"}
    base = builder.commit(files | ({path: before} if before is not None else {}), "Start")
    repository = sources.open(str(builder.path))
    changes = (FileChange(path=path, content=after),)
    diff = repository.make_diff(base, changes)
    assert diff.startswith("diff --git ")
    assert repository.make_diff(base, changes) == diff
    assert repository.apply_diff(base, diff) == changes


def test_a_diff_made_here_is_the_diff_of_the_commit(
    builder: RepositoryBuilder, sources: GitSources
) -> None:
    (builder.path / "run.sh").write_text("echo 1\n", encoding="utf-8")
    (builder.path / "run.sh").chmod(0o755)
    base = builder.commit({"cart.py": CART, "old.py": CART * 9}, "Start")
    repository = sources.open(str(builder.path))
    changes = (
        FileChange(path="run.sh", content="echo 2\n"),
        FileChange(path="old.py", content=None),
        FileChange(path="new.py", content=CART * 9 + "# more\n"),
    )
    diff = repository.make_diff(base, changes)
    moved = {change.path: change.content for change in changes}
    head = builder.commit(moved, "Change")
    repository.refresh()
    assert diff == repository.diff(base, head)
    assert "100755" in diff
    assert repository.diff(base, head, ("run.sh",)) in diff


def test_nothing_changed_is_an_empty_diff(builder: RepositoryBuilder, sources: GitSources) -> None:
    base = builder.commit({"cart.py": CART}, "Start")
    repository = sources.open(str(builder.path))
    assert repository.make_diff(base, (FileChange(path="cart.py", content=CART),)) == ""
    assert repository.make_diff(base, (FileChange(path="absent", content=None),)) == ""
    assert repository.apply_diff(base, "") == ()


def test_a_diff_with_a_rename_applies(builder: RepositoryBuilder, sources: GitSources) -> None:
    base = builder.commit({"old.py": CART}, "Start")
    diff = (
        "diff --git a/old.py b/new.py\nsimilarity index 80%\nrename from old.py\n"
        "rename to new.py\n--- a/old.py\n+++ b/new.py\n@@ -1,2 +1,2 @@\n"
        " def total(prices):\n-    return sum(prices)\n+    return 0\n"
    )
    assert sources.open(str(builder.path)).apply_diff(base, diff) == (
        FileChange(path="new.py", content="def total(prices):\n    return 0\n"),
        FileChange(path="old.py", content=None),
    )


NEW = "diff --git a/{0} b/{0}\nnew file mode {1}\n--- /dev/null\n+++ b/{0}\n@@ -0,0 +1 @@\n+x\n"
BAD_DIFFS = {
    "escape": NEW.format("../../outside", "100644"),
    "git folder": NEW.format(".git/hooks/post-commit", "100644"),
    "link": NEW.format("link", "120000"),
    "executable": NEW.format("run.sh", "100755"),
    "mode": "diff --git a/cart.py b/cart.py\nold mode 100644\nnew mode 100755\n",
    "other content": (
        "diff --git a/cart.py b/cart.py\n--- a/cart.py\n+++ b/cart.py\n@@ -1 +1 @@\n-x\n+y\n"
    ),
    "nonsense": "delete everything",
    "binary": "diff --git a/x b/x\nnew file mode 100644\nGIT binary patch\nliteral 1\nIcmZ\n\n",
    "large": "+" * (17 << 20),
}


@pytest.mark.parametrize("name", BAD_DIFFS)
def test_a_diff_that_does_not_fit_is_refused(
    builder: RepositoryBuilder, sources: GitSources, name: str
) -> None:
    base = builder.commit({"cart.py": CART}, "Start")
    with pytest.raises(PatchDoesNotApply):
        sources.open(str(builder.path)).apply_diff(base, BAD_DIFFS[name])


def test_a_diff_to_a_file_that_is_no_text_is_refused(
    builder: RepositoryBuilder, sources: GitSources
) -> None:
    base = builder.commit({"latin.txt": b"caf\xe9\nx\n"}, "Start")
    diff = (
        "diff --git a/latin.txt b/latin.txt\n--- a/latin.txt\n+++ b/latin.txt\n"
        "@@ -2 +2 @@\n-x\n+y\n"
    )
    repository = sources.open(str(builder.path))
    with pytest.raises(PatchDoesNotApply):
        repository.apply_diff(base, diff)
    with pytest.raises(InvalidInput):
        repository.make_diff(base, (FileChange(path="latin.txt", content="cafe\n"),))


@pytest.mark.parametrize("path", ["../x", "/etc/x", ".git/config", "a//b", "link", "x\0y", ""])
def test_a_change_outside_the_tree_is_refused(
    builder: RepositoryBuilder, sources: GitSources, path: str
) -> None:
    (builder.path / "link").symlink_to("cart.py")
    base = builder.commit({"cart.py": CART}, "Start")
    with pytest.raises(InvalidInput):
        sources.open(str(builder.path)).make_diff(base, (FileChange(path=path, content="x"),))


def test_trying_patches_leaves_nothing_behind(
    builder: RepositoryBuilder, sources: GitSources, tmp_path: Path
) -> None:
    base = builder.commit({"cart.py": CART}, "Start")
    repository = sources.open(str(builder.path))
    before = sorted((tmp_path / "state").rglob("*"))
    diff = repository.make_diff(base, (FileChange(path="cart.py", content="x = 1\n"),))
    repository.apply_diff(base, diff)
    assert sorted((tmp_path / "state").rglob("*")) == before


def test_commits_of_impossible_dates_are_still_read(
    builder: RepositoryBuilder, sources: GitSources
) -> None:
    builder.commit({"cart.py": CART}, "Start")
    raw = builder.git("cat-file", "commit", "HEAD")
    for name, seconds in (("far", "99999999999999999"), ("huge", "9" * 30)):
        forged = re.sub(r"(committer .*> )\d+", rf"\g<1>{seconds}", raw)
        (builder.path / "forged").write_text(forged, encoding="utf-8")
        sha = builder.git("hash-object", "-t", "commit", "-w", "--literally", "forged").strip()
        builder.git("update-ref", f"refs/heads/{name}", sha)
        repository = sources.open(str(builder.path))
        repository.refresh()
        assert repository.log(sha)[0].sha == sha


def test_blame_that_takes_too_long_is_given_up(builder: RepositoryBuilder) -> None:
    sha = builder.commit({"cart.py": CART}, "Start")
    assert blame(builder.path, sha, "cart.py", (1, None), seconds=0.0) == ()


def test_submodules_and_folders_are_no_files(
    builder: RepositoryBuilder, sources: GitSources
) -> None:
    sha = builder.commit({"pkg/cart.py": CART}, "Start")
    builder.git("update-index", "--add", "--cacheinfo", f"160000,{sha},module")
    builder.git("commit", "--quiet", "--message", "Module", at=FIRST_COMMIT_AT)
    head = builder.head()
    repository = sources.open(str(builder.path))
    assert repository.list_files(head) == ("pkg/cart.py",)
    assert repository.read_file(head, "module") is None
    assert repository.read_file(head, "pkg") is None
