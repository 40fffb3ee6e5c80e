"""No run takes more of the host than its limits say."""

from pathlib import Path

import pytest

from suture.ports.sandbox import LimitHit, SandboxLimits
from tests.sandbox.attacks import PATIENCE_SECONDS, Arena

MEGABYTE = 1 << 20


def limits(**changed: float) -> SandboxLimits:
    given = {"memory_bytes": 200 * MEGABYTE, "disk_bytes": 16 * MEGABYTE}
    return SandboxLimits.model_validate({"wall_seconds": PATIENCE_SECONDS, **given, **changed})


def test_one_process_that_takes_all_memory_is_stopped(arena: Arena) -> None:
    # The kernel refuses more than it should ever get to: whoever watches may be late for that.
    result = arena.attack(
        """
        kept = []
        while True:
            try:
                kept.append(bytearray(8 << 20))
            except MemoryError:
                pass
        """,
        limits=limits(),
    )
    assert (result.exit_code, result.limit_hit) == (None, LimitHit.MEMORY)


def test_many_processes_that_share_out_the_memory_are_stopped(arena: Arena) -> None:
    result = arena.attack(
        """
        import os, time
        for number in range(8):
            if os.fork() == 0:
                kept = os.urandom(40 << 20)
                time.sleep(600)
        time.sleep(600)
        """,
        limits=limits(),
    )
    assert (result.exit_code, result.limit_hit) == (None, LimitHit.MEMORY)


def test_memory_that_processes_share_counts_once(arena: Arena) -> None:
    result = arena.attack(
        """
        import os, time
        kept = os.urandom(60 << 20)
        children = []
        for number in range(6):
            child = os.fork()
            if child == 0:
                time.sleep(0.3)
                os._exit(0)
            children.append(child)
        print([os.waitpid(child, 0)[1] for child in children])
        """,
        limits=limits(),
    )
    assert result.stdout == "[0, 0, 0, 0, 0, 0]\n"


@pytest.mark.parametrize("place", ["/tmp", "/sandbox/tree", "/sandbox/home", "/var/tmp"])
def test_filling_a_disk_is_stopped(arena: Arena, place: str) -> None:
    result = arena.shell(f"cd {place} && head -c 100M /dev/zero > big; sleep 600", limits())
    assert (result.exit_code, result.limit_hit) == (None, LimitHit.DISK)


def test_a_disk_that_was_full_at_the_end_is_told(arena: Arena) -> None:
    result = arena.shell("head -c 100M /dev/zero > big; true", limits())
    assert result.limit_hit is LimitHit.DISK


def test_shared_memory_is_bounded_apart(arena: Arena) -> None:
    result = arena.shell("head -c 100M /dev/zero > /dev/shm/big", limits())
    assert result.exit_code == 1
    assert "No space left" in result.stderr


def test_very_many_small_files_are_stopped(arena: Arena) -> None:
    result = arena.attack(
        "number = 0\nwhile True:\n    open(f'/tmp/{number}', 'w').close()\n    number += 1",
        limits=limits(),
    )
    assert (result.exit_code, result.limit_hit) == (None, LimitHit.DISK)


def test_a_tree_that_is_too_large_is_told_as_such(arena: Arena) -> None:
    (arena.tree / "big").write_bytes(b"x" * (20 * MEGABYTE))
    result = arena.shell("echo ran", limits())
    assert (result.exit_code, result.limit_hit, result.stdout) == (None, LimitHit.DISK, "")


def test_a_huge_sparse_file_is_refused(arena: Arena) -> None:
    result = arena.attack(
        """
        import os
        try:
            os.truncate(os.open("sparse", os.O_CREAT | os.O_WRONLY), 1 << 40)
        except OSError as error:
            print(error.errno)
        """,
        limits=limits(),
    )
    assert result.exit_code != 0 or result.stdout == "27\n"


def test_a_busy_loop_ends_at_its_processor_time(arena: Arena) -> None:
    result = arena.attack("import os\nos.fork()\nwhile True: pass", limits=limits(cpu_seconds=1))
    assert (result.exit_code, result.limit_hit) == (None, LimitHit.TIME)
    assert result.seconds < PATIENCE_SECONDS


def test_a_run_that_waits_for_ever_ends_at_its_time(arena: Arena) -> None:
    result = arena.shell("sleep 600", limits(wall_seconds=0.4))
    assert (result.exit_code, result.limit_hit) == (None, LimitHit.TIME)


def test_of_a_flood_of_output_the_end_is_kept(arena: Arena) -> None:
    result = arena.shell(
        "head -c 30M /dev/zero; printf end; head -c 30M /dev/zero >&2; printf fin >&2",
        limits(output_bytes=1_000),
    )
    assert result.exit_code == 0
    assert (len(result.stdout), result.stdout[-3:]) == (1_000, "end")
    assert (len(result.stderr), result.stderr[-3:]) == (1_000, "fin")


def test_an_endless_flood_ends_at_its_time(arena: Arena) -> None:
    assert arena.shell("yes", limits(wall_seconds=2.0)).limit_hit is LimitHit.TIME
    # In two seconds a busy machine may not even begin; of processor time the flood takes its own.
    result = arena.shell("yes", limits(cpu_seconds=2, output_bytes=10))
    assert (result.limit_hit, result.stdout) == (LimitHit.TIME, "y\n" * 5)


def test_of_a_collected_file_the_end_is_kept(arena: Arena) -> None:
    result = arena.attack(
        "open('long', 'w').write('x' * 5_000_000 + 'end')",
        collect=("long",),
        limits=limits(output_bytes=10),
    )
    assert result.files == {"long": "xxxxxxxend"}


def test_open_files_and_core_dumps_are_bounded(arena: Arena) -> None:
    result = arena.attack(
        """
        import resource
        print(resource.getrlimit(resource.RLIMIT_NOFILE)[1], resource.getrlimit(resource.RLIMIT_CORE)[1])
        """  # noqa: E501
    )
    assert result.stdout == "1024 0\n"


def test_the_host_keeps_nothing_of_a_run(arena: Arena, tmp_path: Path) -> None:
    def everything() -> list[Path]:
        return sorted(path for path in tmp_path.rglob("*") if path.name != "__pycache__")

    before = everything()
    arena.shell("echo x > /tmp/x; echo y > y; echo z > ~/z")
    assert everything() == before
