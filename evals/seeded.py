"""Incidents as data: a case's folder becomes a git repository with a history, every time the same.

`evals/incidents/README.md` describes the format.
"""

import io
import itertools
import os
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path

from pydantic import Field

from evals.case import Language
from evals.noise import NoiseCommit, Seed, Tree, make_noise
from suture.domain.diagnosis import Category
from suture.domain.resolution import ResolutionKind
from suture.domain.value import CommitSha, Slug, Value

CASES = Path(__file__).parent / "incidents"
DEPLOYED_ROOT = "/app"
"""Where production believes the repository lies: events name this path, not the checkout's."""
HEAD_MARK = "@HEAD@"
"""In a committed event: what production runs, as a commit."""
TIMEOUT_SECONDS = 60
EMAIL_DOMAIN = "shop.example"
FIRST_COMMIT = {
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": f"ana@{EMAIL_DOMAIN}",
    "GIT_AUTHOR_DATE": "2026-03-02T09:00:00+00:00",
    "GIT_COMMITTER_DATE": "2026-03-02T09:00:00+00:00",
}


class AlertForm(StrEnum):
    """What sort of thing the alert of a case is."""

    SENTRY = "sentry"
    """An event as an SDK would have sent it."""
    TRACEBACK = "traceback"
    """What the runtime printed when the program died."""
    CI_LOG = "ci_log"
    """The log of the red test run on the head."""
    ALERTMANAGER = "alertmanager"
    """The body of a notification of Alertmanager's."""
    LOG = "log"
    """A text or a generic alert from outside the process, such as the kernel's."""


class RootCause(Value):
    """Where the fault was made. Suture never sees this."""

    path: str
    function: str
    """Qualified name; empty for module level."""
    commit: int = Field(ge=1)
    """Number of the story's commit that brought it in; 1 is the first."""
    crash_elsewhere: bool = False
    """The exception is raised in another function than the one at fault."""


class SeededCase(Value):
    """One incident with what an honest answer to it looks like."""

    name: Slug
    folder: Path
    description: str
    language: Language = Language.PYTHON
    fixable: bool
    alert: AlertForm
    repository: str = ""
    """Name of a folder with `base/` and `commits/` shared by several cases; empty: its own."""
    after: int = Field(default=0, ge=0)
    """Number of the shared folder's commit that the case's own `commits/` follow; the shared ones
    that are left come after them."""
    source_root: str = ""
    """Directory that production has on its import path."""
    test_command: str = "python -m pytest -q"
    judge_command: str = ""
    """Command that runs the hidden tests; empty: the language's usual one."""
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
    noise: int = Field(default=6, ge=0, le=30)
    """Unrelated commits among the story's in an eval."""
    traits: tuple[str, ...] = ()
    """What makes it hard, such as `misleading` or `hostile`."""
    categories: tuple[Category, ...] = ()
    """Right categories of a diagnosis; empty: not scored."""
    wanted: tuple[ResolutionKind, ...]
    """What a good answer is."""
    tolerated: tuple[ResolutionKind, ...] = ()
    """What an honest answer may be where a good one is beyond the means."""
    root_cause: RootCause | None = None
    tags: dict[str, int] = Field(default_factory=dict)
    """Release tag -> number of the story's commit it is on."""

    @property
    def source(self) -> Path:
        """The folder that holds `base/` and the commits that everything begins with."""
        return CASES / self.repository if self.repository else self.folder

    @property
    def patches(self) -> tuple[Path, ...]:
        """The story's commits after the first, in order."""
        shared = sorted((self.source / "commits").glob("*.patch"))
        if not self.repository:
            return tuple(shared)
        own = sorted((self.folder / "commits").glob("*.patch"))
        at = max(self.after - 1, 0) if own else 0
        return (*shared[:at], *own, *shared[at:])

    @property
    def event(self) -> Path | None:
        """The committed alert, if there is one."""
        names = ("event.json", "event.txt", "alert.txt")
        return next((self.folder / name for name in names if (self.folder / name).exists()), None)

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

    case: SeededCase
    path: Path
    commits: tuple[CommitSha, ...]
    """The story's commits, oldest first; noise is not among them."""
    head_sha: CommitSha
    """What production runs."""

    @property
    def releases(self) -> tuple[tuple[str, CommitSha], ...]:
        """What was deployed, oldest first; the last one is what failed."""
        ordered = sorted(self.case.tags.items(), key=lambda item: item[1])
        before = [
            (name, self.commits[number - 1])
            for name, number in ordered
            if number < len(self.commits)
        ]
        newest = next((name for name, number in ordered if number == len(self.commits)), "newest")
        return (*before, (newest, self.head_sha))

    @property
    def guilty_sha(self) -> CommitSha | None:
        """The commit that brought the fault in, if code is at fault."""
        cause = self.case.root_cause
        return self.commits[cause.commit - 1] if cause else None


@dataclass(frozen=True, kw_only=True)
class _Written:
    author: str
    email: str
    at: datetime
    message: str
    tree: Tree


@cache
def load_case(name: str) -> SeededCase:
    """Read a case's description."""
    folder = CASES / name
    data = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    return SeededCase.model_validate({**data, "name": name, "folder": folder})


def list_cases(*, fixable: bool | None = None, language: Language | None = None) -> tuple[str, ...]:
    """Return the names of all cases, or of those of one sort."""
    names = sorted(path.parent.name for path in CASES.glob("*/case.toml"))
    return tuple(
        name
        for name in names
        if fixable in {None, load_case(name).fixable}
        and language in {None, load_case(name).language}
    )


def build_repository(case: SeededCase, path: Path) -> BuiltCase:
    """Make the repository in an empty or missing directory, without noise. Same case, same SHAs."""
    shutil.copytree(case.source / "base", path, dirs_exist_ok=True)
    git(path, "init", "--quiet", "--initial-branch=main")
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--no-verify", "--message", case.first_message)
    patches = [str(patch) for patch in case.patches]
    if patches:
        git(path, "am", "--quiet", "--committer-date-is-author-date", *patches)
    commits = tuple(git(path, "rev-list", "--reverse", "HEAD").split())
    for tag, number in case.tags.items():
        git(path, "tag", tag, commits[number - 1])
    return BuiltCase(case=case, path=path, commits=commits, head_sha=commits[-1])


def build_with_noise(case: SeededCase, path: Path) -> BuiltCase:
    """Make the repository with unrelated commits among the story's. Same case, same SHAs."""
    with tempfile.TemporaryDirectory() as scratch:
        plain = build_repository(case, Path(scratch) / "plain")
        story = [_read_commit(plain.path, sha) for sha in plain.commits]
    seed = Seed(
        name=case.name,
        count=case.noise,
        trees=tuple(each.tree for each in story),
        dates=tuple(each.at for each in story),
        busy=_busy(case, story),
        since=case.root_cause.commit if case.root_cause else 1,
    )
    written, numbers = _interleave(story, make_noise(seed))
    path.mkdir(parents=True, exist_ok=True)
    git(path, "init", "--quiet", "--initial-branch=main")
    git(path, "fast-import", "--quiet", stdin=_stream(written))
    git(path, "reset", "--quiet", "--hard", "main")
    every = git(path, "rev-list", "--reverse", "main").split()
    commits = tuple(every[number] for number in numbers)
    for tag, number in case.tags.items():
        # What was released last is what fails, with the noise that came before it.
        git(path, "tag", tag, every[-1] if number == len(commits) else commits[number - 1])
    return BuiltCase(case=case, path=path, commits=commits, head_sha=every[-1])


def event_text(built: BuiltCase) -> str:
    """Return the committed alert as it would arrive.

    Raises:
        FileNotFoundError: the case's alert is not committed.
    """
    event = built.case.event
    if event is None:
        raise FileNotFoundError(f"{built.case.name} has no committed event")
    return event.read_text(encoding="utf-8").replace(HEAD_MARK, built.head_sha)


def git(directory: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Run git without anybody's configuration and return what it printed.

    Raises:
        RuntimeError: it failed; the message says how.
    """
    return git_bytes(directory, *arguments, stdin=stdin).decode()


def git_bytes(directory: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git like `git`, for output that may be no text."""
    environment = {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        **FIRST_COMMIT,
        "GIT_COMMITTER_NAME": "Ana",
        "GIT_COMMITTER_EMAIL": f"ana@{EMAIL_DOMAIN}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CEILING_DIRECTORIES": str(directory.resolve().parent),
    }
    ran = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if ran.returncode:
        said = ran.stderr[-2000:].decode(errors="replace")
        raise RuntimeError(f"git {arguments[0]} in {directory}: {said}")
    return ran.stdout


def _read_commit(repository: Path, sha: str) -> _Written:
    said = git(repository, "show", "--no-patch", "--format=%an%x00%ae%x00%aI%x00%B", sha)
    author, email, at, message = said.split("\0", 3)
    archive = git_bytes(repository, "archive", "--format=tar", sha)
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        tree = {
            member.name: found.read()
            for member in members
            if member.isfile() and (found := members.extractfile(member)) is not None
        }
    when = datetime.fromisoformat(at)
    return _Written(author=author, email=email, at=when, message=message.strip(), tree=tree)


def _busy(case: SeededCase, story: list[_Written]) -> tuple[str, ...]:
    """Return the file at fault and what is changed most often."""
    changes: dict[str, int] = {}
    for before, after in itertools.pairwise(story):
        for path, content in after.tree.items():
            changes[path] = changes.get(path, 0) + (before.tree.get(path) != content)
    most = sorted(changes, key=lambda path: (-changes[path], path))[:3]
    return (*((case.root_cause.path,) if case.root_cause else ()), *most)


def _interleave(
    story: list[_Written], noise: tuple[NoiseCommit, ...]
) -> tuple[list[_Written], list[int]]:
    """Return all commits in order, and where among them the story's own are."""
    written: list[_Written] = []
    numbers: list[int] = []
    active: list[NoiseCommit] = []
    for number, each in enumerate(story, 1):
        numbers.append(len(written))
        written.append(_noisy(each, active))
        for extra in (commit for commit in noise if commit.after == number):
            active.append(extra)
            tree = extra.change(written[-1].tree)
            if tree == written[-1].tree:
                continue
            email = f"{extra.author.lower()}@{EMAIL_DOMAIN}"
            written.append(
                _Written(
                    author=extra.author, email=email, at=extra.at, message=extra.message, tree=tree
                )
            )
    return written, numbers


def _noisy(commit: _Written, active: list[NoiseCommit]) -> _Written:
    tree = commit.tree
    for each in active:
        tree = each.change(tree)
    return _Written(
        author=commit.author, email=commit.email, at=commit.at, message=commit.message, tree=tree
    )


def _stream(commits: list[_Written]) -> bytes:
    """Return the history as `git fast-import` reads it."""
    stream = io.BytesIO()
    for each in commits:
        stamp = f"{int(each.at.timestamp())} +0000"
        message = each.message.encode()
        stream.write(b"commit refs/heads/main\n")
        for role in ("author", "committer"):
            stream.write(f"{role} {each.author} <{each.email}> {stamp}\n".encode())
        stream.write(b"data %d\n%s\ndeleteall\n" % (len(message), message))
        for path, content in sorted(each.tree.items()):
            head = f"M 100644 inline {path}\ndata {len(content)}\n".encode()
            stream.write(head + content + b"\n")
    return stream.getvalue()
