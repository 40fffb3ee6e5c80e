"""Lets the incidents under `evals/incidents` happen, and judges what is done about them.

`evals/incidents/README.md` describes the format. What is captured is a real event, traceback or
CI log of the case's repository.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from evals.case import Language
from evals.seeded import (
    DEPLOYED_ROOT,
    TIMEOUT_SECONDS,
    AlertForm,
    BuiltCase,
    SeededCase,
    git,
    list_cases,
    load_case,
)

CAPTURE = Path(__file__).with_name("capture.py")


def captured_cases(*, fixable: bool | None = None) -> tuple[str, ...]:
    """Return the Python cases whose failure is made to happen here, as `capture_event` does."""
    cases = [load_case(name) for name in list_cases(fixable=fixable, language=Language.PYTHON)]
    return tuple(
        case.name
        for case in cases
        # What a monitor saw from outside is written down, as what happens elsewhere is.
        if case.alert is not AlertForm.ALERTMANAGER and not (case.folder / "trigger").is_dir()
    )


def capture_event(built: BuiltCase) -> dict[str, Any] | str:
    """Let the failure happen and return what would arrive: an event, or text."""
    case = built.case
    if case.alert is AlertForm.LOG:
        return (case.folder / "alert.txt").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        if (case.folder / "inputs").is_dir():
            shutil.copytree(case.folder / "inputs", scratch, dirs_exist_ok=True)
        text = _deployed(_fire(built, Path(scratch)), built, scratch)
    if case.alert is AlertForm.SENTRY:
        event: dict[str, Any] = json.loads(text)
        return event
    return _as_hosted_runner(text, case) if case.github_log else text


def run_suite(built: BuiltCase, tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the project's own suite in a tree."""
    return _run(shlex.split(built.case.test_command), tree, _import_path(built.case, tree))


def patched_tree(built: BuiltCase, patch: Path, into: Path) -> Path:
    """Copy the head's tree without its history and apply a patch to it."""
    shutil.copytree(built.path, into, ignore=shutil.ignore_patterns(".git", "__pycache__"))
    git(into.resolve(), "apply", str(patch))
    return into


def judge(built: BuiltCase, tree: Path) -> bool:
    """Whether the tree passes the hidden tests: is the fault really gone, and nothing else?

    Raises:
        LookupError: the case is a decoy, so that no patch is right.
    """
    if not built.case.fixable:
        raise LookupError(f"{built.case.name} is not to be fixed")
    with tempfile.TemporaryDirectory() as scratch:
        tests = Path(scratch) / "judge"
        shutil.copytree(built.case.folder / "judge", tests)
        (tests / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        command = ["python", "-m", "pytest", "-q", "-c", "pytest.ini", "."]
        try:
            ran = _run(command, tests, _import_path(built.case, tree.resolve()))
        except subprocess.TimeoutExpired:
            return False
    return ran.returncode == 0


def _fire(built: BuiltCase, scratch: Path) -> str:
    case = built.case
    environment = {**_import_path(case, built.path), **case.environment}
    if case.alert is AlertForm.CI_LOG:
        ran = _run(shlex.split(case.run or case.test_command), built.path, environment)
        return ran.stdout + ran.stderr
    if case.alert is AlertForm.TRACEBACK:
        return _run(shlex.split(case.run), scratch, environment).stderr
    trigger = case.folder / "trigger.py"
    arguments = [str(trigger), str(built.path.resolve()), case.name, built.head_sha]
    ran = _run(["python", str(CAPTURE), *arguments], scratch, environment)
    if ran.returncode:
        raise RuntimeError(f"{case.name} did not fail as it should: {ran.stderr[-2000:]}")
    return ran.stdout


def _deployed(text: str, built: BuiltCase, scratch: str) -> str:
    places = {
        str(built.path.resolve()): DEPLOYED_ROOT,
        str(built.path): DEPLOYED_ROOT,
        str(built.case.folder): "/usr/local/lib/python3",
        str(Path(scratch).resolve()): "/var/lib/" + built.case.name,
        scratch: "/var/lib/" + built.case.name,
    }
    for real, deployed in places.items():
        text = text.replace(real, deployed)
    return text


def _as_hosted_runner(text: str, case: SeededCase) -> str:
    lines = [
        "##[group]Run " + (case.run or case.test_command),
        case.run or case.test_command,
        "shell: /usr/bin/bash -e {0}",
        "##[endgroup]",
        *text.splitlines(),
        "##[error]Process completed with exit code 1.",
    ]
    stamped = (
        f"2026-05-04T08:31:{7 + number // 40:02d}.{number * 131 % 10_000_000:07d}Z {line}"
        for number, line in enumerate(lines)
    )
    return "\n".join(stamped) + "\n"


def _import_path(case: SeededCase, tree: Path) -> dict[str, str]:
    places = [tree / case.source_root if case.source_root else tree]
    if (case.folder / "site-packages").is_dir():
        places.append(case.folder / "site-packages")
    return {"PYTHONPATH": os.pathsep.join(str(place.resolve()) for place in places)}


def _run(
    command: list[str], directory: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable if word == "python" else word for word in command]
    return subprocess.run(
        arguments,
        cwd=directory,
        env={**_clean_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def _clean_environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "PYTHON_COLORS": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
    }
