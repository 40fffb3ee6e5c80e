"""The guest's own steps, outside the sandbox where they can be looked at closely."""

import base64
import json
import multiprocessing
import os
import resource
from pathlib import Path
from typing import Any

import pytest

from integrations.bubblewrap import guest, making
from integrations.bubblewrap.guest import Refused

LIMITS = {
    "cpu_seconds": 60,
    "disk_bytes": 1 << 30,
    "memory_bytes": 1 << 30,
    "processes": 500_000,
    "count_tasks": True,
}


def specification(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    given = {
        "argv": ["/bin/sh", "-c", "echo new > made; exit 4"],
        "collect": ["made", "absent"],
        "directory": "",
        "files": {"laid/x": "1"},
        "output_bytes": 100,
        "uid": None,
        "variables": {"PATH": "/usr/bin:/bin"},
    }
    return {**LIMITS, **given, **changed}


def perform(given: Path, box: Path, spec: dict[str, Any]) -> None:
    """Be the guest, in a process of its own because a guest gives up its rights for good."""
    guest.GIVEN, guest.BOX = given, box
    place = box.with_name("spec.json")
    place.write_text(json.dumps(spec), encoding="utf-8")
    reading = os.open(place, os.O_RDONLY)
    report = os.open(box.with_name("report"), os.O_WRONLY | os.O_CREAT)
    guest.main(reading, report)


def told(tmp_path: Path, spec: dict[str, Any]) -> list[dict[str, Any]]:
    given, box = tmp_path / "given", tmp_path / "box"
    given.mkdir(exist_ok=True)
    box.mkdir()
    run_apart(perform, given, box, spec)
    text = (tmp_path / "report").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def run_apart(work: Any, *arguments: Any) -> None:  # noqa: ANN401 (any function)
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 0


def test_it_tells_how_the_command_ended_and_what_it_wrote(tmp_path: Path) -> None:
    ready, ended = told(tmp_path, specification())
    assert ready == {"ready": True}
    assert (ended["exit"], ended["full"]) == (4, False)
    assert {name: base64.b64decode(text) for name, text in ended["files"].items()} == {
        "made": b"new\n"
    }
    assert (tmp_path / "box" / "tree" / "laid" / "x").read_text(encoding="utf-8") == "1"


def test_it_refuses_what_a_link_leads_out(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "laid").symlink_to(tmp_path)
    _, refused = told(tmp_path, specification())
    assert refused == {"refused": "laid leads out of the tree"}
    assert not (tmp_path / "x").exists()


def test_it_tells_when_files_do_not_fit(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "laid").write_text("a file", encoding="utf-8")
    _, failed = told(tmp_path, specification())
    assert failed["full"] is False
    assert "laid" in failed["failed"]


def limits_of_this_process(place: Path) -> None:
    guest.confine(specification())
    found = [resource.getrlimit(which)[1] for which in (resource.RLIMIT_CPU, resource.RLIMIT_NPROC)]
    place.write_text(json.dumps([*found, os.nice(0)]), encoding="utf-8")


def test_limits_are_set_for_good(tmp_path: Path) -> None:
    run_apart(limits_of_this_process, tmp_path / "limits")
    cpu, processes, niceness = json.loads((tmp_path / "limits").read_text(encoding="utf-8"))
    assert cpu == 61
    assert 0 < processes <= 1_000_064
    assert niceness >= guest.NICENESS


def test_a_copy_keeps_links_and_leaves_out_what_is_no_file(tmp_path: Path) -> None:
    given, box = tmp_path / "given", tmp_path / "box"
    (given / "deep").mkdir(parents=True)
    (given / "deep" / "program").write_text("x", encoding="utf-8")
    (given / "deep" / "program").chmod(0o6711)
    (given / "link").symlink_to("/etc/passwd")
    os.mkfifo(given / "pipe")
    box.mkdir()
    guest.furnish(box / "tree", given, os.getuid())
    copied = {str(path.relative_to(box / "tree")) for path in (box / "tree").rglob("*")}
    assert copied == {"deep", "deep/program", "link"}
    assert (box / "tree" / "link").is_symlink()
    assert (box / "tree" / "deep" / "program").stat().st_mode & 0o7777 == 0o755


def test_collecting_follows_no_link_and_opens_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("0123456789", encoding="utf-8")
    (tmp_path / "alias").symlink_to("folder")
    (tmp_path / "linked").symlink_to("folder/file")
    os.mkfifo(tmp_path / "pipe")
    names = ("folder/file", "alias/file", "linked", "pipe", "folder", "absent")
    found = guest.collected(names, tmp_path, 4)
    assert {name: base64.b64decode(text) for name, text in found.items()} == {
        "folder/file": b"6789"
    }


def test_places_outside_are_refused(tmp_path: Path) -> None:
    (tmp_path / "up").symlink_to("..")
    assert guest.within(tmp_path, "a/b") == tmp_path / "a" / "b"
    with pytest.raises(Refused):
        guest.within(tmp_path, "up/elsewhere")


@pytest.mark.parametrize("with_pip", [True, False])
def test_an_environment_is_made_with_packages_and_paths(tmp_path: Path, *, with_pip: bool) -> None:
    packages = tmp_path / "packages" / "wares"
    packages.mkdir(parents=True)
    (packages / "__init__.py").write_text("", encoding="utf-8")
    environment = tmp_path / "env"
    making.main(environment, with_pip=with_pip, packages=packages.parent, source=["/a", "/b"])
    (site,) = (environment / "lib").glob("python*/site-packages")
    assert (site / "wares" / "__init__.py").is_file()
    assert (site / making.PATHS_FILE).read_text(encoding="utf-8") == "/a\n/b\n"
    assert (site / "pip").is_dir() is with_pip
    head = (environment / "bin" / "pytest").read_text(encoding="utf-8").splitlines()[0]
    assert head == f"#!{environment}/bin/python"
