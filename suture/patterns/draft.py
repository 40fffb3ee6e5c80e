"""What goes into the pattern tier, and what comes out of it."""

from collections.abc import Mapping

from pydantic import Field

from suture.domain.alert import Alert
from suture.domain.diagnosis import Diagnosis
from suture.domain.evidence import Evidence
from suture.domain.patch import PatchNature
from suture.domain.value import Line, Prose, Value
from suture.localisation.spectrum import Spectrum


class FixScene(Value):
    """All that patterns may look at."""

    alert: Alert
    evidence: Evidence
    diagnosis: Diagnosis
    sources: Mapping[str, str]
    """Text by path at the base: files on the path, what they import, what suspects changed.

    Test files may be among them; they are read to see what they call and never edited.
    """
    last_good: Mapping[str, str] = Field(default_factory=dict)
    """The same files at `evidence.last_good_sha`, where they exist."""
    spectrum: Spectrum | None = None
    """What failing and passing tests run, where tests show the fault."""


class Draft(Value):
    """One candidate fix: the new content of one file."""

    path: str
    content: str
    nature: PatchNature
    title: Line
    """Imperative, for a commit's first line."""
    rationale: Prose
    pattern: str
    """Stable name, such as `names.attribute`."""
    score: float = Field(ge=0, le=1)
