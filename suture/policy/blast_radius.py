"""Whether a patch stays inside what the policy allows it to touch and to bring in.

Paths are matched as in `.gitignore` (https://git-scm.com/docs/gitignore), and forbidden ones also
without regard to case, since some file systems have none. What cannot be seen in the new text of
files, such as a symbolic link, cannot be made by a `FileChange` either.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from enum import StrEnum

import pathspec

from suture.domain.patch import FileChange
from suture.domain.value import Line, Value
from suture.policy.interfaces import broken_interfaces
from suture.policy.model import BlastRadius
from suture.redaction import scrub_code

MAX_PATH = 400
MAX_FILE_CHARACTERS = 1 << 20
MAX_DIFFED_LINES = 4_000

ALWAYS_FORBIDDEN = (
    "**/.git/**",
    "**/.git",
    "**/.gitmodules",
    "**/.gitattributes",
    "**/.suture*",
    "**/suture.toml",
    "**/suture.y*ml",
)
"""Git's own files and Suture's settings and policy: no policy opens these."""

TEST_PLACE = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__)/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest|tests)\.py$"
    r"|(?:^|/)[^/]*\.(?:test|spec)\.[cm]?[jt]sx?$|_test\.go$"
    r"|(?:^|/)(?-i:[^/]*(?:Test|Tests|TestCase|IT)\.(?:java|kt))$",
    re.IGNORECASE,
)

INTRODUCED = {
    "a skipped or expected failure": re.compile(
        r"\bmark\.(?:skip|skipif|xfail)\b|\b(?:pytest|unittest|self)\.(?:skip\w*|xfail|importorskip)"
        r"|\bexpectedFailure\b|\bSkipTest\b"
        r"|\b(?:it|test|describe)\.(?:skip|todo)\b|\bt\.Skip\w*\(|@(?:Disabled|Ignore)\b"
    ),
    "a silenced checker": re.compile(
        r"#\s*(?:noqa|type:\s*ignore|nosec|pragma:\s*no\s*cover|pylint:\s*disable|pyright:|mypy:)"
        r"|\beslint-disable|@ts-(?:ignore|nocheck|expect-error)|//\s*nolint|@Suppress(?:Warnings)?\b",
        re.IGNORECASE,
    ),
    "code that runs text": re.compile(
        r"(?<![\w.])(?:eval|exec|compile|__import__|new\s+Function)\s*\("
    ),
    "a process": re.compile(
        r"\bsubprocess\b|\bos\.(?:system|popen|exec\w*|spawn\w*|fork\w*)\b|\bpty\.spawn\b"
        r"|\bchild_process\b|\"(?:os/exec|syscall)\"|\bProcessBuilder\b|\bgetRuntime\s*\("
    ),
    "code from data": re.compile(
        r"\b(?:pickle|marshal|shelve|dill)\.loads?\b|\byaml\.(?:unsafe_)?load\b|\bctypes\b"
    ),
}


class Rule(StrEnum):
    """Which rule a patch breaks."""

    PATH = "path"
    """It escapes the tree, or its name cannot be trusted."""
    FORBIDDEN = "forbidden"
    NOT_ALLOWED = "not_allowed"
    SIZE = "size"
    TESTS = "tests"
    """It changes, removes or adds to the existing tests."""
    BINARY = "binary"
    """It holds what is no plain text, or what readers cannot see."""
    SECRET = "secret"  # noqa: S105 (the name of a rule)
    INTERFACE = "interface"
    """It takes away or changes what callers rely on."""
    INTRODUCES = "introduces"
    """It brings in what a repair does not need."""


class Violation(Value):
    """One thing that the policy says against a patch."""

    rule: Rule
    path: str
    message: Line


def check_patch(
    changes: tuple[FileChange, ...],
    before: Mapping[str, str | None],
    policy: BlastRadius,
    regression_test: str | None = None,
) -> tuple[Violation, ...]:
    """Return everything that the policy says against a patch; nothing means that it may go on.

    `before` has the text of each changed file on the base, None where there was none.
    `regression_test` is the path of the test that Suture itself adds.
    """
    found = [
        violation
        for change in changes
        for violation in _check_file(change, before.get(change.path), policy, regression_test)
    ]
    found.extend(_check_size(changes, before, policy, regression_test))
    return tuple(found)


def _check_file(
    change: FileChange, old: str | None, policy: BlastRadius, regression_test: str | None
) -> Iterator[Violation]:
    if problem := _path_problem(change.path):
        yield Violation(rule=Rule.PATH, path=change.path[:MAX_PATH], message=problem)
        return
    if _matches(change.path.lower(), (*policy.forbidden_paths, *ALWAYS_FORBIDDEN)):
        text = f"{change.path} must not be changed"
        yield Violation(rule=Rule.FORBIDDEN, path=change.path, message=text)
    if change.path == regression_test:
        yield from _check_regression_test(change, old)
    else:
        if not _matches(change.path, policy.allowed_paths, any_case=False):
            text = f"{change.path} is not among the allowed paths"
            yield Violation(rule=Rule.NOT_ALLOWED, path=change.path, message=text)
        if TEST_PLACE.search(change.path):
            text = f"{change.path} belongs to the existing tests"
            yield Violation(rule=Rule.TESTS, path=change.path, message=text)
    yield from _check_content(change, old or "")
    for name in broken_interfaces(old or "", change.content or ""):
        text = f"{change.path} changes what callers of {name} must pass"[:500]
        yield Violation(rule=Rule.INTERFACE, path=change.path, message=text)


def _check_regression_test(change: FileChange, old: str | None) -> Iterator[Violation]:
    if old is not None or change.content is None:
        text = f"the regression test {change.path} must be a new file"
        yield Violation(rule=Rule.TESTS, path=change.path, message=text)
    if not TEST_PLACE.search(change.path):
        text = f"the regression test {change.path} is not where tests are"
        yield Violation(rule=Rule.TESTS, path=change.path, message=text)


def _path_problem(path: str) -> str:
    parts = path.split("/")
    if not path or len(path) > MAX_PATH:
        return "a path is empty or too long"
    if path.startswith(("/", "~")) or ".." in parts or "." in parts or "" in parts:
        return "a path leaves the repository"
    if "\\" in path or ":" in path or any(not _visible(character) for character in path):
        return "a path holds characters that are not allowed"
    if any(part != part.strip() or part.endswith(".") for part in parts):
        return "a path ends in what some file systems drop"
    return ""


def _visible(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _matches(path: str, patterns: tuple[str, ...], *, any_case: bool = True) -> bool:
    lines = [pattern.lower() for pattern in patterns] if any_case else list(patterns)
    return pathspec.GitIgnoreSpec.from_lines(lines).match_file(path)


def _check_content(change: FileChange, old: str) -> Iterator[Violation]:
    new = change.content
    if new is None:
        return
    if len(new) > MAX_FILE_CHARACTERS:
        text = f"{change.path} is too large"
        yield Violation(rule=Rule.SIZE, path=change.path, message=text)
        return
    unseen = _unseen(new) - _unseen(old)
    if unseen:
        names = ", ".join(sorted(f"U+{ord(character):04X}" for character in unseen)[:5])
        text = f"{change.path} gains characters that readers cannot see: {names}"
        yield Violation(rule=Rule.BINARY, path=change.path, message=text)
    added = _added_text(old, new)
    if scrub_code(added) != added:
        text = f"{change.path} gains what looks like a secret"
        yield Violation(rule=Rule.SECRET, path=change.path, message=text)
    for name, pattern in INTRODUCED.items():
        if len(pattern.findall(new)) > len(pattern.findall(old)):
            text = f"{change.path} brings in {name}"
            yield Violation(rule=Rule.INTRODUCES, path=change.path, message=text)


def _unseen(text: str) -> Counter[str]:
    """Count the control and direction characters of a text, line ends and tabs aside."""
    return Counter(
        character
        for character in text
        if (not character.isascii() or character < " " or character == "\x7f")
        and character not in "\n\r\t"
        and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )


def _added_text(old: str, new: str) -> str:
    known = set(old.splitlines())
    return "\n".join(line for line in new.splitlines() if line not in known)


def _check_size(
    changes: tuple[FileChange, ...],
    before: Mapping[str, str | None],
    policy: BlastRadius,
    regression_test: str | None,
) -> Iterator[Violation]:
    own = [change for change in changes if change.path != regression_test]
    twice = [path for path, count in Counter(item.path for item in changes).items() if count > 1]
    if twice:
        text = f"{twice[0]} is changed more than once"[:500]
        yield Violation(rule=Rule.PATH, path=twice[0][:MAX_PATH], message=text)
    if len(own) > policy.max_files:
        text = f"it changes {len(own)} files, {policy.max_files} are allowed"
        yield Violation(rule=Rule.SIZE, path="", message=text)
    lines = sum(count_lines(before.get(item.path) or "", item.content or "") for item in own)
    if lines > policy.max_lines:
        text = f"it changes {lines} lines, {policy.max_lines} are allowed"
        yield Violation(rule=Rule.SIZE, path="", message=text)


def count_lines(old: str, new: str) -> int:
    """Return how many lines a change adds and removes; for very large ones an upper bound."""
    before, after = old.splitlines(), new.splitlines()
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    before, after = before[start:], after[start:]
    while before and after and before[-1] == after[-1]:
        before.pop()
        after.pop()
    if len(before) + len(after) > MAX_DIFFED_LINES:
        return len(before) + len(after)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    return len(before) + len(after) - 2 * same
