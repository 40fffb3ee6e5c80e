"""Finds the lines that say why a CI job failed other than by a test.

The wordings are those of the tools themselves: the kernel, container runtimes, pip, uv, Poetry,
npm, git and the CI systems.
"""

import re
from collections.abc import Sequence

from suture.domain.value import Value

MAX_DECISIVE_LINES = 40

CAUSES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "Out of memory",
        re.compile(
            r"oom-kill|OOMKilled|[Oo]ut of memory|^Killed$|: Killed\b|\bKilled +\w|"
            r"exit(?:ed with)?[ _](?:code|status)[ =:]{1,3}137\b|heap out of memory"
        ),
    ),
    ("Disk full", re.compile(r"No space left on device|\bENOSPC\b|[Dd]isk quota exceeded")),
    (
        "Time limit exceeded",
        re.compile(
            r"exceeded the maximum execution time|execution took longer than|"
            r"\btimed out after \d|The operation was canceled|"
            r"exit(?:ed with)? (?:code|status)[ :]{1,2}124\b"
        ),
    ),
    (
        "Dependencies could not be installed",
        re.compile(
            r"^ERROR: (?:Could not find a version|No matching distribution|Cannot install|"
            r"Could not build wheels|Failed building|Could not install packages|"
            r"ResolutionImpossible|.{0,200}requires a different Python|THESE PACKAGES)"
            r"|subprocess-exited-with-error|No solution found when resolving|SolverProblemError|"
            r"^npm (?:ERR!|error) \S|^error Couldn't find package|ERR_PNPM_\w"
        ),
    ),
    (
        "A service could not be reached",
        re.compile(
            r"Could not resolve host|Temporary failure in name resolution|"
            r"[Cc]onnection (?:refused|reset|timed out)|\bENOTFOUND\b|\bETIMEDOUT\b|"
            r"Read timed out|Network is unreachable|503 Service Unavailable|toomanyrequests"
        ),
    ),
    (
        "Access denied",
        re.compile(
            r"Authentication failed|Permission denied|\b40[13] (?:Forbidden|Unauthorized)|"
            r"Bad credentials"
        ),
    ),
    (
        "A command is missing",
        re.compile(r"command not found$|: not found$|No such file or directory$"),
    ),
    (
        "The job failed",
        re.compile(
            r"^##\[error\](?!Process completed with exit code)|^::error\b|^fatal: |"
            r"^(?:[Ee]rror|ERROR)(?:\[\w+\])?: (?!Job failed)|^make: \*\*\* |: error: "
        ),
    ),
    (
        "The job failed",
        re.compile(
            r"Process completed with exit code [1-9]|ERROR: Job failed|"
            r"exit(?:ed with)? (?:code|status)[ :]{1,2}[1-9]"
        ),
    ),
)
STOPPING = frozenset({"Out of memory", "Disk full", "Time limit exceeded"})
MARK = re.compile(r"^(?:##\[error\]|::error[^:]*::)")


class Signal(Value):
    """Why a job failed, as its log says it."""

    title: str
    lines: tuple[str, ...]
    """The decisive lines in the log's order."""
    ends_everything: bool
    """It stopped the job wherever it was; what was printed before need not be wrong."""
    says_why: bool
    """Not merely that the job failed."""


def find_signal(lines: Sequence[str]) -> Signal | None:
    """Return the most telling cause that a log names, or nothing if it names none."""
    for number, (cause, pattern) in enumerate(CAUSES, 1):
        found = [line.strip() for line in lines if pattern.search(line)]
        if found:
            said = MARK.sub("", found[0]).strip()
            return Signal(
                title=f"{cause}: {said}",
                lines=tuple(found[-MAX_DECISIVE_LINES:]),
                ends_everything=cause in STOPPING,
                says_why=number < len(CAUSES),
            )
    return None
