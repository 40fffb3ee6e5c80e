"""What a run gets and gives back."""

import stat
from pathlib import Path

import pytest

from integrations.bubblewrap.sandbox import BubblewrapSandbox, find, find_bwrap, is_program
from suture.errors import InvalidInput, SandboxUnavailable
from suture.ports.sandbox import SandboxJob
from tests.sandbox.attacks import Arena, nothing


def test_exit_codes_and_signals_are_told(arena: Arena) -> None:
    assert arena.shell("exit 3").exit_code == 3
    assert arena.shell("kill -TERM $$").exit_code == 143


def test_a_command_that_does_not_exist_is_told(arena: Arena) -> None:
    job = SandboxJob(tree=arena.tree, argv=("no-such-command",))
    result = arena.sandbox.run(job, nothing)
    assert (result.exit_code, result.stderr) == (
        127,
        "no-such-command: No such file or directory\n",
    )


def test_a_file_that_cannot_be_executed_is_told(arena: Arena) -> None:
    job = SandboxJob(tree=arena.tree, argv=("./kept.txt",))
    assert arena.sandbox.run(job, nothing).exit_code == 126


def test_a_directory_that_does_not_exist_is_told(arena: Arena) -> None:
    job = SandboxJob(tree=arena.tree, argv=("true",), directory="absent")
    result = arena.sandbox.run(job, nothing)
    assert result.exit_code == 127
    assert "/sandbox/tree/absent: No such file" in result.stderr


def test_the_job_runs_in_its_directory_with_its_files_and_variables(arena: Arena) -> None:
    (arena.tree / "service").mkdir()
    job = SandboxJob(
        tree=arena.tree,
        directory="service",
        files={"service/new/a.txt": "grüße\r\n", "kept.txt": "over"},
        variables={"GREETING": "hello there", "HOME": "/sandbox/tree"},
        argv=("sh", "-c", "pwd; echo $GREETING; echo ~; cat new/a.txt ../kept.txt"),
        collect=("service/new/a.txt", "service/absent"),
    )
    result = arena.sandbox.run(job, nothing)
    assert result.stdout.encode() == (
        "/sandbox/tree/service\nhello there\n/sandbox/tree\ngrüße\r\nover".encode()
    )
    assert result.files == {"service/new/a.txt": "grüße\r\n"}


def test_undecodable_output_is_replaced(arena: Arena) -> None:
    result = arena.shell("printf 'a\\377b'; printf 'c\\377' > f")
    assert result.stdout == "a\ufffdb"


def test_links_within_the_tree_and_executable_files_work(arena: Arena) -> None:
    script = arena.tree / "script"
    script.write_text("#!/bin/sh\necho ran", encoding="utf-8")
    script.chmod(0o4700)
    (arena.tree / "link").symlink_to("script")
    result = arena.shell("./link; stat -c %a script kept.txt")
    assert result.stdout == "ran\n755\n644\n"


def test_a_linked_directory_within_the_tree_can_be_laid_through(arena: Arena) -> None:
    (arena.tree / "real").mkdir()
    (arena.tree / "alias").symlink_to("real")
    job = SandboxJob(tree=arena.tree, files={"alias/f": "x"}, argv=("cat", "real/f"))
    assert arena.sandbox.run(job, nothing).stdout == "x"


def test_files_that_do_not_fit_the_tree_are_refused(arena: Arena) -> None:
    job = SandboxJob(tree=arena.tree, files={"kept.txt/below": "x"}, argv=("true",))
    with pytest.raises(InvalidInput, match="cannot be laid out"):
        arena.sandbox.run(job, nothing)


@pytest.mark.parametrize(
    "changes",
    [
        {"variables": {"A=B": "c"}},
        {"variables": {"": "c"}},
        {"variables": {"A": "b\0c"}},
        {"argv": ("echo", "a\0b")},
    ],
)
def test_commands_and_variables_that_no_system_takes_are_refused(
    arena: Arena, changes: dict[str, object]
) -> None:
    job = SandboxJob.model_validate({"tree": arena.tree, "argv": ("true",), **changes})
    with pytest.raises(InvalidInput):
        arena.sandbox.run(job, nothing)


def test_the_probe_names_the_versions(arena: Arena) -> None:
    assert arena.sandbox.probe().startswith("bubblewrap 0.")


def test_only_a_probe_that_ran_something_is_remembered(arena: Arena, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    sandbox = BubblewrapSandbox(tmp_path / "root", bwrap=broken)
    with pytest.raises(SandboxUnavailable):
        sandbox.probe()
    found = find_bwrap()
    assert found is not None
    broken.symlink_to(found)
    probed = sandbox.probe()
    broken.unlink()
    assert sandbox.probe() == probed
    with pytest.raises(SandboxUnavailable):
        sandbox.run(SandboxJob(tree=arena.tree, argv=("true",)), nothing)


def test_without_a_working_bwrap_nothing_runs(arena: Arena, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho no namespaces >&2; exit 1\n", encoding="utf-8")
    sandbox = BubblewrapSandbox(tmp_path / "root", bwrap=broken)
    with pytest.raises(SandboxUnavailable, match="Permission denied"):
        sandbox.probe()
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(SandboxUnavailable, match="no namespaces"):
        sandbox.run(SandboxJob(tree=arena.tree, argv=("true",)), nothing)


def test_a_probe_whose_command_fails_says_so(arena: Arena, tmp_path: Path) -> None:
    pretending = tmp_path / "bwrap"
    # The last argument is the descriptor of the report.
    pretending.write_text(
        "#!/bin/sh\nfor last; do :; done\necho '{\"ready\": true}' > /proc/self/fd/$last\nexit 7\n",
        encoding="utf-8",
    )
    pretending.chmod(0o755)
    sandbox = BubblewrapSandbox(tmp_path / "root", bwrap=pretending)
    with pytest.raises(SandboxUnavailable, match="trivial command failed"):
        sandbox.probe()
    assert sandbox.run(SandboxJob(tree=arena.tree, argv=("true",)), nothing).exit_code == 7


def test_programs_are_found_but_not_the_scripts_of_version_switchers(tmp_path: Path) -> None:
    script = tmp_path / "uv"
    script.write_text("#!/bin/sh\n", encoding="utf-8")
    assert not is_program(script)
    assert not is_program(tmp_path / "absent")
    found = find("ls")
    assert found is not None
    assert is_program(found)
    assert find("no-such-program-anywhere") is None
    assert find_bwrap() is not None
