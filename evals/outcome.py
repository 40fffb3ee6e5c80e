"""What came of a case or an item: one file each in the run's directory."""

from enum import StrEnum

from pydantic import Field

from evals.case import Language
from suture.domain.diagnosis import Category
from suture.domain.evidence import Location, Statement, Suspect
from suture.domain.incident import TimelineEntry
from suture.domain.resolution import ResolutionKind
from suture.domain.usage import Usage
from suture.domain.value import Slug, Value


class Ending(StrEnum):
    """How a case counts."""

    RESOLVED = "resolved"
    """A fix was offered and the hidden judge finds it right."""
    WRONG_FIX = "wrong_fix"
    """A fix was offered that is wrong, or where no code was to be changed: the worst."""
    UNJUDGED_FIX = "unjudged_fix"
    """A fix was offered and nothing could judge it."""
    RIGHT_OUTCOME = "right_outcome"
    """Not to be fixed by code, and said so rightly."""
    HONEST = "honest"
    """No fix, and no wrong claim either: "I don't know", or an ending that the case tolerates."""
    WRONG_OUTCOME = "wrong_outcome"
    """No fix, and a wrong claim of what it is."""
    TIMED_OUT = "timed_out"
    """No answer within the case's time."""
    DIAGNOSED = "diagnosed"
    """Only the diagnosis was asked for, and it says that code is to be fixed."""
    NOT_RUN = "not_run"
    """The case could not be built, or the harness failed: it is scored nowhere."""


class JudgeVerdict(StrEnum):
    """What hidden tests say."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_RUNNABLE = "not_runnable"


class JudgeReport(Value):
    """What judged an offered fix, and what it saw."""

    verdict: JudgeVerdict
    explanation: str
    output: str = ""
    """Tail of what the tests printed."""


class Place(StrEnum):
    """What a root cause is scored by."""

    FILE = "file"
    FUNCTION = "function"
    COMMIT = "commit"


class Trial(Value):
    """Candidates of one batch or one model tier that were tried in the sandbox."""

    tried: int = Field(ge=0)
    green: tuple[str, ...] = ()
    """Titles of candidates that turned the reproduction green, best first."""
    said: str = ""
    """What the evidence gate said of the best."""
    notes: tuple[str, ...] = ()


class Drill(Value):
    """What a person looks at who asks why. Bounded; hostile text throughout."""

    event: str = ""
    explanation: str = ""
    statements: tuple[Statement, ...] = ()
    places: tuple[Location, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    trials: tuple[Trial, ...] = ()
    diff: str = ""
    origin: str = ""
    """The pattern's or the model's name."""
    timeline: tuple[TimelineEntry, ...] = ()
    truth: tuple[str, ...] = ()
    """What would have been right, in words."""


class CaseResult(Value):
    """What came of one case."""

    name: Slug
    language: Language
    group: str = ""
    labels: tuple[str, ...] = ()
    fixable: bool = True
    ending: Ending
    kind: ResolutionKind | None = None
    category: Category | None = None
    summary: str = ""
    confidence: float | None = None
    ranks: dict[Place, int | None] = Field(default_factory=dict)
    """Rank of the first right answer, from 1; None: not among those given. What the truth does
    not say is left out."""
    judge: JudgeReport | None = None
    usage: Usage = Usage()
    setup_seconds: float = Field(default=0.0, ge=0)
    """Building the case and the environment, which production has ready."""
    seconds: float = Field(default=0.0, ge=0)
    """From the alert to the end of the incident."""
    code: str = ""
    """Digest of Suture's own code that ran it."""
    drill: Drill = Drill()

    @property
    def scored(self) -> bool:
        """Whether it counts at all."""
        return self.ending is not Ending.NOT_RUN

    @property
    def offered(self) -> bool:
        """Whether a fix was offered as verified."""
        return self.ending in {Ending.RESOLVED, Ending.WRONG_FIX, Ending.UNJUDGED_FIX}


class ItemResult(Value):
    """What came of one item of a measurement suite."""

    name: Slug
    group: str = ""
    metrics: dict[str, float] = Field(default_factory=dict)
    counts: dict[str, float] = Field(default_factory=dict)
    sections: dict[str, str] = Field(default_factory=dict)
    problem: str = ""
    """Why it could not be measured; then it is scored nowhere."""
    seconds: float = Field(default=0.0, ge=0)
    code: str = ""
