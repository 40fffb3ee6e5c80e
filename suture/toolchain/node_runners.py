"""The runners of JavaScript and TypeScript: Node's own, jest, vitest and mocha.

Each is told to write its own structured report. A selection runs the files that hold the tests,
whole: how runners match names differs from version to version, and the report is narrowed anyway.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from suture.domain.service import ToolchainName
from suture.domain.verification import SuiteReport, TestCase
from suture.toolchain.javascript import (
    command_for,
    command_with,
    files_of,
    invocation,
    script_of,
    set_up_of,
)
from suture.toolchain.js_reports import NODE_REPORTER, parse_jest, parse_mocha, parse_node
from suture.toolchain.model import REPORT_PATH, Invocation, Project, SetUp
from suture.toolchain.naming import narrowed
from suture.toolchain.shell import with_leading_options, with_options
from suture.verdict.suite import Ends, SuiteRun, read_report

ENDS = Ends()
REPORTER_PATH = ".suture-reporter.mjs"


@dataclass(frozen=True, kw_only=True)
class Runner:
    """What differs from runner to runner."""

    name: ToolchainName
    programs: frozenset[str]
    """What starts it."""
    default: str
    """The command where the project has none of its own."""
    options: tuple[str, ...]
    """What makes it write the report."""
    parse: Callable[[str, frozenset[str]], tuple[TestCase, ...]]
    ends: Ends = ENDS
    leading: bool = False
    """Whether the options must stand before all arguments."""
    files: tuple[tuple[str, str], ...] = ()


RUNNERS = {
    runner.name: runner
    for runner in (
        Runner(
            name=ToolchainName.NODE,
            programs=frozenset({"node", "tsx", "nodejs"}),
            default="node --test",
            options=(
                f"--test-reporter=./{REPORTER_PATH}",
                f"--test-reporter-destination={REPORT_PATH}",
            ),
            parse=parse_node,
            leading=True,
            files=((REPORTER_PATH, NODE_REPORTER),),
        ),
        Runner(
            name=ToolchainName.JEST,
            programs=frozenset({"jest", "react-scripts"}),
            default="jest",
            options=("--json", f"--outputFile={REPORT_PATH}", "--watchAll=false"),
            parse=parse_jest,
        ),
        Runner(
            name=ToolchainName.VITEST,
            programs=frozenset({"vitest"}),
            default="vitest run",
            options=("--run", "--reporter=json", f"--outputFile={REPORT_PATH}"),
            parse=parse_jest,
        ),
        Runner(
            name=ToolchainName.MOCHA,
            programs=frozenset({"mocha", "_mocha"}),
            default="mocha",
            options=("--reporter", "json", "--reporter-option", f"output={REPORT_PATH}"),
            parse=parse_mocha,
            ends=Ends(failed=frozenset(range(1, 256))),
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class NodeToolchain:
    """Tests of a package of npm's."""

    runner: Runner
    project: Project

    @property
    def name(self) -> ToolchainName:
        """Which runner it is."""
        return self.runner.name

    def set_up(self) -> SetUp:
        """Install what the package asks for."""
        return set_up_of(self.project)

    def whole(self) -> Invocation:
        """Run the package's own script, with a report.

        A script that does not start the runner visibly is run as it is, and leaves no report.
        """
        runner = self.runner
        own = script_of(self.project) or runner.default
        told = command_with(self.project, runner.programs, runner.options, leading=runner.leading)
        if told is None and not script_of(self.project):
            told = self._with_report(runner.default)
        return invocation(told or own, files=dict(runner.files))

    def selected(self, node_ids: Sequence[str]) -> Invocation:
        """Run the files that hold the tests."""
        runner = self.runner
        command = command_for(self.project, runner.programs, files_of(node_ids), runner.default)
        return invocation(self._with_report(command), node_ids, dict(runner.files))

    def read(self, run: SuiteRun, invocation: Invocation) -> SuiteReport:
        """Read the runner's own report."""
        # A test that is only laid over the tree is none of the project's files.
        runner, files = self.runner, frozenset((*self.project.files, *files_of(invocation.chosen)))
        report = read_report(run, lambda text: runner.parse(text, files), runner.ends)
        return narrowed(report, invocation.chosen)

    def _with_report(self, command: str) -> str:
        runner = self.runner
        add = with_leading_options if runner.leading else with_options
        return add(command, runner.programs, runner.options) or command
