"""Who a run is to the kernel.

An ordinary person's run gets a user namespace with one user in it. Real root needs none to make
mounts. Its run must not be root even inside a namespace, for the kernel trusts root's number alone
in many places, counts its processes without a limit, and lets it own the host's files. So the run
turns into a user id of its own that nobody uses, and the system call filter keeps it from making
namespaces. Root without the rights for that runs nothing.
Sources: https://systemd.io/UIDS-GIDS/ (the unused range), man 7 capabilities.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from suture.errors import SandboxUnavailable

NEEDED = {"CHOWN": 0, "DAC_READ_SEARCH": 2, "SETGID": 6, "SETUID": 7, "SETPCAP": 8}
"""What the guest uses between its start and the moment it becomes nobody."""
SYS_ADMIN = 21
UNUSED = range(1_879_048_192, 2_147_483_647)
CONTAINED = 1_000
"""The user id inside a user namespace."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which user runs the command."""

    uid: int | None
    """Set when real root gives up its rights for this id; None for a user namespace."""

    @property
    def inside(self) -> int:
        """The user id that the command sees."""
        return CONTAINED if self.uid is None else self.uid

    def arguments(self) -> list[str]:
        """Return what bwrap must be told."""
        if self.uid is not None:
            kept = [part for name in NEEDED for part in ("--cap-add", f"CAP_{name}")]
            return ["--cap-drop", "ALL", *kept]
        number = str(CONTAINED)
        user = ["--unshare-user", "--uid", number, "--gid", number]
        return [*user, "--disable-userns", "--assert-userns-disabled", "--cap-drop", "ALL"]


def choose_identity(status: str, uid_map: str) -> Identity:
    """Choose by the contents of `/proc/self/status` and `/proc/self/uid_map`.

    An id is drawn at random, so that no two runs share one and with it their process count.

    Raises:
        SandboxUnavailable: this is a root that cannot become another user.
    """
    effective = _field(status, "CapEff", base=16)
    needed = sum(1 << number for number in (SYS_ADMIN, *NEEDED.values()))
    if _field(status, "Uid", base=10) != 0:
        return Identity(uid=None)
    ids = _unused(uid_map)
    if effective & needed != needed or not ids:
        raise SandboxUnavailable(
            "Suture runs as root without the rights that a sandbox needs. Run it as an ordinary "
            "user, or in a container with `--cap-add SYS_ADMIN` and without a user remap."
        )
    return Identity(uid=ids.start + secrets.randbelow(len(ids)))


def own_identity() -> Identity:
    """Choose for this process."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return choose_identity(status, Path("/proc/self/uid_map").read_text(encoding="ascii"))


def processes_are_counted_per_run(identity: Identity, release: str) -> bool:
    """Tell whether RLIMIT_NPROC counts this run alone: since Linux 5.14 in user namespaces."""
    if identity.uid is not None:
        return True
    major, minor = (int("".join(filter(str.isdigit, part)) or 0) for part in release.split(".")[:2])
    return (major, minor) >= (5, 14)


def kernel_release() -> str:
    """Return the kernel's version."""
    return os.uname().release


def _field(status: str, name: str, *, base: int) -> int:
    lines = [line for line in status.splitlines() if line.startswith(f"{name}:")]
    # The second number of `Uid` is the effective one; capabilities have a single number.
    numbers = lines[0].split()[1:] if lines else ["0"]
    return int(numbers[1] if len(numbers) > 1 else numbers[0], base)


def _unused(uid_map: str) -> range:
    """Return ids that are mapped here and given to nobody: in a small map its upper end."""
    spans = [tuple(int(part) for part in line.split()) for line in uid_map.splitlines()]
    mapped = [range(first, first + count) for first, _, count in spans]
    largest = max(mapped, key=lambda span: span.stop, default=range(0))
    if largest.stop >= UNUSED.stop:
        return UNUSED
    return range(max(largest.start + 1, largest.stop - 4_096), largest.stop - 1)
