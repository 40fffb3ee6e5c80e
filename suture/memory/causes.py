"""When two incidents have one cause, and what is said of incidents that are alike."""

from suture.canonical import digest_of
from suture.domain.diagnosis import Diagnosis, Fixability
from suture.domain.evidence import Citation, CitationKind, Statement
from suture.domain.resolution import ResolutionKind
from suture.domain.service import Service
from suture.domain.value import Digest, Value
from suture.ports.memory import FixInFlight, SimilarIncident

HELPED = frozenset({ResolutionKind.FIXED, ResolutionKind.PULL_REQUEST_READY})
MAX_TEXT = 1_000


class Cause(Value):
    """What makes two faults one: the function at fault, and the commit that made it so."""

    repository: str
    path: str
    function: str
    commit: str


def cause_of(diagnosis: Diagnosis, service: Service) -> Digest | None:
    """Name the cause of a diagnosis; None where too little is known to call it the same.

    A line says nothing: it moves. Without a commit to suspect, one function may have two faults.
    """
    cause, suspect = diagnosis.cause, diagnosis.suspect
    if diagnosis.fixability is not Fixability.FIXABLE or cause is None or suspect is None:
        return None
    return digest_of(
        Cause(
            repository=service.repository,
            path=cause.path,
            function=cause.function or "",
            commit=suspect.commit,
        )
    )


def describe_similar(similar: SimilarIncident) -> Statement:
    """Tell an earlier incident with what helped and what did not."""
    past = similar.past
    text = f"Incident {past.incident_id} of {past.closed_at:%Y-%m-%d} is alike"
    text += f" ({similar.likeness:.0%}) and ended as {past.kind}: {past.summary}"
    if past.merge_sha is None:
        text += " No fix of it was merged."
        return Statement(text=text[:MAX_TEXT])
    helped = "helped" if past.kind in HELPED else "did not help"
    text += f" Its fix, merged as {past.merge_sha[:12]}, {helped}."
    citation = Citation(kind=CitationKind.COMMIT, commit=past.merge_sha)
    return Statement(text=text[:MAX_TEXT], citations=(citation,))


def describe_in_flight(fix: FixInFlight) -> Statement:
    """Tell that another incident is about the same cause."""
    text = f"Incident {fix.incident_id} has the same cause and is being repaired"
    text += f": {fix.pull_request}" if fix.pull_request else " already."
    return Statement(text=text[:MAX_TEXT])
