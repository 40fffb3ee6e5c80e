"""What a diagnosis takes over from the runs of a reproduction."""

from suture.domain.diagnosis import Diagnosis
from suture.domain.hypothesis import Hypothesis, HypothesisState
from suture.domain.verification import Reproduction


def learned(diagnosis: Diagnosis, reproduction: Reproduction) -> Diagnosis:
    """Return the diagnosis with the places and hypotheses of a reproduction.

    The cause moves only where the runs rule it out and keep another one.
    """
    changes: dict[str, object] = {}
    if reproduction.places:
        changes["places"] = reproduction.places
    if reproduction.hypotheses:
        changes["hypotheses"] = reproduction.hypotheses
        kept = _kept_instead(diagnosis, reproduction.hypotheses)
        if kept is not None:
            changes["cause"] = kept.place
    return diagnosis.model_copy(update=changes)


def _kept_instead(diagnosis: Diagnosis, hypotheses: tuple[Hypothesis, ...]) -> Hypothesis | None:
    """Return the hypothesis that was kept, where the one of the cause was ruled out."""
    cause = diagnosis.cause
    if cause is None:
        return None
    own = next(
        (
            each
            for each in hypotheses
            if (each.place.path, each.place.function) == (cause.path, cause.function)
        ),
        None,
    )
    if own is None or own.state is not HypothesisState.RULED_OUT:
        return None
    return next((each for each in hypotheses if each.state is HypothesisState.KEPT), None)
