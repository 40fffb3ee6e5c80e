"""The corpus of incidents under `tests/repositories`: loads, builds, fires and judges them.

`tests/repositories/README.md` describes the format. A case is data; what is built from it is a
real git repository, and what is captured from that is a real event, traceback or CI log.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from suture.domain.resolution import ResolutionKind
from suture.domain.value import CommitSha, Slug, Value

CASES = Path(__file__).parent.parent / "repositories"
CAPTURE = Path(__file__).with_name("capture.py")
DEPLOYED_ROOT = "/app"
"""Where production believes the repository lies: events name this path, not the checkout's."""
TIMEOUT_SECONDS = 60
FIRST_COMMIT = {
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@shop.example",
    "GIT_AUTHOR_DATE": "2026-03-02T09:00:00+00:00",
    "GIT_COMMITTER_DATE": "2026-03-02T09:00:00+00:00",
}


class AlertForm(StrEnum):
    """What `capture_event` returns for a case."""

    SENTRY = "sentry"
    """A dict: the event as sentry-sdk would have sent it."""
    TRACEBACK = "traceback"
    """What the interpreter printed when the program died."""
    CI_LOG = "ci_log"
    """The log of the red test run on the head."""
    LOG = "log"
    """A committed text from outside the process, such as the kernel's."""


class RootCause(Value):
    """Where the fault was made. Suture never sees this."""

    path: str
    function: str
    """Qualified name; empty for module level."""
    commit: int = Field(ge=1)
    """Number of the commit that brought it in; 1 is the first."""
    crash_elsewhere: bool = False
    """The exception is raised in another function than the one at fault."""


class Case(Value):
    """One incident with what an honest answer to it looks like."""

    name: Slug
    folder: Path
    description: str
    fixable: bool
    alert: AlertForm
    repository: str = ""
    """Name of a folder with `base/` and `commits/` shared by several cases; empty: its own."""
    source_root: str = ""
    """Directory that production has on its import path."""
    test_command: str = "python -m pytest -q"
    first_message: str = "Start the project"
    run: str = ""
    """Command of the program that dies, or of the CI job; empty: `trigger.py` or the suite."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Environment in production, for the trigger only."""
    github_log: bool = False
    """Write the CI log the way a hosted runner stores it, with times and groups."""
    exception: str = ""
    """Type that the alert names; empty where there is none."""
    red_suite: bool = False
    """The project's own suite fails on the head."""
    wanted: tuple[ResolutionKind, ...]
    """What a good answer is."""
    tolerated: tuple[ResolutionKind, ...] = ()
    """What an honest answer may be where a good one is beyond the means."""
    root_cause: RootCause | None = None
    tags: dict[str, int] = Field(default_factory=dict)
    """Release tag -> number of the commit it is on."""

    @property
    def source(self) -> Path:
        """The folder that holds `base/` and `commits/`."""
        return CASES / self.repository if self.repository else self.folder

    @property
    def reference(self) -> Path:
        """The fix that the judge accepts; only fixable cases have one."""
        return self.folder / "reference.patch"

    @property
    def hiding(self) -> Path:
        """A patch that only makes the error go away; not every case has one."""
        return self.folder / "hiding.patch"


class BuiltCase(Value):
    """A case as a git repository with a work tree on `main`."""

    case: Case
    path: Path
    commits: tuple[CommitSha, ...]
    """Oldest first."""

    @property
    def head_sha(self) -> CommitSha:
        """What production runs."""
        return self.commits[-1]

    @property
    def guilty_sha(self) -> CommitSha | None:
        """The commit that brought the fault in, if code is at fault."""
        cause = self.case.root_cause
        return self.commits[cause.commit - 1] if cause else None


@cache
def load_case(name: str) -> Case:
    """Read a case's description."""
    folder = CASES / name
    data = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    return Case.model_validate({**data, "name": name, "folder": folder})


def list_cases(*, fixable: bool | None = None) -> tuple[str, ...]:
    """Return the names of all cases, or only of the fixable ones or the decoys."""
    names = sorted(path.parent.name for path in CASES.glob("*/case.toml"))
    return tuple(name for name in names if fixable in {None, load_case(name).fixable})


def build_repository(case: Case, path: Path) -> BuiltCase:
    """Make the repository in an empty or missing directory. Same case, same SHAs."""
    shutil.copytree(case.source / "base", path, dirs_exist_ok=True)
    _git(path, "init", "--quiet", "--initial-branch=main")
    _git(path, "add", "--all")
    _git(path, "commit", "--quiet", "--no-verify", "--message", case.first_message)
    patches = sorted((case.source / "commits").glob("*.patch"))
    if patches:
        names = [str(patch) for patch in patches]
        _git(path, "am", "--quiet", "--committer-date-is-author-date", *names)
    commits = tuple(_git(path, "rev-list", "--reverse", "HEAD").split())
    for tag, number in case.tags.items():
        _git(path, "tag", tag, commits[number - 1])
    return BuiltCase(case=case, path=path, commits=commits)


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
    _git(into, "apply", str(patch))
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


def _as_hosted_runner(text: str, case: Case) -> str:
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


def _import_path(case: Case, tree: Path) -> dict[str, str]:
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


def _git(directory: Path, *arguments: str) -> str:
    environment = {
        **_clean_environment(),
        **FIRST_COMMIT,
        "GIT_COMMITTER_NAME": "Ana",
        "GIT_COMMITTER_EMAIL": "ana@shop.example",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(directory.resolve().parent),
    }
    ran = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(f"git {arguments[0]} in {directory}: {ran.stderr[-2000:]}")
    return ran.stdout
