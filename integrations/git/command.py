"""Runs git so that nothing in a repository or on the host decides what it does.

No system or user configuration, no hooks, no file system monitor, no external helpers, no
prompts, no replace refs, no lazy fetches, only transports that Suture means to use. Source:
https://git-scm.com/docs/git#_environment_variables and https://git-scm.com/docs/git-config.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from suture.errors import InvalidInput, PermanentError, SettingsError, Unreachable

CONFIGURATION = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    # The empty tree: some versions would read attributes from a bare repository's HEAD.
    "attr.tree=4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "core.excludesFile=/dev/null",
    "core.quotePath=true",
    "core.autocrlf=false",
    "core.logAllRefUpdates=false",
    "core.precomposeUnicode=false",
    "credential.helper=",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "diff.external=",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "http.followRedirects=initial",
)
CREDENTIALS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s@]*@")


@dataclass(frozen=True, kw_only=True)
class GitRun:
    """What a run gets and how far it may go."""

    stdin: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 120.0
    max_bytes: int = 256 << 20
    """Of standard output; more than this ends the run."""


@dataclass(frozen=True, kw_only=True)
class GitOutcome:
    """How a run ended."""

    code: int
    stdout: bytes
    stderr: str
    """Scrubbed of credentials, at most 4,000 characters."""


DEFAULT_RUN = GitRun()


def run_git(repository: Path, *arguments: str, run: GitRun = DEFAULT_RUN) -> bytes:
    """Run git in this repository (not in one around it) and return its standard output.

    Raises:
        PermanentError: git refused; the message ends with what it said.
        InvalidInput: the output is larger than the run allows.
        Unreachable: it took too long.
    """
    outcome = attempt_git(repository, *arguments, run=run)
    if outcome.code != 0:
        raise PermanentError(f"git {arguments[0]} failed ({outcome.code}): {outcome.stderr}")
    return outcome.stdout


def attempt_git(repository: Path, *arguments: str, run: GitRun = DEFAULT_RUN) -> GitOutcome:
    """Run git and say how it ended, for callers that expect a refusal.

    Raises:
        InvalidInput: the output is larger than the run allows.
        Unreachable: it took too long.
    """
    if run.timeout_seconds <= 0:
        raise Unreachable(f"No time is left for git {arguments[0]}.")
    program, command = _command(arguments)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complaints:
        given.write(run.stdin)
        given.seek(0)
        process = subprocess.Popen(
            command,
            cwd=repository,
            env={**_environment(program, repository), **run.environment},
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,
        )
        stdout = _read(process, run, arguments[0])
        complaints.seek(0)
        stderr = complaints.read(4_000).decode(errors="replace")
    return GitOutcome(code=process.returncode, stdout=stdout, stderr=scrub(stderr).strip())


def start_git(repository: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start git on pipes, for a caller that asks it many things and ends it."""
    program, command = _command(arguments)
    return subprocess.Popen(
        command,
        cwd=repository,
        env=_environment(program, repository),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def scrub(text: str) -> str:
    """Take credentials out of URLs in a text."""
    return CREDENTIALS.sub(r"\1", text)


def _command(arguments: tuple[str, ...]) -> tuple[str, list[str]]:
    program = shutil.which("git")
    if program is None:
        raise SettingsError("git is not on PATH. Install git 2.30 or newer.")
    options = [part for setting in CONFIGURATION for part in ("-c", setting)]
    return program, [program, "--no-pager", *options, *arguments]


def _read(process: subprocess.Popen[bytes], run: GitRun, command: str) -> bytes:
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(run.timeout_seconds, stop)
    timer.start()
    try:
        with process:
            output = process.stdout.read(run.max_bytes + 1) if process.stdout else b""
            if len(output) > run.max_bytes:
                _kill(process)
                raise InvalidInput(f"git {command} printed more than {run.max_bytes} bytes.")
    finally:
        timer.cancel()
        _kill(process)
    if late.is_set():
        raise Unreachable(f"git {command} took longer than {run.timeout_seconds:g} s.")
    return output


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and its transport helpers; they share a session of their own."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _environment(program: str, repository: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(program).parent}:{os.defpath}",
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_ALLOW_PROTOCOL": "file:http:https:ssh",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(repository.resolve().parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
        "GIT_TERMINAL_PROMPT": "0",
    }
