"""Turning a service's test command into what runs in the sandbox."""

import re
import shlex
from collections.abc import Sequence

SHELL_SYNTAX = re.compile(r"[|&;<>()$`\n*?~#{}\[\]!]|^\s*\w+=")
ALWAYS = ("-p", "no:cacheprovider", "--continue-on-collection-errors", "-o", "junit_family=xunit1")
LAUNCHERS = (("python", "-m", "pytest"), ("python3", "-m", "pytest"), ("pytest",), ("py.test",))
VALUE_OPTIONS = frozenset(
    {"-c", "-k", "-m", "-n", "-o", "-p", "-r", "-W", "--rootdir", "--tb", "--cov", "--maxfail"}
    | {"--deselect", "--ignore", "--ignore-glob", "--import-mode", "--confcutdir", "--durations"}
    | {"--basetemp", "--dist", "--timeout", "--color", "--log-level", "--junitxml"}
)


def pytest_command(
    test_command: str, junit_path: str, extra: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the command that runs the suite and writes JUnit XML to `junit_path`.

    A command of plain words that names pytest gets the options added. Anything with shell syntax,
    or that starts pytest by another way, gets them through `PYTEST_ADDOPTS`.
    """
    options = (*ALWAYS, f"--junitxml={junit_path}", *extra)
    words = _words(test_command)
    if words and _pytest_at(words) is not None:
        return (*words, *options)
    exported = f"export PYTEST_ADDOPTS={shlex.quote(shlex.join(options))}"
    return ("sh", "-c", f"{exported}\n{test_command}")


def select_tests(
    test_command: str, node_ids: Sequence[str], junit_path: str, extra: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the command that runs only these tests, with the command's own options kept.

    The paths that the command names are left out, for they would select more. A command that
    cannot be narrowed is replaced by plain pytest.
    """
    chosen = [node_id for node_id in node_ids if node_id and not node_id.startswith("-")]
    words = _words(test_command)
    start = _pytest_at(words)
    kept = words[: start + 1] + _options(words[start + 1 :]) if start is not None else []
    leading = kept or ["python", "-m", "pytest", "-q"]
    return (*leading, *ALWAYS, f"--junitxml={junit_path}", *extra, *chosen)


def options_inside(
    test_command: str, node_ids: Sequence[str]
) -> tuple[tuple[str, ...], bool] | None:
    """Return what `pytest.main` is told to run only these tests, and whether `-m` started it.

    With `-m` the working directory is looked in for modules. None: nobody can tell from outside
    how the tests are started.
    """
    argv = select_tests(test_command, node_ids, "unused")
    for words in LAUNCHERS:
        if argv[: len(words)] == words:
            kept = (word for word in argv[len(words) :] if not word.startswith("--junitxml="))
            return tuple(kept), len(words) > 1
    return None


def _words(command: str) -> list[str]:
    """Return the words of a command without shell syntax, else nothing."""
    if SHELL_SYNTAX.search(command):
        return []
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _pytest_at(words: list[str]) -> int | None:
    for number, word in enumerate(words):
        if word.rsplit("/", 1)[-1] in {"pytest", "py.test"}:
            return number
    return None


def _options(words: list[str]) -> list[str]:
    kept = []
    takes_value = False
    for word in words:
        if word.startswith("-") or takes_value:
            kept.append(word)
        takes_value = word in VALUE_OPTIONS
    return kept
