"""pytest and unittest."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files as resources

from suture.domain.service import ToolchainName
from suture.domain.verification import SuiteReport
from suture.toolchain.model import REPORT_PATH, Invocation, Project, SetUp
from suture.verdict.commands import pytest_command, select_tests
from suture.verdict.junit import parse_junit
from suture.verdict.suite import Ends, SuiteRun, read_report, read_suite

DEFAULT = "python -m pytest -q"
DEFAULT_UNITTEST = "python -m unittest"
RUNNER_PATH = ".suture_unittest.py"
UNITTEST = re.compile(
    r"^\s*(?P<python>python[\d.]*)\s+(?:(?:-[BbIsu]+|-[WX]\s*\S+)\s+)*-m\s+unittest\b(?P<rest>.*)$"
)
SHELL = re.compile(r"[|&;<>()$`\n*?~#{}\[\]!]")
UNITTEST_ENDS = Ends(fine=frozenset({0, 5}))
"""Since Python 3.12 the code 5 says that no test ran."""


@dataclass(frozen=True, kw_only=True)
class PytestToolchain:
    """Tests that pytest runs, whatever they are written for."""

    project: Project

    @property
    def name(self) -> ToolchainName:
        """It is pytest."""
        return ToolchainName.PYTEST

    @property
    def command(self) -> str:
        """The project's own command, or plain pytest."""
        return self.project.test_command or DEFAULT

    def set_up(self) -> SetUp:
        """Install what the lock files ask for."""
        return SetUp(command=None, python=True)

    def whole(self) -> Invocation:
        """Run the command with a report."""
        return Invocation(argv=pytest_command(self.command, REPORT_PATH))

    def selected(self, node_ids: Sequence[str]) -> Invocation:
        """Run these tests only."""
        return Invocation(argv=select_tests(self.command, node_ids, REPORT_PATH))

    def read(self, run: SuiteRun, invocation: Invocation) -> SuiteReport:
        """Read JUnit XML, or what was printed where there is none."""
        del invocation
        return read_suite(run)


@dataclass(frozen=True, kw_only=True)
class UnittestToolchain:
    """Tests that `python -m unittest` runs. Their ids are pytest's."""

    project: Project

    @property
    def name(self) -> ToolchainName:
        """It is unittest."""
        return ToolchainName.UNITTEST

    def set_up(self) -> SetUp:
        """Install what the lock files ask for."""
        return SetUp(command=None, python=True)

    def whole(self) -> Invocation:
        """Run what the command runs, with a report."""
        match = UNITTEST.match(self.project.test_command or DEFAULT_UNITTEST)
        own = shlex.split(match["rest"]) if match else []
        python = match["python"] if match else "python"
        text = (resources("suture.toolchain") / "unittest_runner.py").read_text(encoding="utf-8")
        return Invocation(argv=(python, RUNNER_PATH, REPORT_PATH, *own), files={RUNNER_PATH: text})

    def selected(self, node_ids: Sequence[str]) -> Invocation:
        """Run these tests only: by pytest, which runs them as well as tests of its own kind."""
        argv = select_tests(DEFAULT, node_ids, REPORT_PATH)
        return Invocation(argv=argv, chosen=tuple(node_ids))

    def read(self, run: SuiteRun, invocation: Invocation) -> SuiteReport:
        """Read the JUnit XML of whichever ran."""
        if invocation.chosen:
            return read_suite(run)
        return read_report(run, parse_junit, UNITTEST_ENDS)


def runs_unittest(command: str) -> bool:
    """Whether a command is a plain start of unittest, which the runner can stand in for."""
    if SHELL.search(command) or UNITTEST.match(command) is None:
        return False
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True
