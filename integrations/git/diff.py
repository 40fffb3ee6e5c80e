"""The one unified diff of a change: the bytes that digests and consents are bound to.

Independent of configuration and of rename detection, so that every host makes the same bytes.
Source: https://git-scm.com/docs/git-diff-tree.
"""

from pathlib import Path

from integrations.git.command import DEFAULT_RUN, GitRun, run_git
from suture.errors import InvalidInput

DIFF_OPTIONS = (
    "-r",
    "--patch",
    "--full-index",
    "--binary",
    "--no-renames",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--indent-heuristic",
    "--diff-algorithm=myers",
    "--unified=3",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)


def unified_diff(
    repository: Path, old: str, new: str, paths: tuple[str, ...] = (), run: GitRun = DEFAULT_RUN
) -> str:
    """Return the diff between two commits or trees.

    Raises:
        InvalidInput: changed lines are not UTF-8, so that no text could hold them exactly.
    """
    try:
        return raw_diff(repository, old, new, paths, run).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("The change touches a file that is not UTF-8.") from error


def raw_diff(
    repository: Path, old: str, new: str, paths: tuple[str, ...] = (), run: GitRun = DEFAULT_RUN
) -> bytes:
    """Return the diff between two commits or trees as git prints it."""
    literal = literal_paths(paths)
    return run_git(repository, "diff-tree", *DIFF_OPTIONS, old, new, "--", *literal, run=run)


def literal_paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return pathspecs that mean exactly these paths, whatever characters they hold."""
    return tuple(f":(top,literal){path}" for path in paths)
