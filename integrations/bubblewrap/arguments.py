"""What a run sees of the host, as arguments of bwrap. Everything not named here is absent.

Source: https://github.com/containers/bubblewrap/blob/main/bwrap.xml. Mount options of bwrap's
own: every mount is nosuid, and nodev unless it is `/dev`.
"""

from dataclasses import dataclass
from pathlib import Path

from integrations.bubblewrap.identity import Identity
from integrations.bubblewrap.runtimes import Runtime

BOX = "/sandbox"
PRIVATE_TMP = "/sandbox/tmp"
ENVIRONMENT = "/env"
GUEST = "/guest.py"
TOOLS = "/tools"
SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/mime.types",
    "/etc/pki/ca-trust/extracted",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
)
NETWORK_FILES = ("/etc/resolv.conf", "/etc/hosts", "/etc/gai.conf", "/etc/services")
MASKED = ("/usr/local/etc", "/usr/src")
"""Directories under `/usr` that may hold what is the host's own business."""
MASKED_PROC = (
    "acpi",
    "asound",
    "config.gz",
    "interrupts",
    "kallsyms",
    "kcore",
    "key-users",
    "keys",
    "latency_stats",
    "pressure",
    "sched_debug",
    "scsi",
    "timer_list",
)
READ_ONLY_PROC = ("bus", "fs", "irq", "sys", "sysrq-trigger")
"""Kernel settings. Their files trust root by its number alone, without any capability."""
MASK_BYTES = 4_096
SHARED_MEMORY_BYTES = 64 << 20
NSSWITCH = b"passwd: files\ngroup: files\nhosts: files dns\n"
HOSTS = b"127.0.0.1 localhost sandbox\n::1 localhost sandbox\n"


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """The Python that environments are made from."""

    executable: Path
    prefix: Path
    """Where it is installed; mounted at the same place, without its installed packages."""
    packages: tuple[Path, ...]
    """Directories of installed packages that are hidden."""


@dataclass(frozen=True, kw_only=True)
class View:
    """What differs from run to run."""

    identity: Identity
    interpreter: Interpreter
    tree: Path
    disk_bytes: int
    environment: Path | None = None
    building: bool = False
    """Whether the environment is writable."""
    network: bool = False
    tools: tuple[Path, ...] = ()
    """Trusted programs or directories that appear in `/tools` under their names."""
    certificates: tuple[Path, ...] = ()
    """Files that appear at the same place."""
    runtimes: tuple[Runtime, ...] = ()
    """Languages beside Python."""


def box_bytes(disk_bytes: int) -> tuple[int, int]:
    """Divide what a run may write between its box and its shared memory."""
    shared = min(SHARED_MEMORY_BYTES, disk_bytes // 8)
    return disk_bytes - shared, shared


def arguments(view: View, data: dict[str, int]) -> list[str]:
    """Return the arguments up to the command; `data` maps file names to descriptors to read."""
    return [
        *("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"),
        *(() if view.network else ("--unshare-net",)),
        *("--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv"),
        *view.identity.arguments(),
        *_system(view),
        *_interpreter(view.interpreter),
        *_runtimes(view.runtimes),
        *_given(view),
        *_made_up(data),
        *_own(view),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"),
    ]


def _system(view: View) -> list[str]:
    made = ["--ro-bind", "/usr", "/usr"]
    for name in SYSTEM_LINKS:
        path = Path(name)
        if path.is_symlink():
            made += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            made += ["--ro-bind", name, name]
    files = (*SYSTEM_FILES, *(NETWORK_FILES if view.network else ()))
    for path in (Path(name) for name in files if Path(name).exists()):
        made += [*_parents(path), *_same_place(path)]
    for name in MASKED:
        made += _mask(Path(name)) if not view.interpreter.prefix.is_relative_to(name) else []
    return made


def _interpreter(interpreter: Interpreter) -> list[str]:
    if interpreter.prefix == Path("/usr"):
        return []
    shown = [*_parents(interpreter.prefix), *_same_place(interpreter.prefix)]
    real = interpreter.prefix.resolve()
    if real != interpreter.prefix:
        shown += [*_parents(real), *_same_place(real)]
    return shown + [part for path in interpreter.packages for part in _mask(path)]


def _runtimes(runtimes: tuple[Runtime, ...]) -> list[str]:
    shown = dict.fromkeys(path for runtime in runtimes for path in runtime.shown)
    return [part for path in shown for part in (*_parents(path), *_same_place(path))]


def _given(view: View) -> list[str]:
    # Only the copy may be reached later: real root's run leaves this directory behind with its
    # rights.
    shown = ["--perms", "0700", "--dir", "/given", "--ro-bind", str(view.tree), "/given/tree"]
    if view.environment is not None:
        bind = "--bind" if view.building else "--ro-bind"
        shown += [bind, str(view.environment), ENVIRONMENT]
    shown += ["--perms", "0755", "--dir", TOOLS]
    for tool in view.tools:
        shown += ["--ro-bind", str(tool), f"{TOOLS}/{tool.name}"]
    for file in view.certificates:
        shown += [*_parents(file), *_same_place(file)]
    return [*shown, "--ro-bind", str(Path(__file__).with_name("guest.py")), GUEST]


def _made_up(data: dict[str, int]) -> list[str]:
    shown = []
    for path, fd in data.items():
        shown += ["--perms", "0644", "--ro-bind-data", str(fd), path]
    return shown


def _own(view: View) -> list[str]:
    box, shared = box_bytes(view.disk_bytes)
    made = ["--proc", "/proc", "--dev", "/dev"]
    made += ["--perms", "1777", "--size", str(shared), "--tmpfs", "/dev/shm"]  # noqa: S108 (inside)
    for name in READ_ONLY_PROC:
        path = Path("/proc", name)
        made += _same_place(path) if path.exists() else []
    for name in MASKED_PROC:
        path = Path("/proc", name)
        if path.is_dir():
            made += _mask(path)
        elif path.exists():
            made += ["--ro-bind", "/dev/null", str(path)]
    made += ["--perms", "0755", "--size", str(box), "--tmpfs", BOX]
    for name in ("/var", "/run"):
        made += ["--perms", "0755", "--dir", name]
    for name in ("/tmp", "/var/tmp"):  # noqa: S108 (inside)
        made += ["--symlink", PRIVATE_TMP, name]
    return made


def _same_place(path: Path) -> list[str]:
    return ["--ro-bind", str(path), str(path)]


def _parents(path: Path) -> list[str]:
    """Make the directories on the way passable, whatever the host's own rights there are."""
    above = [parent for parent in reversed(path.parents) if parent != Path("/")]
    visible = [parent for parent in above if not parent.is_relative_to("/usr")]
    return [part for parent in visible for part in ("--perms", "0755", "--dir", str(parent))]


def _mask(path: Path) -> list[str]:
    if not path.is_dir():
        return []
    empty = ["--perms", "0755", "--size", str(MASK_BYTES), "--tmpfs", str(path)]
    return [*empty, "--remount-ro", str(path)]
