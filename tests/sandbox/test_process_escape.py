"""No process of the host is seen or touched, and none of a run's outlives it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from suture.ports.sandbox import LimitHit, SandboxJob, SandboxLimits
from tests.sandbox.attacks import PATIENCE_SECONDS, PYTHON, Arena, nothing

FIXED_VARIABLES = (
    *("HOME", "LANG", "LOGNAME", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED"),
    *("SHELL", "TERM", "TMPDIR", "TZ", "USER"),
)


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the host with a secret in its environment and in its memory."""
    secret = {"SUTURE_TEST_SECRET": "hunter2-in-the-environment"}
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, env=secret, stdin=subprocess.PIPE) as process:
        yield process
        assert process.poll() is None
        process.kill()


def marked(mark: str) -> list[psutil.Process]:
    """Return the processes of this host that carry a mark in their command line."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if mark in (process.info["cmdline"] or [])
    ]


def test_processes_and_environments_of_the_host_are_not_seen(
    arena: Arena, victim: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUTURE_TEST_SECRET", "hunter2-in-ours")
    result = arena.attack(
        """
        import glob, os
        for name in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
            try:
                content = open(name, "rb").read()
            except OSError:
                continue
            if b"hunter2" in content:
                print("found in", name)
        print(sorted(os.environ))
        print(len(glob.glob("/proc/[0-9]*")))
        """,
        variables={"MINE": "1"},
    )
    environment, count = result.stdout.splitlines()
    assert environment == str(sorted([*FIXED_VARIABLES, "MINE"]))
    assert int(count) <= 3
    assert victim.poll() is None


def test_processes_of_the_host_cannot_be_signalled_or_traced(
    arena: Arena, victim: subprocess.Popen[bytes]
) -> None:
    result = arena.attack(
        f"""
        import ctypes, os, signal
        for pid in ({victim.pid}, {os.getpid()}):
            try:
                os.kill(pid, signal.SIGKILL)
                print("killed")
            except ProcessLookupError:
                print("no such process")
        print(ctypes.CDLL(None).ptrace(16, {victim.pid}, 0, 0))
        """
    )
    assert result.stdout.split("\n")[:3] == ["no such process", "no such process", "-1"]
    assert victim.poll() is None


def test_killing_everything_in_sight_ends_only_the_run(
    arena: Arena, victim: subprocess.Popen[bytes]
) -> None:
    result = arena.shell("kill -9 -1; kill -9 $PPID 1; sleep 600")
    assert result.exit_code not in (0, None)
    assert victim.poll() is None


def test_what_a_run_leaves_running_ends_with_it(arena: Arena) -> None:
    mark = f"mark-{os.getpid()}-{id(arena)}"
    result = arena.attack(
        f"""
        import os, signal, subprocess, sys
        for number in range(5):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    signal.signal(signal.SIGHUP, signal.SIG_IGN)
                    os.execvp("sh", ["sh", "-c", "sleep 600; :", {mark!r}])
                os._exit(0)
        """
    )
    assert result.exit_code == 0
    assert marked(mark) == []


def test_a_conftest_that_starts_daemons_and_writes_outside_is_contained(arena: Arena) -> None:
    mark = f"mark-{os.getpid()}-{id(arena)}"
    conftest = f"""
import os, pathlib, subprocess
subprocess.Popen(["sh", "-c", "sleep 600; :", {mark!r}], start_new_session=True)
for place in ("/", "/usr", "/given/tree", os.path.dirname("{arena.tree}")):
    try:
        pathlib.Path(place, "owned").write_text("x")
    except OSError:
        pass
"""
    (arena.tree / "conftest.py").write_text(conftest, encoding="utf-8")
    assert arena.attack("import conftest; print('imported')").stdout == "imported\n"
    assert marked(mark) == []
    assert not (arena.tree / "owned").exists()
    assert not (arena.tree.parent / "owned").exists()
    assert not Path("/owned").exists()


def test_new_namespaces_and_mounts_are_refused(arena: Arena) -> None:
    result = arena.attack(
        """
        import ctypes, errno, os
        libc = ctypes.CDLL(None, use_errno=True)
        print(libc.unshare(0x10000000), libc.unshare(0x00020000))
        print(libc.mount(b"none", b"/sandbox/tmp", b"tmpfs", 0, None), libc.umount2(b"/usr", 2))
        print(libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) if os.uname().machine == "x86_64" else -1)
        print(libc.chroot(b"/sandbox"), libc.setns(0, 0), libc.sethostname(b"x", 1))
        """  # noqa: E501
    )
    assert set(result.stdout.split()) == {"-1"}


def test_kernel_interfaces_without_namespaces_are_refused(arena: Arena) -> None:
    result = arena.attack(
        """
        import ctypes, mmap, os
        libc = ctypes.CDLL(None, use_errno=True)
        numbers = {"x86_64": (250, 321, 298, 425, 304, 323), "aarch64": (219, 280, 241, 425, 265, 282)}
        for number in numbers[os.uname().machine]:
            print(libc.syscall(number, 0, 0, 0, 0, 0))
        print(libc.memfd_create(b"x", 0), libc.shmget(0, 1 << 20, 0o1600))
        """  # noqa: E501
    )
    assert set(result.stdout.split()) == {"-1"}


def test_nothing_can_be_typed_into_the_terminal(arena: Arena) -> None:
    result = arena.attack(
        """
        import fcntl, os
        try:
            os.open("/dev/tty", os.O_RDWR)
            print("opened")
        except OSError:
            print("no terminal")
        master, slave = os.openpty()
        for request in (0x5412, 0x541C):
            try:
                fcntl.ioctl(slave, request, b"x")
                print("typed")
            except PermissionError:
                print("refused")
        """
    )
    assert result.stdout.splitlines() == ["no terminal", "refused", "refused"]


def test_a_run_ends_when_progress_says_so_and_leaves_nothing(arena: Arena) -> None:
    mark = f"mark-{os.getpid()}-{id(arena)}"
    seen = []

    def stop_once_it_runs() -> None:
        seen.append(marked(mark))
        if len(seen) > 1 and seen[-1]:
            raise KeyboardInterrupt

    job = SandboxJob(tree=arena.tree, argv=("sh", "-c", "sleep 600 & wait; :", mark))
    with pytest.raises(KeyboardInterrupt):
        arena.sandbox.run(job, stop_once_it_runs)
    assert seen[-1] != []
    assert marked(mark) == []


def test_a_run_dies_with_the_process_that_started_it(arena: Arena) -> None:
    mark = f"mark-{os.getpid()}-{id(arena)}"
    source = f"""
import os, pathlib, signal
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from suture.ports.sandbox import SandboxJob
from tests.sandbox.test_process_escape import marked
def die():
    if marked({mark!r}):
        os.kill(os.getpid(), signal.SIGKILL)
BubblewrapSandbox(pathlib.Path({str(arena.tree.parent)!r})).run(
    SandboxJob(tree=pathlib.Path({str(arena.tree)!r}), argv=("sh", "-c", "sleep 600; :", {mark!r})),
    die,
)
"""
    ended = subprocess.run([sys.executable, "-c", source], check=False, capture_output=True)
    assert ended.returncode == -9
    assert psutil.wait_procs(marked(mark), timeout=PATIENCE_SECONDS)[1] == []


def test_a_fork_bomb_is_stopped(arena: Arena) -> None:
    mark = f"mark-{os.getpid()}-{id(arena)}"
    # The kernel counts no processes of real root, which one of the arenas is inside its namespace:
    # a bomb without an end could outrun whoever watches on a busy machine, and take that along.
    bomb = (
        "import os, time\n"
        "for _ in range(9):\n    try: os.fork()\n    except OSError: pass\n"
        "time.sleep(600)\n"
    )
    job = SandboxJob(
        tree=arena.tree,
        argv=(PYTHON, "-c", bomb, mark),
        limits=SandboxLimits(wall_seconds=PATIENCE_SECONDS, processes=40),
    )
    result = arena.sandbox.run(job, nothing)
    assert (result.exit_code, result.limit_hit) == (None, LimitHit.PROCESSES)
    assert marked(mark) == []


def test_a_run_within_its_limits_may_use_processes_and_threads(arena: Arena) -> None:
    job = SandboxJob(
        tree=arena.tree,
        files={
            "work.py": "import multiprocessing, threading\n"
            "def double(x): return 2 * x\n"
            "if __name__ == '__main__':\n"
            "    with multiprocessing.Pool(3) as pool: print(pool.map(double, range(3)))\n"
        },
        argv=(PYTHON, "work.py"),
    )
    result = arena.sandbox.run(job, nothing)
    assert result.stdout == "[0, 2, 4]\n", result.stderr
