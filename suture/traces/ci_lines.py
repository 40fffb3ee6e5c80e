"""Takes off what CI systems put around the output of a job's commands.

GitHub Actions writes a time before each line and `##[...]` commands
(https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions); `gh run view
--log` puts job and step before that. GitLab writes section marks
(https://docs.gitlab.com/ci/jobs/job_logs/) and, where it is switched on, times with a stream.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from suture.traces.bounds import without_colours

MAX_LINES = 100_000
MAX_LINE_CHARACTERS = 4_000

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z"
PREFIX = re.compile(
    rf"^(?:[^\t]{{1,200}}\t[^\t]{{1,200}}\t)?\ufeff?(?P<time>{TIME})(?: \d\d[OE](?P<joined>\+)?)? ?"
)
SECTION = re.compile(r"section_(?:start|end):\d{1,20}:[\w.-]{1,200}(?:\[[^\]\n]{0,200}\])?\r?")
MARKS = re.compile(
    r"##\[(?:error|group|endgroup|command|section)\]|::(?:error|group)\b"
    r"|Running with gitlab-runner |ERROR: Job failed|Cleaning up project directory"
)


def clean_lines(text: str) -> list[str]:
    """Return the last lines of the commands' own output; `##[error]` stays."""
    lines = without_colours(text).split("\n")[-MAX_LINES:]
    return [_clean(line[:MAX_LINE_CHARACTERS]) for line in lines]


def has_ci_marks(lines: Iterable[str]) -> bool:
    """Whether a CI system has been at work, going by its commands in cleaned lines."""
    return any(MARKS.match(line) for line in lines)


def last_time(text: str) -> datetime | None:
    """Return the time of the last line that has one."""
    for line in reversed(text[-MAX_LINE_CHARACTERS * 10 :].split("\n")):
        if match := PREFIX.match(line):
            moment = match["time"]
            try:
                # `datetime` reads microseconds at most; GitHub writes a digit more.
                return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", moment))
            except ValueError:
                continue
    return None


def _clean(line: str) -> str:
    line = PREFIX.sub("", line.rstrip("\r"), count=1)
    line = SECTION.sub("", line)
    # A progress bar overwrites its line; only the last state was meant to stay.
    return line.rpartition("\r")[2]
