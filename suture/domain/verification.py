"""What the harness saw when it ran things. The model's word counts for nothing here."""

from enum import StrEnum

from pydantic import Field

from suture.domain.evidence import Location
from suture.domain.hypothesis import Hypothesis
from suture.domain.patch import Candidate, FileChange, Patch
from suture.domain.usage import Usage
from suture.domain.value import Digest, Line, Prose, Value


class Oracle(StrEnum):
    """What says that the patched behaviour is right, strongest first."""

    FAILING_TEST = "failing_test"
    """A test of the project's own that fails on the base."""
    LAST_GOOD = "last_good"
    """The same call gave an answer before the suspect commit."""
    STATED_CONTRACT = "stated_contract"
    """The code itself says what is right: an annotation, a docstring example, a sibling branch."""
    NO_CRASH = "no_crash"
    """Only that the reported exception is gone. Too weak to verify a fix alone."""


class TestOutcome(StrEnum):
    """How one test ended."""

    __test__ = False

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class TestCase(Value):
    """One test in a report."""

    __test__ = False

    node_id: str
    outcome: TestOutcome
    message: str = ""
    seconds: float = Field(default=0.0, ge=0)


class SuiteReport(Value):
    """One run of a test suite. An artifact."""

    ran: bool
    """False when the runner itself could not start or was stopped by a limit."""
    cases: tuple[TestCase, ...] = ()
    problem: Prose = ""
    """Why it did not run, when it did not."""
    seconds: float = Field(default=0.0, ge=0)
    output: str = ""
    """Tail of the runner's output, bounded at 64 KiB."""


class SuiteSummary(Value):
    """What histories hold of a suite report."""

    report: Digest
    ran: bool
    passed: int = Field(ge=0)
    failed: int = Field(ge=0)
    """Failures and errors together."""
    skipped: int = Field(ge=0)
    flaky: tuple[str, ...] = ()
    """Tests whose outcome changed between identical runs; they count neither way."""


class Reproduction(Value):
    """A test that shows the fault, small enough for histories; its files are an artifact."""

    reproduced: bool
    """Red on the base, with the reported exception at the reported place."""
    files: Digest | None = None
    """`ReproductionFiles` as canonical JSON."""
    node_ids: tuple[str, ...] = ()
    oracle: Oracle | None = None
    regression_test: str | None = None
    """Path of the test that goes into the pull request; None when an existing test is the proof."""
    reason: Prose = ""
    """How it was rebuilt, or why it could not be."""
    spectrum: Digest | None = None
    """What failing and passing tests run, as an artifact, where tests show the fault."""
    places: tuple[Location, ...] = Field(default=(), max_length=10)
    """Where that says the fault may have been made, the likeliest function first."""
    hypotheses: tuple[Hypothesis, ...] = Field(default=(), max_length=5)
    """Causes that compete, with what values in failing and passing tests say of each."""
    usage: Usage = Usage()


class ReproductionFiles(Value):
    """The artifact behind a `Reproduction`."""

    test_files: tuple[FileChange, ...]
    """Files to lay over the tree; they become part of the pull request."""
    probe: str = ""
    """A script for the sandbox that prints the observed result of the reported call as JSON."""
    expected: str = ""
    """What the oracle says the probe must print; empty when only the test decides."""


class VerdictReason(StrEnum):
    """Why a patch was not verified."""

    VERIFIED = "verified"
    NOT_REPRODUCED = "not_reproduced"
    STILL_RED = "still_red"
    GREEN_WITHOUT_FIX = "green_without_fix"
    SUITE_DID_NOT_RUN = "suite_did_not_run"
    NEW_FAILURES = "new_failures"
    OUTSIDE_BLAST_RADIUS = "outside_blast_radius"
    HIDES_ERROR = "hides_error"
    WEAK_ORACLE = "weak_oracle"
    """Survivors disagree about the right answer, or nothing says what it is."""
    DOES_NOT_APPLY = "does_not_apply"


class Scrutiny(Value):
    """What was looked at beyond the gate, of a patch that passes it. It can only speak against."""

    mutants: int = Field(default=0, ge=0)
    """Small wrong variants of the fix that the regression test was run on."""
    survivors: tuple[Line, ...] = ()
    """Those that it did not notice."""
    suite_ratio: float | None = Field(default=None, gt=0)
    """How many times longer the suite takes with the fix, where that was seen twice."""
    compared: int = Field(default=0, ge=0)
    """Calls of changed functions, as tests make them and varied, made without and with the fix."""
    differences: int = Field(default=0, ge=0)
    """Those that answer otherwise with the fix."""
    statements: int = Field(default=0, ge=0)
    """Statements that the fix adds or changes; 0 where nobody could tell what runs."""
    covered_by_test: int = Field(default=0, ge=0)
    """Those that the tests run that show the fault."""
    covered: int = Field(default=0, ge=0)
    """Those that any test runs."""
    uncovered: tuple[Line, ...] = ()
    """Where the others are."""
    notes: tuple[Line, ...] = ()
    """For the person who approves."""


class Verification(Value):
    """The evidence gate's answer for one patch."""

    verified: bool
    reason: VerdictReason
    explanation: Prose = ""
    patch: Patch
    full_diff: Digest | None = None
    """The fix and its regression test in one unified diff: what the pull request holds."""
    reproduction: Reproduction
    red_on_base: bool = False
    green_with_patch: bool = False
    red_without_fix: bool = False
    base_suite: SuiteSummary | None = None
    patched_suite: SuiteSummary | None = None
    new_failures: tuple[str, ...] = ()
    scrutiny: Scrutiny | None = None
    """None: the patch did not get that far."""
    usage: Usage = Usage()

    @property
    def red_green_red(self) -> bool:
        """Whether all three observations of the evidence gate hold."""
        return self.red_on_base and self.green_with_patch and self.red_without_fix


class TrialReport(Value):
    """What came of trying a batch of candidates on the reproduction, and of gating survivors."""

    verification: Verification | None
    """Of the best candidate: verified or the nearest miss. None when no candidate went green."""
    tried: int = Field(ge=0)
    green: tuple[Candidate, ...] = ()
    """Candidates that turned the reproduction green, best first, at most ten."""
    mitigation: Candidate | None = None
    """A candidate that only hides the error: shown to the human, never offered as a fix."""
    notes: tuple[Line, ...] = ()
    usage: Usage = Usage()
