"""Nothing of the host is seen but what a run needs, and nothing of it changes."""

import stat
from pathlib import Path

import pytest

from integrations.bubblewrap.sandbox import BubblewrapSandbox
from suture.errors import InvalidInput
from suture.ports.sandbox import SandboxJob
from tests.sandbox.attacks import PYTHON, Arena, nothing


def contents(tree: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(tree)): (path.stat().st_mode, path.read_bytes())
        for path in tree.rglob("*")
        if path.is_file()
    }


def test_private_files_of_the_host_do_not_exist(arena: Arena, tmp_path: Path) -> None:
    mirror = tmp_path / "mirrors" / "shop.git"
    mirror.mkdir(parents=True)
    (mirror / "HEAD").write_text("secret", encoding="utf-8")
    result = arena.attack(
        f"""
        import pathlib, os
        for name in (
            "/etc/shadow", "/etc/ssh", "/etc/hostname", "/etc/machine-id", "/home", "/mnt", "/opt",
            "/srv", "/sys", "/boot", "/var/lib", "/var/run", "/run/docker.sock", "/proc/kcore",
            {str(mirror)!r}, {str(Path.home() / ".ssh")!r}, {str(Path.home() / ".cache")!r},
            {str(Path(__file__))!r}, "/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/fuse",
        ):
            try:
                fd = os.open(name, os.O_RDONLY)
                print("opened", name, os.listdir(fd) if os.path.isdir(name) else "")
            except (FileNotFoundError, PermissionError):
                pass
        print("done")
        """
    )
    assert result.stdout == "done\n"


def test_only_the_interpreters_own_directory_is_seen_of_the_home_around_it(arena: Arena) -> None:
    result = arena.attack(
        """
        import os, sys
        for parent, directories, files in os.walk("/"):
            if parent.startswith(("/proc", "/usr", "/dev", "/etc", "/sandbox", sys.base_prefix)):
                directories.clear()
            elif files:
                print(parent, files)
        """
    )
    # In a user namespace the tree itself can be seen beside its copy, read-only.
    assert result.stdout.replace("/given/tree ['kept.txt']\n", "") == "/ ['guest.py']\n"


def test_links_in_the_tree_lead_to_nothing_of_the_host(arena: Arena, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", encoding="utf-8")
    (arena.tree / "file").symlink_to(secret)
    (arena.tree / "folder").symlink_to(tmp_path)
    result = arena.attack(
        """
        import os
        for name in ("file", "folder", "folder/secret.txt"):
            print(os.path.exists(name))
        """,
        collect=("file", "folder/secret.txt"),
    )
    assert result.stdout.split() == ["False"] * 3
    assert result.files == {}


def test_files_collected_through_links_are_left_out(arena: Arena) -> None:
    result = arena.attack(
        """
        import os
        os.symlink("/etc/passwd", "link")
        os.symlink("/etc", "folder")
        os.mkfifo("pipe")
        os.mkdir("directory")
        open("real", "w").write("real")
        """,
        collect=("link", "folder/passwd", "pipe", "directory", "absent", "real"),
    )
    assert result.files == {"real": "real"}


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", ".", "a\0b", "\ud800"])
def test_files_outside_the_tree_are_refused(arena: Arena, path: str) -> None:
    for job in (
        SandboxJob(tree=arena.tree, argv=("true",), files={path: ""}),
        SandboxJob(tree=arena.tree, argv=("true",), collect=(path,)),
    ):
        with pytest.raises(InvalidInput):
            arena.sandbox.run(job, nothing)


def test_a_file_laid_through_a_link_out_of_the_tree_is_refused(arena: Arena) -> None:
    (arena.tree / "tests").symlink_to("/sandbox/home")
    job = SandboxJob(tree=arena.tree, argv=("true",), files={"tests/test_a.py": ""})
    with pytest.raises(InvalidInput, match="leads out of the tree"):
        arena.sandbox.run(job, nothing)


def test_a_directory_behind_a_link_out_of_the_tree_is_refused(arena: Arena) -> None:
    (arena.tree / "out").symlink_to("/usr")
    job = SandboxJob(tree=arena.tree, argv=("true",), directory="out")
    with pytest.raises(InvalidInput, match="leads out of the tree"):
        arena.sandbox.run(job, nothing)


def test_a_file_laid_over_a_link_replaces_the_link(arena: Arena) -> None:
    (arena.tree / "conftest.py").symlink_to("/etc/passwd")
    job = SandboxJob(tree=arena.tree, argv=("cat", "conftest.py"), files={"conftest.py": "# mine"})
    assert arena.sandbox.run(job, nothing).stdout == "# mine"
    assert (arena.tree / "conftest.py").is_symlink()


def test_the_trees_files_and_hooks_stay_as_they_were(arena: Arena) -> None:
    hooks = arena.tree / ".git" / "hooks"
    hooks.mkdir(parents=True)
    (arena.tree / ".git" / "config").write_text("[core]\n", encoding="utf-8")
    before = contents(arena.tree)
    result = arena.attack(
        """
        import os, pathlib
        pathlib.Path("kept.txt").write_text("changed")
        pathlib.Path(".git/config").write_text("[core]\\nfsmonitor = ./evil\\nhooksPath = evil")
        pathlib.Path(".git/hooks/post-checkout").write_text("#!/bin/sh\\ntouch /owned")
        os.chmod(".git/hooks/post-checkout", 0o755)
        pathlib.Path("conftest.py").write_text("raise SystemExit")
        pathlib.Path("tests").mkdir()
        pathlib.Path("tests/test_new.py").write_text("")
        print(pathlib.Path("kept.txt").read_text())
        """
    )
    assert result.stdout == "changed\n"
    assert contents(arena.tree) == before


def test_system_and_interpreter_and_environment_cannot_be_written(
    arena: Arena, tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    source = """
        import os, sys
        for place in ("/", "/usr", "/usr/bin", "/etc", "/env", "/env/bin", "/dev", "/given/tree",
                      "/proc/sys/kernel", "/run", "/var", sys.base_prefix, "/guest.py"):
            try:
                open(place if place.endswith(".py") else place + "/written", "w")
                print("wrote", place)
            except OSError:
                pass
        print("done")
        """
    job = SandboxJob(
        tree=arena.tree,
        files={"attack.py": "\n".join(line[8:] for line in source.splitlines())},
        argv=(PYTHON, "attack.py"),
        environment=environment,
    )
    assert arena.sandbox.run(job, nothing).stdout == "done\n"
    assert list(environment.rglob("written")) == []


def test_kernel_settings_cannot_be_opened_for_writing(arena: Arena) -> None:
    # Nothing is written: where containment failed, the host itself would change.
    result = arena.attack(
        """
        import os
        opened = []
        for parent, directories, names in os.walk("/proc"):
            if parent == "/proc":
                directories[:] = [name for name in directories if not name.isdigit()]
            for name in names:
                path = os.path.join(parent, name)
                try:
                    os.close(os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK))
                    opened.append(path)
                except OSError:
                    pass
        print(opened)
        """
    )
    assert result.stdout == "[]\n"


def test_setuid_programs_give_no_rights(arena: Arena) -> None:
    (arena.tree / "shell").write_bytes(Path("/bin/sh").read_bytes())
    (arena.tree / "shell").chmod(0o6755)
    result = arena.shell(
        "find / -xdev -perm -4000 -user 0 -name su -exec {} -c id \\; 2>/dev/null;"
        "stat -c %a shell; chmod 4755 shell; ./shell -c 'id -u';"
        "grep -E 'Cap(Prm|Eff|Amb)|NoNewPrivs' /proc/self/status"
    )
    lines = result.stdout.split()
    assert lines[0] == "755"
    assert lines[1] != "0"
    assert lines[2:] == [
        *("CapPrm:", "0" * 16, "CapEff:", "0" * 16, "CapAmb:", "0" * 16, "NoNewPrivs:", "1")
    ]


def test_device_files_cannot_be_made(arena: Arena) -> None:
    result = arena.attack(
        f"""
        import os
        try:
            os.mknod("disk", {stat.S_IFBLK | 0o666}, os.makedev(8, 0))
            print("made")
        except PermissionError:
            print("refused")
        """
    )
    assert result.stdout == "refused\n"


def test_a_tree_that_is_no_directory_is_refused(arena: Arena) -> None:
    with pytest.raises(InvalidInput, match="no directory"):
        arena.sandbox.run(SandboxJob(tree=arena.tree / "absent", argv=("true",)), nothing)


def test_a_tree_of_great_depth_is_copied(arena: Arena) -> None:
    deep = [arena.tree]
    for _ in range(1_200):
        deep.append(deep[-1] / "d")
        deep[-1].mkdir()
    try:
        assert arena.attack("print('ran')").stdout == "ran\n"
    finally:
        # What clears up after tests would recurse too deeply.
        for directory in reversed(deep[1:]):
            directory.rmdir()


def test_links_in_an_environment_are_not_followed_on_the_host(arena: Arena, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    environment = tmp_path / "environment"
    environment.symlink_to(outside)
    sandbox = BubblewrapSandbox(tmp_path / "root")
    job = SandboxJob(tree=arena.tree, environment=environment, argv=("ls", "/env"))
    assert sandbox.run(job, nothing).exit_code == 0
