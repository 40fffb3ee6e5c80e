"""What the sandbox works out about its host, from given facts."""

import platform
import struct
from pathlib import Path

import pytest

from integrations.bubblewrap.identity import (
    UNUSED,
    Identity,
    choose_identity,
    kernel_release,
    processes_are_counted_per_run,
)
from integrations.bubblewrap.readiness import (
    FILTERED,
    IN_CONTAINER,
    MASKED,
    PROFILED,
    SWITCHED_OFF,
    advice,
    missing,
)
from integrations.bubblewrap.seccomp import MACHINES, RETURN, filter_program
from suture.errors import SandboxUnavailable

ALL = "CapEff:\t000001ffffffffff\n"
NONE = "CapEff:\t0000000000000000\n"
ROOT, PERSON = "Uid:\t0\t0\t0\t0\n", "Uid:\t1000\t1000\t1000\t1000\n"
WHOLE_MAP = "         0          0 4294967295\n"


def test_an_ordinary_person_gets_a_user_namespace() -> None:
    identity = choose_identity(PERSON + NONE, WHOLE_MAP)
    assert identity == Identity(uid=None)
    assert "--disable-userns" in identity.arguments()
    assert identity.inside == 1_000


def test_real_root_gets_an_id_that_nobody_uses_and_never_the_same() -> None:
    drawn = [choose_identity(ROOT + ALL, WHOLE_MAP) for _ in range(20)]
    assert all(identity.uid in UNUSED for identity in drawn)
    assert len({identity.uid for identity in drawn}) == 20
    assert "--unshare-user" not in drawn[0].arguments()
    assert drawn[0].inside == drawn[0].uid


def test_root_of_a_small_container_takes_an_id_that_is_mapped() -> None:
    identity = choose_identity(ROOT + ALL, "0 1000 1\n1 100000 65536\n")
    assert identity.uid is not None
    assert 61_000 < identity.uid < 65_536


@pytest.mark.parametrize(
    ("status", "uid_map"),
    [(ROOT + NONE, WHOLE_MAP), (ROOT, WHOLE_MAP), (ROOT + ALL, "0 1000 1\n"), (ROOT + ALL, "")],
)
def test_root_that_cannot_become_somebody_else_runs_nothing(status: str, uid_map: str) -> None:
    with pytest.raises(SandboxUnavailable, match="root without the rights"):
        choose_identity(status, uid_map)


def test_processes_are_counted_per_namespace_since_linux_5_14() -> None:
    person, root = Identity(uid=None), Identity(uid=UNUSED.start)
    assert not processes_are_counted_per_run(person, "5.10.0-21-amd64")
    assert processes_are_counted_per_run(person, "5.14.0")
    assert processes_are_counted_per_run(person, "6.1-rc3")
    assert processes_are_counted_per_run(root, "4.18.0")
    assert kernel_release() == platform.release()


def test_it_says_what_is_missing() -> None:
    bwrap = Path("/usr/bin/bwrap")
    assert missing(bwrap, "Linux", "x86_64") == ""
    assert "Install" in missing(None, "Linux", "x86_64")
    assert "needs Linux" in missing(bwrap, "Darwin", "arm64")
    assert "riscv64" in missing(bwrap, "Linux", "riscv64")


def test_it_says_which_setting_of_the_kernel_is_in_the_way(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert advice(tmp_path, nowhere) == IN_CONTAINER
    setting = tmp_path / "user" / "max_user_namespaces"
    setting.parent.mkdir()
    setting.write_text("0\n", encoding="ascii")
    assert advice(tmp_path, nowhere) == SWITCHED_OFF
    setting.write_text("9000\n", encoding="ascii")
    assert advice(tmp_path, nowhere) == IN_CONTAINER


DOCKER = """\
1055 1054 0:62 / / rw,relatime master:306 - overlay overlay rw,lowerdir=/var
1056 1055 0:65 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
1072 1056 0:65 /bus /proc/bus ro,nosuid,nodev,noexec,relatime - proc proc rw
1080 1056 0:71 / /proc/acpi ro,relatime - tmpfs tmpfs ro
"""


def test_it_says_what_a_container_has_put_on_it(tmp_path: Path) -> None:
    (tmp_path / "attr").mkdir()
    status, profile = tmp_path / "status", tmp_path / "attr" / "current"
    mounts = tmp_path / "mountinfo"
    status.write_text("NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n", encoding="ascii")
    assert advice(tmp_path, tmp_path) == FILTERED
    profile.write_text("docker-default (enforce)\n", encoding="ascii")
    mounts.write_text(DOCKER, encoding="ascii")
    assert advice(tmp_path, tmp_path) == f"{FILTERED} {PROFILED} {MASKED}"
    status.write_text("NoNewPrivs:\t1\nSeccomp:\t0\n", encoding="ascii")
    profile.write_text("unconfined\n", encoding="ascii")
    host = "45 31 0:38 / /proc/sys/fs/binfmt_misc rw,relatime - autofs systemd-1 rw"
    mounts.write_text(f"short\n{host}\n", encoding="ascii")
    assert advice(tmp_path, tmp_path) == IN_CONTAINER


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_the_filter_is_a_program_that_always_returns(machine: str) -> None:
    program = filter_program(machine)
    steps = list(struct.iter_unpack("=HBBI", program))
    assert steps[-1][0] == RETURN
    assert len(steps) < 4_096
    for place, (_, if_true, if_false, _) in enumerate(steps):
        assert place + 1 + max(if_true, if_false) < len(steps) or steps[place][0] == RETURN


def test_an_unknown_machine_has_no_filter() -> None:
    with pytest.raises(KeyError):
        filter_program("riscv64")
