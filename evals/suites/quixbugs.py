"""QuixBugs, Python: one repository for each program, with half of its tests in it.

https://github.com/jkoppel/QuixBugs. A case holds the buggy program, the visible half of its test
cases and a limit for each test, for endless loops are common. Failing and passing cases are halved
each by itself, by the program's name, so that the alert always has a failing test. The judge is the
whole set of test cases and the correct program's answers to inputs derived from them.
"""

import ast
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files as resources
from pathlib import Path

from evals.case import Case, FunctionName, Judge, Language, Prepared, Truth
from evals.stopping import stoppable
from evals.suite import IncidentSuite, Threshold
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from suture.domain.resolution import ResolutionKind
from suture.domain.verification import TestCase, TestOutcome
from suture.errors import InvalidInput
from suture.ports.sandbox import SandboxJob, SandboxLimits, SandboxResult, SetupJob
from suture.verdict.commands import pytest_command
from suture.verdict.junit import parse_junit

PROGRAMS, CORRECT, TESTS, CASES = (
    *("python_programs", "correct_python_programs"),
    *("python_testcases", "json_testcases"),
)
COMMAND = "python -m pytest -q python_testcases"
REPORT = "report.xml"
CASE_SECONDS = 60.0
RUN_SECONDS = 120.0
LEAST_SECONDS, MOST_SECONDS = 0.5, 20.0
KEY = "0" * 64
"""Of the environment: pytest and nothing else."""
WHO = ("-c", "user.name=Ana", "-c", "user.email=ana@shop.example")
WHEN = "2026-03-02T09:00:00+00:00"
FIRST_COMMIT = (f"GIT_AUTHOR_DATE={WHEN}", f"GIT_COMMITTER_DATE={WHEN}")


def load(path: Path | None) -> IncidentSuite:
    """Return the suite of a checkout.

    Raises:
        InvalidInput: it is no checkout of QuixBugs.
    """
    if path is None or not (path / PROGRAMS).is_dir() or not (path / TESTS).is_dir():
        raise InvalidInput(f"{path} is no checkout of QuixBugs: it has no {PROGRAMS} and {TESTS}.")
    programs = [
        Program(checkout=path, name=found.stem.removeprefix("test_"))
        for found in sorted((path / TESTS).glob("test_*.py"))
    ]
    whole = [program for program in programs if program.is_whole]
    return IncidentSuite(
        name="quixbugs",
        cases=tuple(
            Case(
                name=program.name.replace("_", "-"),
                language=Language.PYTHON,
                prepare=partial(prepare, program),
                seconds=CASE_SECONDS,
            )
            for program in whole
        ),
        thresholds=(Threshold(metric="resolved", least=0.85),),
    )


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program of the checkout."""

    checkout: Path
    name: str

    @property
    def is_whole(self) -> bool:
        """Whether the buggy and the correct program are both there."""
        places = (self.checkout / folder / f"{self.name}.py" for folder in (PROGRAMS, CORRECT))
        return all(place.is_file() for place in places)

    @property
    def rows(self) -> tuple[str, ...]:
        """Test cases that are data, a line each."""
        place = self.checkout / CASES / f"{self.name}.json"
        lines = place.read_text(encoding="utf-8").splitlines() if place.is_file() else []
        return tuple(line for line in lines if line.strip())

    def files(self, seconds: float, shown: Sequence[int] | None = None) -> dict[str, str]:
        """Return the tree with these test cases, or with all of them; `seconds` for each test."""
        found = {
            f"{PROGRAMS}/{self.name}.py": self._text(f"{PROGRAMS}/{self.name}.py"),
            f"{TESTS}/load_testdata.py": self._text(f"{TESTS}/load_testdata.py"),
            "conftest.py": _part("conftest").replace("LIMIT_SECONDS", f"{seconds:g}"),
        }
        for folder in (PROGRAMS, TESTS):
            if (self.checkout / folder / "node.py").is_file():
                found[f"{folder}/node.py"] = self._text(f"{folder}/node.py")
        test = self._text(f"{TESTS}/test_{self.name}.py")
        if self.rows:
            kept = self.rows if shown is None else [self.rows[number] for number in shown]
            found[f"{CASES}/{self.name}.json"] = "".join(f"{row}\n" for row in kept)
        elif shown is not None:
            test = _with_tests(test, shown)
        found[f"{TESTS}/test_{self.name}.py"] = test
        return found

    def _text(self, path: str) -> str:
        try:
            return (self.checkout / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path} of the checkout cannot be read: {error}") from error

    def correct(self) -> str:
        """Return the correct program."""
        return self._text(f"{CORRECT}/{self.name}.py")


def _part(name: str) -> str:
    """Return the source of what is laid into the cases, as it is installed."""
    return (resources("evals") / "suites" / f"quixbugs_{name}.py").read_text(encoding="utf-8")


def _tests_of(text: str) -> list[ast.FunctionDef]:
    body = ast.parse(text).body
    return [n for n in body if isinstance(n, ast.FunctionDef) and n.name.startswith("test")]


def _with_tests(text: str, shown: Sequence[int]) -> str:
    """Return a test file with only these of its test functions."""
    lines = text.splitlines(keepends=True)
    for number, node in reversed(list(enumerate(_tests_of(text)))):
        if number not in shown:
            del lines[node.lineno - 1 : node.end_lineno]
    return "".join(lines)


def prepare(program: Program, directory: Path) -> Prepared:
    """Build the case's repository, and fail its visible tests.

    Raises:
        InvalidInput: the program's tests cannot be run, or none of them fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(Path(folder))
        seconds = find_limit(program, runner)
        visible = choose_visible(program, seconds, runner)
        event = runner.run(program.files(seconds, visible)).stdout
    repository = directory / "repository"
    write(program.files(seconds, visible), repository)
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "--all"),
        (*WHO, "commit", "-q", "--no-verify", "-m", f"Add {program.name}"),
    ):
        subprocess.run(["env", *FIRST_COMMIT, "git", *arguments], cwd=repository, check=True)
    return Prepared(
        repository=repository,
        event=event,
        test_command=COMMAND,
        truth=Truth(
            wanted=(ResolutionKind.PULL_REQUEST_READY,),
            cause_files=(f"{PROGRAMS}/{program.name}.py",),
            cause_functions=(
                FunctionName(path=f"{PROGRAMS}/{program.name}.py", name=program.name),
            ),
        ),
        judge=judge_of(program, seconds),
    )


def judge_of(program: Program, seconds: float) -> Judge:
    """Return all test cases, and the comparison with the correct program."""
    files = program.files(seconds)
    del files[f"{PROGRAMS}/{program.name}.py"]
    files[f"{CORRECT}/{program.name}.py"] = program.correct()
    if (program.checkout / PROGRAMS / "node.py").is_file():
        files[f"{CORRECT}/node.py"] = files[f"{PROGRAMS}/node.py"]
    files[f"{TESTS}/test_{program.name}_compared.py"] = _part("compared").replace(
        "PROGRAM_NAME", program.name
    )
    return Judge(files=files, test_command=COMMAND, reference=correct_files(program))


def correct_files(program: Program) -> dict[str, str]:
    """Return what makes the buggy program right."""
    return {f"{PROGRAMS}/{program.name}.py": program.correct()}


def find_limit(program: Program, runner: "Runner") -> float:
    """Return the processor time of one test, in seconds, that the correct program keeps within."""
    found = runner.run({**program.files(MOST_SECONDS), **correct_files(program)})
    longest = max((case.seconds for case in cases_of(found)), default=0.0)
    return round(min(MOST_SECONDS, max(LEAST_SECONDS, 2 * longest)), 1)


def cases_of(result: SandboxResult) -> tuple[TestCase, ...]:
    """Return the tests of a run in their order."""
    return parse_junit(result.files.get(REPORT, ""))


def choose_visible(program: Program, seconds: float, runner: "Runner") -> tuple[int, ...]:
    """Return the numbers of the test cases that the repository holds.

    Raises:
        InvalidInput: the tests cannot be run, or none of them fails.
    """
    files = program.files(seconds)
    count = len(program.rows) or len(_tests_of(files[f"{TESTS}/test_{program.name}.py"]))
    cases = cases_of(runner.run(files))
    if len(cases) != count:
        raise InvalidInput(f"{len(cases)} of the {count} tests of {program.name} were run.")
    failing = [n for n, case in enumerate(cases) if case.outcome is TestOutcome.FAILED]
    passing = [n for n, case in enumerate(cases) if case.outcome is TestOutcome.PASSED]
    if not failing:
        raise InvalidInput(f"No test of {program.name} fails.")
    return tuple(sorted([*halved(program.name, failing), *halved(program.name, passing)]))


def halved(name: str, numbers: Sequence[int]) -> list[int]:
    """Return the larger half of some numbers, always the same for one name."""

    def drawn(number: int) -> bytes:
        return hashlib.sha256(f"{name}/{number}".encode()).digest()

    return sorted(numbers, key=drawn)[: (len(numbers) + 1) // 2]


def write(files: Mapping[str, str], directory: Path) -> None:
    """Write files below a directory."""
    for path, text in files.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


class Runner:
    """Runs a program's tests in the sandbox."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sandbox = stoppable(BubblewrapSandbox(folder / "sandbox"))

    def run(self, files: Mapping[str, str]) -> SandboxResult:
        """Run all tests of a tree."""
        tree = self._folder / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        write(files, tree)
        setup = SetupJob(tree=tree, command=None, key=KEY, wall_seconds=RUN_SECONDS)
        job = SandboxJob(
            tree=tree,
            argv=pytest_command(COMMAND, REPORT),
            environment=self._sandbox.prepare(setup, _nothing),
            collect=(REPORT,),
            limits=SandboxLimits(wall_seconds=RUN_SECONDS),
        )
        return self._sandbox.run(job, _nothing)


def _nothing() -> None:
    """Stand for progress that nobody waits for."""
