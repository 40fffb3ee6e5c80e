"""What was concluded, by whom, how sure, and whether code can fix it."""

from enum import StrEnum

from pydantic import Field

from suture.domain.evidence import Location, Statement, Suspect
from suture.domain.hypothesis import Hypothesis
from suture.domain.reach import Reach
from suture.domain.value import Line, Prose, Value


class Category(StrEnum):
    """The sort of cause. Only the first is for the fix stage."""

    CODE_DEFECT = "code_defect"
    FLAKY_TEST = "flaky_test"
    TRANSIENT_NETWORK = "transient_network"
    OUT_OF_MEMORY = "out_of_memory"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    """Disk, file handles, connections, quota."""
    DEPENDENCY = "dependency"
    """A package is missing, broken or of the wrong version."""
    CONFIGURATION = "configuration"
    """A setting, secret or permission is missing or wrong."""
    EXTERNAL_SERVICE = "external_service"
    """Somebody else's system failed."""
    BAD_INPUT = "bad_input"
    """The service refused bad input as it should."""
    NOISE = "noise"
    UNKNOWN = "unknown"


class Fixability(StrEnum):
    """Whether the fix stage should try."""

    FIXABLE = "fixable"
    NOT_CODE = "not_code"
    NEEDS_HUMAN = "needs_human"


class Basis(StrEnum):
    """What kind of evidence a diagnosis rests on: its confidence is held against their outcomes."""

    SUSPECT = "suspect"
    """A suspect commit changed what is thought to be the cause."""
    TRACED = "traced"
    """A value was followed back to where it was made, away from the crash."""
    CRASH = "crash"
    """Only the place of the crash."""
    TESTS = "tests"
    """What failing tests run or name, without a crash."""
    RULE = "rule"
    """Words and signals of the event: no code is at fault, or nothing is known."""
    MODEL = "model"


class Diagnosis(Value):
    """A root cause with its evidence. Small enough for histories."""

    category: Category
    fixability: Fixability
    summary: Line
    """One sentence for the person who was woken up."""
    explanation: Prose = ""
    cause: Location | None = None
    """Where the fault was made, which need not be where it crashed."""
    places: tuple[Location, ...] = Field(default=(), max_length=10)
    """Where else the fault may have been made, most likely first, the cause included."""
    hypotheses: tuple[Hypothesis, ...] = Field(default=(), max_length=5)
    """Causes that compete, where the evidence names more than one; those that were kept first."""
    crash: Location | None = None
    suspect: Suspect | None = None
    statements: tuple[Statement, ...] = ()
    confidence: float = Field(ge=0, le=1)
    """As corrected by what earlier diagnoses of its kind proved to be."""
    basis: Basis = Basis.RULE
    stated: float | None = Field(default=None, ge=0, le=1)
    """The confidence before it was corrected; None where nothing corrected it."""
    confidence_note: Line = ""
    """What corrected it, for people."""
    reach: Reach | None = None
    """Who calls the cause and what tests it; None where no function is known to be at fault."""
    next_steps: tuple[Line, ...] = ()
    """For non-code causes: what a human or a playbook should do."""
    fix_in_flight: str = ""
    """The open incident that repairs the same cause, if another one does."""
    reasoned_by: str = "rules"
    """`rules`, or the model's name."""
