"""BugsInPy: real bugs of real projects, each with the failing test's report as the alert.

https://github.com/soarsmu/BugsInPy. A case is the buggy commit with the tests that show the bug;
the fix's other new tests are hidden. The judge is the fixed commit's whole test files. A bug whose
tests do not fail before the fix, or do not pass after it, does not reproduce: it is not run.
"""

import shlex
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from importlib.resources import files as resources
from pathlib import Path

from pydantic import Field

from activities.bench import Bench, Stand
from activities.reproducing import is_green, is_red
from evals.case import Case, Judge, Language, Prepared, Truth
from evals.stopping import stoppable
from evals.suite import IncidentSuite, Threshold
from evals.suites.bugsinpy_checkout import Bug, read_bugs
from evals.suites.bugsinpy_repository import Fix, build_repository, read_fix
from integrations.bubblewrap.sandbox import BubblewrapSandbox
from integrations.git.source import GitSources
from suture.domain.resolution import ResolutionKind
from suture.domain.service import Service
from suture.domain.value import CommitSha, Value
from suture.errors import InvalidInput
from suture.policy.model import SandboxBounds
from suture.settings import package_client_settings
from suture.traces.detect import parse_report

CASE_SECONDS = 900.0
RUN_SECONDS = 120.0
CRASH, ASSERTION = "crash", "assertion"
OLD = "suture_old_pytest-1.dist-info"
METADATA = "Metadata-Version: 2.1\nName: suture-old-pytest\nVersion: 1\n"
ENTRY = "[pytest11]\nsuture_old_pytest = suture_old_pytest\n"


class Needs(Value):
    """What a project's tests need on a present-day Python."""

    setup: str
    """Shell command with `$VIRTUAL_ENV` set."""


class Table(Value):
    """The data file of this suite."""

    restored: str
    """Python that gives old code the names that the standard library no longer has."""
    restored_pytest: str
    """A plugin of pytest that gives old tests what pytest no longer has."""
    projects: dict[str, Needs] = Field(default_factory=dict)


def load(path: Path | None) -> IncidentSuite:
    """Return the suite of the projects whose clones lie beside the checkout, each by its name.

    Raises:
        InvalidInput: it is no checkout of BugsInPy, or no clone lies beside it.
    """
    if path is None:
        raise InvalidInput("bugsinpy needs a checkout of BugsInPy.")
    bugs = read_bugs(path)
    if not bugs:
        raise InvalidInput(f"Beside {path} lies no clone of a project, such as {path.parent}/tqdm.")
    return IncidentSuite(
        name="bugsinpy",
        cases=tuple(
            Case(
                name=bug.name,
                language=Language.PYTHON,
                prepare=partial(prepare, bug),
                group=bug.project.lower(),
                seconds=CASE_SECONDS,
            )
            for bug in bugs
        ),
        thresholds=(
            Threshold(metric="resolved", least=0.15),
            Threshold(metric="right_of_offered", least=0.8),
            Threshold(metric="function_at_1", label=CRASH, least=0.7),
            Threshold(metric="function_at_5", least=0.8),
        ),
    )


def prepare(bug: Bug, directory: Path) -> Prepared:
    """Build the case's repository, see its tests fail, and see them pass with the fix.

    Raises:
        InvalidInput: the bug does not reproduce here.
    """
    fix = read_fix(bug)
    repository = directory / "repository"
    head = build_repository(bug, fix, repository)
    prepared = Prepared(
        repository=repository,
        event="",
        test_command=suite_command(fix),
        setup_command=setup_command(bug),
        truth=Truth(
            wanted=(ResolutionKind.PULL_REQUEST_READY,),
            cause_files=tuple(path for path in fix.sources if path.endswith(".py")),
            cause_functions=fix.changed,
        ),
        judge=Judge(files=dict(fix.tests), reference=fix.sources),
    )
    with _stand(bug, prepared, head) as stand:
        event = see_it_fail(fix, stand)
        return prepared.model_copy(update={"event": event, "labels": (kind_of(event),)})


def kind_of(event: str) -> str:
    """Tell a crash from a test that ended with an assertion of its own."""
    received_at = datetime.now(tz=UTC)
    raised = parse_report(event, service="bug", received_at=received_at).exceptions
    return CRASH if raised and "Assert" not in raised[-1].type else ASSERTION


def see_it_fail(fix: Fix, stand: Stand) -> str:
    """Return what the failing tests say on the buggy commit.

    Raises:
        InvalidInput: they do not fail there, or do not pass with the fix.
    """
    base = stand.run_tests(fix.failing, {})
    if not is_red(base):
        raise InvalidInput(f"It does not reproduce: no test fails. {base.problem}")
    if not is_green(stand.run_tests(fix.failing, {**fix.sources, **fix.tests})):
        raise InvalidInput("It does not reproduce: its tests do not pass with the fix.")
    return base.output


def suite_command(fix: Fix) -> str:
    """Return the command that runs the test files of a bug."""
    paths = dict.fromkeys(node.partition("::")[0] for node in fix.failing)
    return shlex.join(["python", "-m", "pytest", "-q", *paths])


def setup_command(bug: Bug) -> str:
    """Return the shell command that installs what a bug's tests need.

    A project without a line in the table gets what the checkout pins for the bug.
    """
    table = read_table()
    needs = table.projects.get(bug.project)
    return "\n".join(
        [
            needs.setup.strip() if needs else _pinned(bug.pins),
            'cd "$(python -c \'import sysconfig; print(sysconfig.get_path("purelib"))\')"',
            f"printf %s {shlex.quote(table.restored)} > suture_old_names.py",
            "echo import suture_old_names > suture_old_names.pth",
            f"printf %s {shlex.quote(table.restored_pytest)} > suture_old_pytest.py",
            f"mkdir -p {OLD}",
            f"printf %s {shlex.quote(METADATA)} > {OLD}/METADATA",
            f"printf %s {shlex.quote(ENTRY)} > {OLD}/entry_points.txt",
        ]
    )


def _pinned(pins: Iterable[str]) -> str:
    script = _beside("bugsinpy_install.py")
    listed = shlex.quote("\n".join(pins))
    return f"pip install uv\nprintf %s {listed} | python -c {shlex.quote(script)}"


@cache
def read_table() -> Table:
    """Return what the projects need."""
    found: Mapping[str, object] = tomllib.loads(_beside("bugsinpy.toml"))
    return Table.model_validate(found)


def _beside(name: str) -> str:
    return (resources("evals") / "suites" / name).read_text(encoding="utf-8")


@contextmanager
def _stand(bug: Bug, prepared: Prepared, head: CommitSha) -> Iterator[Stand]:
    """Give a stand on the case's tree. Environments stay in the user's cache, as those of runs."""
    kept = Path.home() / ".cache" / "suture" / "sandbox"
    with tempfile.TemporaryDirectory() as folder:
        service = Service(
            name=bug.name,
            repository=str(prepared.repository),
            test_command=prepared.test_command,
            setup_command=prepared.setup_command,
        )
        bench = Bench(
            sandbox=stoppable(BubblewrapSandbox(kept, package_settings=package_client_settings())),
            repository=GitSources(Path(folder)).open(str(prepared.repository)),
            service=service,
            bounds=SandboxBounds(wall_seconds=RUN_SECONDS),
        )
        with bench.at(head) as stand:
            yield stand
