"""The system calls that no run may make, as a classic BPF program for `bwrap --seccomp`.

Namespaces hide files, processes and networks. This filter closes what they leave open: kernel
interfaces that know no namespaces (keyrings, vsock, kernel crypto sockets, io_uring), memory
that no process is charged for (memfd, large System V segments), and new namespaces.
Sources: https://docs.kernel.org/userspace-api/seccomp_filter.html, linux/bpf_common.h.
"""

import errno
import struct
from dataclasses import dataclass

LOAD, EQUAL, GREATER, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
ALLOW, DENY, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24
HIGH_HALF = 4
NEW_NAMESPACES = 0x7E020000
"""Every CLONE_NEW... flag that `clone` takes."""
TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX type into a terminal."""
FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: those that network namespaces contain."""
LARGEST_SEGMENT = 64 << 10
"""Of System V shared memory: enough for PostgreSQL's interlock."""
X32_BIT = 0x40000000
X86_64 = "x86_64"

FORBIDDEN = {
    # Each name with its number on x86-64 and on arm64.
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "migrate_pages": (256, 238),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}
MISSING = {
    # As if the kernel were too old for them: callers have a way round.
    "clone3": (435, 435),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
}


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What differs between processors."""

    architecture: int
    """The kernel's AUDIT_ARCH number."""
    column: int
    clone: int
    ioctl: int
    shmget: int
    socket: int
    socketpair: int


MACHINES = {
    X86_64: Machine(
        architecture=0xC000003E, column=0, clone=56, ioctl=16, shmget=29, socket=41, socketpair=53
    ),
    "aarch64": Machine(
        architecture=0xC00000B7,
        column=1,
        clone=220,
        ioctl=29,
        shmget=194,
        socket=198,
        socketpair=199,
    ),
}


def instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Encode one `struct sock_filter`; the jumps count instructions to skip."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def deny(error: int) -> bytes:
    """Answer the call with this error number."""
    return instruction(RETURN, DENY | error)


def filter_program(machine: str) -> bytes:
    """Return the filter for a machine as `platform.machine()` names it.

    Raises:
        KeyError: no filter is known for this machine.
    """
    known = MACHINES[machine]
    steps = [
        instruction(LOAD, ARCHITECTURE),
        instruction(EQUAL, known.architecture, if_true=1),
        instruction(RETURN, KILL),
        instruction(LOAD, NUMBER),
    ]
    if machine == X86_64:
        steps += [instruction(AT_LEAST, X32_BIT, if_false=1), deny(errno.ENOSYS)]
    for calls, error in ((FORBIDDEN, errno.EPERM), (MISSING, errno.ENOSYS)):
        numbers = [numbers[known.column] for numbers in calls.values()]
        for number in numbers:
            if number is not None:
                steps += [instruction(EQUAL, number, if_false=1), deny(error)]
    for number, body in _inspected(known):
        steps += [instruction(EQUAL, number, if_false=len(body)), *body]
    steps.append(instruction(RETURN, ALLOW))
    return b"".join(steps)


def _inspected(machine: Machine) -> list[tuple[int, list[bytes]]]:
    """Return the calls whose arguments decide, each with a body that always returns."""
    allow = instruction(RETURN, ALLOW)
    namespaces = [
        instruction(LOAD, FIRST_ARGUMENT),
        instruction(ANY_BIT, NEW_NAMESPACES, if_false=1),
        deny(errno.EPERM),
        allow,
    ]
    terminal = [instruction(LOAD, SECOND_ARGUMENT)]
    for request in TERMINAL_INPUT:
        terminal += [instruction(EQUAL, request, if_false=1), deny(errno.EPERM)]
    segment = [
        instruction(LOAD, SECOND_ARGUMENT + HIGH_HALF),
        instruction(EQUAL, 0, if_true=1),
        deny(errno.ENOMEM),
        instruction(LOAD, SECOND_ARGUMENT),
        instruction(GREATER, LARGEST_SEGMENT, if_false=1),
        deny(errno.ENOMEM),
        allow,
    ]
    family = [instruction(LOAD, FIRST_ARGUMENT)]
    for number in FAMILIES:
        family += [instruction(EQUAL, number, if_false=1), allow]
    family.append(deny(errno.EAFNOSUPPORT))
    return [
        (machine.clone, namespaces),
        (machine.ioctl, [*terminal, allow]),
        (machine.shmget, segment),
        (machine.socket, family),
        (machine.socketpair, family),
    ]
