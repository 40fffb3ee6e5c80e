"""Reading shell commands of a project far enough to add options to the runner in them."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MAX_COMMAND = 4_000
OPERATORS = ("&&", "||", ";", "|", "&", "\n")
ASSIGNMENT = re.compile(r"\w+=")
LAUNCHERS = frozenset(
    {"npx", "cross-env", "env", "exec", "time", "c8", "nyc", "pnpm", "yarn", "bunx", "dotenv", "--"}
)
"""Words that may stand before a runner and start it."""


@dataclass(frozen=True)
class Segment:
    """A simple command of a shell command, and what joins it to the next one."""

    text: str
    joint: str

    @property
    def words(self) -> list[str]:
        """Its words as the shell would read them; none if it cannot be read."""
        try:
            return shlex.split(self.text)
        except ValueError:
            return []


def segments(command: str) -> tuple[Segment, ...]:
    """Split a shell command at its operators outside quotes. Joined again it is the same."""
    found: list[Segment] = []
    start = place = 0
    quote = ""
    text = command[:MAX_COMMAND]
    while place < len(text):
        operator = "" if quote else next((o for o in OPERATORS if text.startswith(o, place)), "")
        if operator:
            found.append(Segment(text[start:place], operator))
            place += len(operator)
            start = place
            continue
        quote = _quoted(quote, text[place])
        place += 1
    return (*found, Segment(text[start:], ""))


def _quoted(quote: str, character: str) -> str:
    if quote:
        return "" if character == quote else quote
    return character if character in {"'", '"'} else ""


def program_at(words: Sequence[str], programs: frozenset[str]) -> int | None:
    """Return where a program is started in a simple command: behind assignments and launchers."""
    for number, word in enumerate(words):
        if word.rpartition("/")[2] in programs:
            return number
        if word in LAUNCHERS or ASSIGNMENT.match(word) or word.startswith("-"):
            continue
        return None
    return None


def runner_in(command: str, programs: frozenset[str]) -> int | None:
    """Return which segment of a shell command starts one of the programs, the last that does."""
    starting = [
        number
        for number, segment in enumerate(segments(command))
        if program_at(segment.words, programs) is not None
    ]
    return starting[-1] if starting else None


def with_options(command: str, programs: frozenset[str], options: Sequence[str]) -> str | None:
    """Return the command with options behind the program's own; None if it does not start one."""
    return _changed(command, programs, lambda text: f"{text.rstrip()} {shlex.join(options)} ")


def with_leading_options(
    command: str, programs: frozenset[str], options: Sequence[str]
) -> str | None:
    """Return the command with options right behind the program; None if it does not start one."""
    word = re.compile(rf"(?:^|(?<=[\s/]))(?:{'|'.join(map(re.escape, programs))})(?=\s|$)")
    added = f" {shlex.join(options)}"
    return _changed(command, programs, lambda text: word.sub(lambda m: m[0] + added, text, count=1))


def _changed(command: str, programs: frozenset[str], change: Callable[[str], str]) -> str | None:
    place = runner_in(command, programs)
    if place is None:
        return None
    parts = segments(command)
    return "".join(
        (change(part.text) if number == place else part.text) + part.joint
        for number, part in enumerate(parts)
    )
