"""The linters and type checkers that a project has set up for itself, and what they object to.

They speak of a patch as a reviewer's tools would: what they say of the patched tree and not of the
base is told to whoever approves. Only those count that the project configures and that its
environment or the host has.
"""

import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from suture.domain.value import Value
from suture.errors import InvalidInput
from suture.hostile_json import parse_json
from suture.toolchain.javascript import LINKED
from suture.toolchain.naming import under_root

MAX_OUTPUT = 1 << 20
MAX_FINDINGS = 2_000
MAX_SAID = 300
PLACED = re.compile(
    r"^[ \t]{0,8}(?:vet: )?(?P<path>[^\s:()\"'][^:()\n]{0,400})"
    r"(?::\d{1,7}(?::\d{1,7})?|\(\d{1,7},\d{1,7}\))[ \t]*[:-][ \t]*(?P<said>\S[^\n]{0,1000})$",
    re.MULTILINE,
)
"""`path:line:column: text` and `path(line,column): text`, as nearly all of them write."""

Finding = tuple[str, str]
"""Path under the service's root, and what is said of it; without a line, for lines move."""
Configured = Callable[[frozenset[str], Mapping[str, str]], bool]


@dataclass(frozen=True, kw_only=True)
class Checker:
    """One tool."""

    name: str
    program: str
    """Must be installed."""
    ends: str
    """Ends of the files that it reads, as a pattern."""
    command: str
    """Shell text; `{files}` are the changed files, `{folders}` where they lie."""
    configured: Configured
    json: bool = False
    """Whether it writes eslint's JSON."""


def _section(*headings: str, own: tuple[str, ...] = ()) -> Configured:
    def is_configured(files: frozenset[str], texts: Mapping[str, str]) -> bool:
        held = any(heading in text for text in texts.values() for heading in headings)
        return held or not files.isdisjoint(own)

    return is_configured


def _eslint(files: frozenset[str], texts: Mapping[str, str]) -> bool:
    named = any(re.fullmatch(r"\.eslintrc(\..+)?|eslint\.config\.\w+", name) for name in files)
    return named or '"eslintConfig"' in texts.get("package.json", "")


CHECKERS = (
    Checker(
        name="ruff",
        program="ruff",
        ends=r"\.pyi?",
        command="ruff check --no-cache --output-format concise {files}",
        configured=_section("[tool.ruff", own=("ruff.toml", ".ruff.toml")),
    ),
    Checker(
        name="flake8",
        program="flake8",
        ends=r"\.py",
        command="flake8 {files}",
        configured=_section("[flake8]", own=(".flake8",)),
    ),
    Checker(
        name="mypy",
        program="mypy",
        ends=r"\.pyi?",
        command="mypy --cache-dir=/dev/null --no-pretty --no-error-summary {files}",
        configured=_section("[tool.mypy", "[mypy]", own=("mypy.ini", ".mypy.ini")),
    ),
    Checker(
        name="pyright",
        program="pyright",
        ends=r"\.pyi?",
        command="pyright {files}",
        configured=_section("[tool.pyright", own=("pyrightconfig.json",)),
    ),
    Checker(
        name="eslint",
        program="eslint",
        ends=r"\.[cm]?[jt]sx?",
        command="eslint --format json {files}",
        configured=_eslint,
        json=True,
    ),
    Checker(
        name="tsc",
        program="tsc",
        ends=r"\.[cm]?[jt]sx?",
        command="tsc --noEmit --pretty false",
        configured=_section(own=("tsconfig.json",)),
    ),
    Checker(
        name="go vet",
        program="go",
        ends=r"\.go",
        command="go vet {folders}",
        configured=_section(own=("go.mod",)),
    ),
    Checker(
        name="gofmt",
        program="gofmt",
        ends=r"\.go",
        command="gofmt -l {files} | sed 's/$/:1: not formatted/'",
        configured=_section(own=("go.mod",)),
    ),
)


class CheckerRun(Value):
    """What one tool printed."""

    name: str
    output: str


def chosen_checkers(
    changed: Sequence[str], files: frozenset[str], texts: Mapping[str, str]
) -> tuple[Checker, ...]:
    """Return the tools that the project configures and that read one of the changed files."""
    return tuple(
        checker
        for checker in CHECKERS
        if checker.configured(files, texts) and _read_by(checker, changed)
    )


def script_for(checkers: Sequence[Checker], changed: Sequence[str], nonce: str, start: str) -> str:
    """Return the shell text that runs them one after the other, `start` first.

    What each prints stands between lines that begin with the nonce.
    """
    parts = [LINKED, start]
    for number, checker in enumerate(checkers):
        files = _read_by(checker, changed)
        folders = dict.fromkeys(f"./{path.rpartition('/')[0]}" for path in files)
        command = checker.command.format(
            files=shlex.join(f"./{path}" for path in files), folders=shlex.join(folders)
        )
        if files:
            parts.append(f"command -v {checker.program} > /dev/null && {{ {command}; }} 2>&1")
        parts.append(f"printf '\\n{nonce} {number}\\n'")
    return "\n".join(parts)


def read_runs(said: str, checkers: Sequence[Checker], nonce: str) -> tuple[CheckerRun, ...]:
    """Return what each tool printed, of those that came to an end."""
    runs, start = [], 0
    for line in re.finditer(rf"^{nonce} (\d{{1,3}})$", said, re.MULTILINE):
        number = int(line[1])
        if number < len(checkers):
            text = said[start : line.start()]
            runs.append(CheckerRun(name=checkers[number].name, output=text[-MAX_OUTPUT:]))
        start = line.end()
    return tuple(runs)


def findings(run: CheckerRun, files: frozenset[str]) -> Counter[Finding]:
    """Return what a tool objects to, each as often as it says it."""
    checker = next(each for each in CHECKERS if each.name == run.name)
    found = _from_json(run.output) if checker.json else _from_lines(run.output)
    pairs = [(under_root(path, files), said[:MAX_SAID]) for path, said in found[:MAX_FINDINGS]]
    return Counter(pairs)


def new_findings(
    base: Sequence[CheckerRun], patched: Sequence[CheckerRun], files: frozenset[str]
) -> tuple[str, ...]:
    """Return what tools say of the patched tree only, a line each."""
    before = {run.name: findings(run, files) for run in base}
    return tuple(
        f"{run.name}: {path}: {said}"
        for run in patched
        if run.name in before
        for path, said in findings(run, files) - before[run.name]
    )


def _read_by(checker: Checker, changed: Sequence[str]) -> list[str]:
    return [path for path in changed if re.search(rf"(?:{checker.ends})$", path)]


def _from_lines(output: str) -> list[Finding]:
    return [
        (line["path"].strip(), line["said"].strip())
        for line in PLACED.finditer(output)
        if not line["said"].startswith("note:")
    ]


def _from_json(output: str) -> list[Finding]:
    start = output.find("[")
    try:
        results = parse_json(output[start:].encode("utf-8", "replace")) if start >= 0 else None
    except InvalidInput:
        return []
    return [
        (str(result.get("filePath")), f"{message.get('ruleId')}: {message.get('message')}")
        for result in (results if isinstance(results, list) else [])
        if isinstance(result, dict)
        for message in _messages(result.get("messages"))
    ]


def _messages(of: object) -> list[dict[str, object]]:
    listed = of if isinstance(of, list) else []
    return [message for message in listed if isinstance(message, dict)]
