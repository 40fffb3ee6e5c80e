"""Observations, patches and survivors for the tests of judging."""

from collections.abc import Sequence

from pydantic import JsonValue

from suture.domain.patch import Candidate, ChangedFile, Patch, PatchNature
from suture.verdict.contract import ContractVerdict
from suture.verdict.neighbours import Comparison
from suture.verdict.observation import Observation, ObservedFrame, Outcome
from suture.verdict.oracle import Survivor

NONE: JsonValue = {"type": "NoneType", "repr": "None"}
CRASH = ObservedFrame(path="shop/cart.py", function="total", line=3, text="return a / b")


def number(value: float) -> JsonValue:
    return {"type": type(value).__name__, "repr": repr(value)}


def returned(value: float | None, neighbours: Sequence[Observation] = ()) -> Observation:
    described = NONE if value is None else number(value)
    return Observation(outcome=Outcome.RETURNED, value=described, neighbours=tuple(neighbours))


def raised(
    kind: str = "ZeroDivisionError",
    message: str = "division by zero",
    frames: Sequence[ObservedFrame] = (CRASH,),
    neighbours: Sequence[Observation] = (),
) -> Observation:
    return Observation(
        outcome=Outcome.RAISED,
        type=kind,
        message=message,
        frames=tuple(frames),
        neighbours=tuple(neighbours),
    )


UNUSABLE = Observation(outcome=Outcome.UNUSABLE)


def patch(nature: PatchNature = PatchNature.REPAIR, lines: int = 1, origin: str = "x") -> Patch:
    return Patch(
        base_sha="a" * 40,
        digest="b" * 64,
        files=(ChangedFile(path="shop/cart.py", added=lines, removed=0),),
        nature=nature,
        title="Mend it",
        origin=origin,
    )


def candidate(
    name: str = "one",
    nature: PatchNature = PatchNature.REPAIR,
    lines: int = 1,
    score: float = 0.5,
    origin: str = "wrong-operator",
) -> Candidate:
    return Candidate(candidate_id=name, patch=patch(nature, lines, origin), score=score)


def survivor(
    name: str = "one",
    *,
    value: float | None = 1.0,
    nature: PatchNature = PatchNature.REPAIR,
    lines: int = 1,
    score: float = 0.5,
    suite_ok: bool = True,
    contract: ContractVerdict = ContractVerdict.SATISFIED,
    mechanical: bool = False,
    by_convention: bool = False,
    contradiction: str = "",
    preserved: int = 1,
) -> Survivor:
    return Survivor(
        candidate=candidate(name, nature, lines, score),
        observation=returned(value),
        suite_ok=suite_ok,
        contract=contract,
        mechanical=mechanical,
        by_convention=by_convention,
        comparison=Comparison(contradiction=contradiction, preserved=preserved),
    )
