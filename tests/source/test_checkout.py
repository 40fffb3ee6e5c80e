import os
import subprocess
import sys
from pathlib import Path

import pytest

from integrations.git.checkout import stays_inside
from integrations.git.source import GitSources
from suture.errors import InvalidInput
from tests.builders.repository import RepositoryBuilder

HOLD = """
import os, sys
from pathlib import Path
from integrations.git.source import GitSources
repository = GitSources(Path(sys.argv[1])).open(sys.argv[2])
with repository.checkout(repository.resolve("main")) as tree:
    print(tree, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_a_checkout_holds_the_files_byte_for_byte_and_is_removed(
    builder: RepositoryBuilder, sources: GitSources
) -> None:
    files = {
        "pkg/mod.py": b"x = 1\r\n",
        "latin.txt": b"caf\xe9\n",
        "empty": b"",
        "id.txt": b"$Id$\n",
        "tests/test_x.py": b"def test_x(): pass\n",
        ".gitattributes": b"*.txt ident eol=crlf filter=evil\ntests export-ignore\n",
    }
    (builder.path / "run.sh").write_text("echo\n", encoding="utf-8")
    (builder.path / "run.sh").chmod(0o755)
    sha = builder.commit(files, "Start")
    with sources.open(str(builder.path)).checkout(sha) as tree:
        assert {name: (tree / name).read_bytes() for name in files} == files
        assert os.access(tree / "run.sh", os.X_OK)
        assert not os.access(tree / "empty", os.X_OK)
        assert not (tree / ".git").exists()
    assert not tree.parent.exists()


def test_two_checkouts_do_not_meet(builder: RepositoryBuilder, sources: GitSources) -> None:
    sha = builder.commit({"a.txt": "a"}, "Start")
    repository = sources.open(str(builder.path))
    with repository.checkout(sha) as one, repository.checkout(sha) as two:
        (one / "a.txt").write_text("b", encoding="utf-8")
        assert (two / "a.txt").read_text(encoding="utf-8") == "a"


def test_a_large_tree_comes_in_batches(builder: RepositoryBuilder, sources: GitSources) -> None:
    content = os.urandom(20 << 20)
    sha = builder.commit({"a.bin": content, "b.bin": content[::-1], "c.txt": "c"}, "Start")
    with sources.open(str(builder.path)).checkout(sha) as tree:
        assert (tree / "a.bin").read_bytes() == content
        assert (tree / "b.bin").read_bytes() == content[::-1]
        assert (tree / "c.txt").read_bytes() == b"c"


def test_links_that_lead_out_are_left_out(builder: RepositoryBuilder, sources: GitSources) -> None:
    targets = {
        "good": "pkg/mod.py",
        "pkg/up": "../data.txt",
        "pkg/here": ".",
        "out": "../../etc/passwd",
        "absolute": "/etc/passwd",
        "pkg/sly": "here/../../data.txt",
    }
    (builder.path / "pkg").mkdir()
    for name, target in targets.items():
        (builder.path / name).symlink_to(target)
    sha = builder.commit({"pkg/mod.py": "x = 1\n", "data.txt": "d"}, "Start")
    with sources.open(str(builder.path)).checkout(sha) as tree:
        assert (tree / "good").read_text(encoding="utf-8") == "x = 1\n"
        assert (tree / "pkg" / "up").read_text(encoding="utf-8") == "d"
        for name in ("out", "absolute", "pkg/sly"):
            assert not (tree / name).is_symlink(), name
        for folder, _, names in os.walk(tree):
            for name in names:
                assert (Path(folder) / name).resolve().is_relative_to(tree.resolve())


@pytest.mark.parametrize(
    ("path", "target", "inside"),
    [
        (b"a", b"b", True),
        (b"a/b", b"../c", True),
        (b"a", b"../c", False),
        (b"a/b", b"../../c", False),
        (b"a/b", b"c/../d", False),
        (b"a", b"/etc", False),
        (b"a", b"./b//c", True),
        (b"a", b"b\0c", False),
    ],
)
def test_what_stays_inside(path: bytes, target: bytes, *, inside: bool) -> None:
    assert stays_inside(path, target) is inside


def forged_tree(builder: RepositoryBuilder, entries: list[tuple[str, str, str]]) -> str:
    """Commit a tree that git itself would never make: (mode, name, content)."""
    rows = b""
    for mode, name, content in entries:
        if mode == "40000":
            oid = content
        else:
            (builder.path / "forged").write_text(content, encoding="utf-8")
            oid = builder.git("hash-object", "-w", "forged").strip()
            (builder.path / "forged").unlink()
        rows += f"{mode} {name}\0".encode() + bytes.fromhex(oid)
    raw = builder.path / "raw"
    raw.write_bytes(rows)
    tree = builder.git("hash-object", "-t", "tree", "-w", "--literally", "raw").strip()
    raw.unlink()
    return tree


def test_forged_paths_are_left_out(builder: RepositoryBuilder, sources: GitSources) -> None:
    builder.commit({"ok.txt": "ok"}, "Start")
    inner = forged_tree(builder, [("100644", "hooks", "evil")])
    tree = forged_tree(
        builder,
        [
            ("100644", "..", "evil"),
            ("40000", ".GIT", inner),
            ("100644", "a/../../evil", "evil"),
            ("100644", "fine.txt", "fine"),
        ],
    )
    sha = builder.git("commit-tree", tree, "-m", "forged").strip()
    builder.git("update-ref", "refs/heads/forged", sha)
    repository = sources.open(str(builder.path))
    assert repository.list_files(sha) == ("fine.txt",)
    with repository.checkout(sha) as checked_out:
        assert [path.name for path in checked_out.iterdir()] == ["fine.txt"]


def test_a_link_and_a_folder_of_one_name_cannot_be_used_to_write_outside(
    builder: RepositoryBuilder, sources: GitSources, tmp_path: Path
) -> None:
    builder.commit({"ok.txt": "ok"}, "Start")
    inner = forged_tree(builder, [("100644", "evil", "evil")])
    tree = forged_tree(
        builder,
        [("120000", "door", str(tmp_path)), ("120000", "gate", "."), ("40000", "door", inner)],
    )
    sha = builder.git("commit-tree", tree, "-m", "forged").strip()
    builder.git("update-ref", "refs/heads/forged", sha)
    with sources.open(str(builder.path)).checkout(sha) as checked_out:
        assert not (checked_out / "door").is_symlink()
    assert not (tmp_path / "evil").exists()


def test_a_tree_that_no_disk_can_hold_is_refused(
    builder: RepositoryBuilder, sources: GitSources, tmp_path: Path
) -> None:
    builder.commit({"ok.txt": "ok"}, "Start")
    tree = forged_tree(builder, [("100644", "n" * 300, "x")])
    sha = builder.git("commit-tree", tree, "-m", "forged").strip()
    builder.git("update-ref", "refs/heads/forged", sha)
    with (
        pytest.raises(InvalidInput, match="cannot be written"),
        sources.open(str(builder.path)).checkout(sha),
    ):
        pass
    assert not list((tmp_path / "state" / "checkouts").iterdir())


def test_what_a_killed_process_left_is_swept_away(
    builder: RepositoryBuilder, sources: GitSources, tmp_path: Path
) -> None:
    sha = builder.commit({"a.txt": "a"}, "Start")
    killed = subprocess.run(
        [sys.executable, "-c", HOLD, str(tmp_path / "state"), str(builder.path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    left = Path(killed.stdout.splitlines()[-1])
    assert killed.returncode == -9
    assert left.is_dir()
    with sources.open(str(builder.path)).checkout(sha) as tree:
        assert not left.exists()
        assert tree.is_dir()
