"""Everything that one run inherits: its specification, its filter, its pipe for the report."""

import contextlib
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from integrations.bubblewrap.arguments import (
    ENVIRONMENT,
    GUEST,
    HOSTS,
    NSSWITCH,
    View,
    arguments,
    box_bytes,
)
from integrations.bubblewrap.identity import kernel_release, processes_are_counted_per_run
from integrations.bubblewrap.limits import disk_guard
from integrations.bubblewrap.seccomp import filter_program
from integrations.bubblewrap.watch import Launch
from suture.ports.sandbox import SandboxJob

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def variables(job: SandboxJob, view: View) -> dict[str, str]:
    """Return the whole environment of the command: a fixed few, then the job's own."""
    languages = (str(runtime.programs) for runtime in view.runtimes)
    others = [place for place in dict.fromkeys(languages) if place not in SYSTEM_PATH.split(":")]
    path = ":".join([str(view.interpreter.executable.parent), *others, SYSTEM_PATH])
    fixed = {
        "HOME": "/sandbox/home",
        "LANG": "C.UTF-8",
        "LOGNAME": "sandbox",
        "PATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "SHELL": "/bin/sh",
        "TERM": "dumb",
        "TMPDIR": "/tmp",  # noqa: S108 (inside)
        "TZ": "UTC",
        "USER": "sandbox",
    }
    if view.environment is not None:
        fixed |= {"VIRTUAL_ENV": ENVIRONMENT, "PATH": f"{ENVIRONMENT}/bin:{path}"}
    return fixed | job.variables


def specification(job: SandboxJob, view: View) -> bytes:
    """Return what the guest is told."""
    limits = job.limits
    spec = {
        "argv": job.argv,
        "collect": job.collect,
        "count_tasks": processes_are_counted_per_run(view.identity, kernel_release()),
        "cpu_seconds": limits.cpu_seconds,
        "directory": job.directory,
        "disk_bytes": box_bytes(limits.disk_bytes)[0],
        "files": job.files,
        "memory_bytes": limits.memory_bytes,
        "output_bytes": limits.output_bytes,
        "processes": limits.processes,
        "uid": view.identity.uid,
        "variables": variables(job, view),
    }
    return json.dumps(spec).encode("utf-8")


@contextlib.contextmanager
def plumbed(bwrap: Path, view: View, job: SandboxJob) -> Iterator[Launch]:
    """Lay everything that a run inherits, and close it on the host afterwards."""
    with contextlib.ExitStack() as kept:

        def content(data: bytes) -> int:
            fd = os.memfd_create("suture", os.MFD_CLOEXEC)
            kept.callback(os.close, fd)
            os.pwrite(fd, data, 0)
            return fd

        reading, writing = os.pipe()
        report = kept.enter_context(os.fdopen(reading, "rb", buffering=0))
        report_writer = kept.enter_context(os.fdopen(writing, "wb", buffering=0))
        data = {name: content(text) for name, text in system_files(view).items()}
        spec = content(specification(job, view))
        seccomp = content(filter_program(platform.machine()))
        python = str(view.interpreter.executable)
        command = [
            *(str(bwrap), *arguments(view, data), "--seccomp", str(seccomp), "--"),
            *(python, "-I", "-S", "-B", GUEST, str(spec), str(writing)),
        ]
        yield Launch(
            command=command,
            descriptors=(*data.values(), spec, seccomp, writing),
            report=report,
            report_writer=report_writer,
            collected_bytes=len(job.collect) * job.limits.output_bytes,
            host_disk_left=disk_guard(view.environment)
            if view.building and view.environment
            else None,
        )


def system_files(view: View) -> dict[str, bytes]:
    """Return the few system files that are made up for a run."""
    number = view.identity.inside
    made = {
        "/etc/passwd": f"sandbox:x:{number}:{number}::/sandbox/home:/bin/sh\n".encode(),
        "/etc/group": f"sandbox:x:{number}:\n".encode(),
        "/etc/nsswitch.conf": NSSWITCH,
    }
    return made if view.network else made | {"/etc/hosts": HOSTS}
