"""Builds the repository of one bug: the buggy commit, and on top of it the tests that show it.

The repository borrows the clone's objects and has one branch: nothing that came after the bug can
be reached from it by a name.
"""

import subprocess
from collections import defaultdict
from pathlib import Path

from evals.case import FunctionName
from evals.suites.bugsinpy_checkout import Bug, node_ids
from evals.suites.bugsinpy_tests import changed_functions, visible_tests
from suture.domain.value import CommitSha, Value
from suture.errors import InvalidInput
from suture.localisation.snapshot import is_test_path
from suture.settings import child_environment

GIT_SECONDS = 300.0
MAX_FILE_BYTES = 4 << 20
COMMITTED = "2026-03-02T09:00:00+00:00"
WHO = {
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@shop.example",
    "GIT_AUTHOR_DATE": COMMITTED,
    "GIT_COMMITTER_NAME": "Ana",
    "GIT_COMMITTER_EMAIL": "ana@shop.example",
    "GIT_COMMITTER_DATE": COMMITTED,
}


class Fix(Value):
    """What the fix's commit says of a bug."""

    failing: tuple[str, ...]
    """Node ids of the tests that show the bug."""
    sources: dict[str, str]
    """The files that the fix changed besides tests, as they are after it."""
    tests: dict[str, str]
    """The test files that it changed, in full."""
    visible: dict[str, str]
    """The same files as the engineer sees them."""
    changed: tuple[FunctionName, ...]
    """Functions that it changed; none where it changed none that was there before."""


def read_fix(bug: Bug) -> Fix:
    """Read what the clone says of a bug.

    Raises:
        InvalidInput: the clone has not the commits, or the tests are not in it.
    """
    paths = _git(bug, "diff", "--name-only", "-z", "--no-renames", bug.buggy, bug.fixed).split("\0")
    failing = node_ids(
        bug.commands, _git(bug, "ls-tree", "-rz", "--name-only", bug.fixed).split("\0")
    )
    if not failing:
        raise InvalidInput(f"The tests of {bug.name} are not in its fixed commit.")
    tests, sources, changed = dict[str, str](), dict[str, str](), list[FunctionName]()
    for path in dict.fromkeys([*paths, *bug.test_files]):
        after, before = _show(bug, bug.fixed, path), _show(bug, bug.buggy, path)
        if after is None:
            continue
        if is_test_path(path) or path in bug.test_files:
            tests[path] = after
            continue
        sources[path] = after
        if path.endswith(".py"):
            names = changed_functions(before or "", after)
            changed += [FunctionName(path=path, name=name) for name in names]
    return Fix(
        failing=failing,
        sources=sources,
        tests=tests,
        visible=_visible(bug, failing, tests),
        changed=tuple(changed),
    )


def build_repository(bug: Bug, fix: Fix, directory: Path) -> CommitSha:
    """Make the repository, and return its head.

    Raises:
        InvalidInput: git cannot make it.
    """
    directory.mkdir(parents=True)
    _run(directory, "init", "-q", "--bare", "-b", "main")
    objects = _git(bug, "rev-parse", "--path-format=absolute", "--git-path", "objects").strip()
    (directory / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
    _run(directory, "read-tree", bug.buggy)
    for path, text in fix.visible.items():
        blob = _run(directory, "hash-object", "-w", "--stdin", said=text).strip()
        _run(directory, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    tree = _run(directory, "write-tree").strip()
    message = "Show a bug in a test\n"
    head = _run(directory, "commit-tree", tree, "-p", bug.buggy, said=message).strip()
    _run(directory, "update-ref", "refs/heads/main", head)
    return head


def _visible(bug: Bug, failing: tuple[str, ...], tests: dict[str, str]) -> dict[str, str]:
    named = defaultdict[str, list[str]](list)
    for node in failing:
        path, _, inner = node.partition("[")[0].partition("::")
        named[path].append(inner.replace("::", "."))
    shown = {}
    for path, text in tests.items():
        # A whole file that is named, or data, is shown as it is.
        if not path.endswith(".py") or path not in named or "" in named[path]:
            shown[path] = text
        else:
            shown[path] = visible_tests(text, _show(bug, bug.buggy, path) or "", named[path])
    return shown


def _show(bug: Bug, commit: CommitSha, path: str) -> str | None:
    """Return a file's text; None for what is missing, too large or no text."""
    if not path:
        return None
    entry = _git(bug, "ls-tree", "-zl", commit, "--", path).split("\0")[0].split(maxsplit=4)
    if len(entry) < 5 or entry[1] != "blob" or int(entry[3]) > MAX_FILE_BYTES:  # noqa: PLR2004 (fields)
        return None
    try:
        return _git(bug, "cat-file", "blob", entry[2])
    except UnicodeDecodeError:
        return None


def _git(bug: Bug, *arguments: str) -> str:
    return _run(bug.clone, *arguments)


def _run(directory: Path, *arguments: str, said: str | None = None) -> str:
    try:
        ended = subprocess.run(
            ["git", "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", *arguments],
            cwd=directory,
            env=child_environment(**WHO),
            input=said.encode() if said is not None else None,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InvalidInput(f"git {arguments[0]} in {directory}: {error}") from error
    if ended.returncode != 0:
        told = ended.stderr.decode(errors="replace").strip()[-500:]
        raise InvalidInput(f"git {arguments[0]} in {directory}: {told}")
    return ended.stdout.decode()
