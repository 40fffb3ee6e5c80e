"""What runs first inside the sandbox: copies the tree, gives up its rights, runs the command.

Standard library only. The host hands it a specification (JSON) and a pipe for its report, one
JSON document per line. It answers with `ready` once it runs, then with `refused`, `full` or
`exit`. Whatever the command does to this process, only this run's own report is at stake.
"""

import base64
import contextlib
import ctypes
import errno
import json
import os
import resource
import shutil
import signal
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

GIVEN = Path("/given/tree")
BOX = Path("/sandbox")
SET_DUMPABLE, DROP_BOUND, LAST_CAPABILITY = 4, 24, 63
NICENESS = 5
OPEN_FILES = 1024
ADDRESS_SPACE = 64 << 30
DATA_SLACK = 512 << 20
TASK_SLACK = 64
OUT_OF_MEMORY_SCORE = 1000
NOT_FOUND, NOT_EXECUTABLE = 127, 126


class Refused(Exception):
    """The specification asks for something outside the tree."""


def main(spec_fd: int, report_fd: int) -> None:
    """Do everything that the specification says and report it."""
    os.set_inheritable(report_fd, False)
    with os.fdopen(spec_fd, "rb") as stream:
        spec = json.load(stream)
    with os.fdopen(report_fd, "w", encoding="utf-8") as report:

        def tell(**fields: object) -> None:
            report.write(json.dumps(fields) + "\n")
            report.flush()

        tell(ready=True)
        try:
            furnish(BOX / "tree", GIVEN, spec["uid"])
            become(spec["uid"])
            lay(spec["files"], BOX / "tree")
            code = run(spec, within(BOX / "tree", spec["directory"]))
            files = collected(spec["collect"], BOX / "tree", spec["output_bytes"])
            tell(exit=code, full=is_full(BOX), files=files)
        except Refused as error:
            tell(refused=str(error))
        except OSError as error:
            tell(full=error.errno == errno.ENOSPC, failed=str(error))


def furnish(tree: Path, given: Path, uid: int | None) -> None:
    """Make the private directories and the copy of the tree, owned by who will use them."""
    os.umask(0o022)
    for name, mode in (("tree", 0o755), ("home", 0o700), ("tmp", 0o1777)):
        place = tree.with_name(name)
        place.mkdir()
        place.chmod(mode)
    made = copy_tree(given, tree)
    if uid is not None:
        for path in (tree, tree.with_name("home"), *made):
            os.chown(path, uid, uid, follow_symlinks=False)


def copy_tree(source: Path, target: Path) -> list[Path]:
    """Copy directories, regular files and links as links; leave anything else out."""
    made, pending = [], [(source, target)]
    while pending:
        directory, into = pending.pop()
        with os.scandir(directory) as entries:
            for entry in entries:
                copy = into / entry.name
                if entry.is_symlink():
                    copy.symlink_to(Path(entry.path).readlink())
                elif entry.is_dir(follow_symlinks=False):
                    copy.mkdir()
                    pending.append((Path(entry.path), copy))
                elif entry.is_file(follow_symlinks=False):
                    copy_file(entry, copy)
                else:
                    continue
                made.append(copy)
    return made


def copy_file(entry: os.DirEntry[str], copy: Path) -> None:
    """Copy content and whether it may be executed; never setuid bits."""
    shutil.copyfile(entry.path, copy, follow_symlinks=False)
    runs = entry.stat(follow_symlinks=False).st_mode & stat.S_IXUSR
    copy.chmod(0o755 if runs else 0o644)


def become(uid: int | None) -> None:
    """Turn into a user who owns nothing on the host, for good, and hide from one's children."""
    libc = ctypes.CDLL(None, use_errno=True)
    if uid is not None:
        for capability in range(LAST_CAPABILITY + 1):
            libc.prctl(DROP_BOUND, capability, 0, 0, 0)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    libc.prctl(SET_DUMPABLE, 0, 0, 0, 0)


def within(tree: Path, path: str) -> Path:
    """Return the real place of a path in the tree, links followed.

    Raises:
        Refused: a link leads out of the tree.
    """
    place = (tree / path).resolve()
    if not place.is_relative_to(tree):
        raise Refused(f"{path} leads out of the tree")
    return place


def lay(files: Mapping[str, str], tree: Path) -> None:
    """Lay files over the copy. Linked directories inside the tree are followed, no others."""
    for name, content in files.items():
        parent = within(tree, str(Path(name).parent))
        parent.mkdir(parents=True, exist_ok=True)
        place = parent / Path(name).name
        place.unlink(missing_ok=True)
        place.write_text(content, encoding="utf-8", errors="surrogatepass", newline="")


def run(spec: Mapping[str, Any], directory: Path) -> int:
    """Run the command to its end and return its exit code, 128 + n for signal n."""
    child = os.fork()
    if child == 0:
        start(spec, directory)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def start(spec: Mapping[str, Any], directory: Path) -> NoReturn:
    """Turn into the command. Never returns."""
    command, code = spec["argv"], NOT_FOUND
    try:
        confine(spec)
        os.chdir(directory)
        os.execvpe(command[0], command, spec["variables"])  # noqa: S606 (the sandbox's purpose)
    except OSError as error:
        code = NOT_FOUND if error.errno == errno.ENOENT else NOT_EXECUTABLE
        # A search along PATH names its last guess, in bytes; a missing directory names itself.
        name = error.filename if isinstance(error.filename, str) else command[0]
        os.write(2, f"{name}: {error.strerror}\n".encode(errors="replace"))
    finally:
        os._exit(code)


def confine(spec: Mapping[str, Any]) -> None:
    """Set the limits that the kernel keeps per process; the host watches over the sum.

    The address space is only bounded against page tables without pages: runtimes reserve much
    more of it than they use.
    """
    limits = {
        resource.RLIMIT_CPU: spec["cpu_seconds"] + 1,
        resource.RLIMIT_FSIZE: spec["disk_bytes"],
        resource.RLIMIT_DATA: spec["memory_bytes"] + DATA_SLACK,
        resource.RLIMIT_AS: max(ADDRESS_SPACE, spec["memory_bytes"] * 2),
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 64 << 10,
    }
    if spec["count_tasks"]:
        limits[resource.RLIMIT_NPROC] = spec["processes"] * 2 + TASK_SLACK
    for which, limit in limits.items():
        _, most = resource.getrlimit(which)
        bound = limit if most == resource.RLIM_INFINITY else min(limit, most)
        resource.setrlimit(which, (bound, bound))
    os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(OUT_OF_MEMORY_SCORE), encoding="ascii")
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def collected(paths: Iterable[str], tree: Path, limit: int) -> dict[str, str]:
    """Return the tails of regular files in the tree, in base64; no link is followed."""
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            found[path] = base64.b64encode(tail(path, tree, limit)).decode("ascii")
    return found


def tail(path: str, tree: Path, limit: int) -> bytes:
    """Return the end of a regular file, opened step by step so that no link can intervene."""
    *parents, name = Path(path).parts
    with contextlib.ExitStack() as open_places:
        at = os.open(tree, os.O_DIRECTORY | os.O_NOFOLLOW)
        open_places.callback(os.close, at)
        for parent in parents:
            at = os.open(parent, os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            open_places.callback(os.close, at)
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        open_places.callback(os.close, file)
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        return os.pread(file, limit, max(0, found.st_size - limit))


def is_full(box: Path) -> bool:
    """Tell whether the last byte is used up."""
    space = os.statvfs(box)
    return space.f_bavail == 0 or space.f_favail == 0


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
