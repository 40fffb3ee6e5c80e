"""How alike incidents are, and when two have one cause."""

from datetime import UTC, datetime, timedelta

import pytest

from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo, FailedTest
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from suture.domain.evidence import Evidence, Location, Suspect
from suture.domain.incident import IncidentKey
from suture.domain.resolution import ResolutionKind
from suture.domain.service import Service
from suture.memory.causes import cause_of, describe_in_flight, describe_similar
from suture.memory.similarity import MAX_SIMILAR, likeness, most_alike, traits_of
from suture.ports.memory import FixInFlight, IncidentTraits, PastIncident, SimilarIncident

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEY = IncidentKey(service="shop", fingerprint="1" * 64)
SHOP = Service(name="shop", repository="shop.git")


def traits(name: str, *frames: str, words: str = "no price of tea") -> IncidentTraits:
    return IncidentTraits(
        incident_id=name,
        service="shop",
        at=NOW,
        kind="KeyError",
        frames=frames,
        words=tuple(words.split()),
    )


def ended(name: str, kind: ResolutionKind = ResolutionKind.FIXED, days: int = 0) -> PastIncident:
    return PastIncident(
        incident_id=name,
        run_id=f"run-{name}",
        kind=kind,
        summary="Tea has no price.",
        closed_at=NOW - timedelta(days=days),
        merge_sha="b" * 40 if kind is not ResolutionKind.NO_FIX_FOUND else None,
    )


def test_the_same_incident_is_wholly_alike_and_another_not_at_all() -> None:
    one = traits("a", "shop/desk.py:ask", "shop/cart.py:total")
    assert likeness(one, one) == 1
    other = IncidentTraits(incident_id="b", service="till", at=NOW, kind="OSError", words=("x",))
    assert likeness(one, other) == 0
    assert likeness(other, other) == 1
    nothing = other.model_copy(update={"words": ()})
    assert 0 < likeness(nothing, nothing) < 1


def test_the_last_call_counts_more_than_the_first() -> None:
    one = traits("a", "a.py:one", "b.py:two", "c.py:three")
    same_end = traits("b", "x.py:one", "b.py:two", "c.py:three")
    same_start = traits("c", "a.py:one", "b.py:two", "x.py:three")
    assert likeness(one, same_end) > likeness(one, same_start)


def test_the_most_alike_and_the_newest_come_first() -> None:
    new = traits("new", "a.py:f", "b.py:g")
    known = [
        (traits("far", "x.py:y", words="quite another"), ended("far")),
        (traits("old", "a.py:f", "b.py:g"), ended("old", days=9)),
        (traits("newer", "a.py:f", "b.py:g"), ended("newer", days=1)),
        (traits("new", "a.py:f", "b.py:g"), ended("new")),
        (traits("near", "z.py:f", "b.py:g"), ended("near")),
        (traits("nearer", "b.py:g"), ended("nearer", days=3)),
    ]
    found = [each.past.incident_id for each in most_alike(new, known)]
    assert found[:2] == ["newer", "old"]
    assert len(found) == MAX_SIMILAR
    assert "far" not in found


def alert(**changed: object) -> Alert:
    return Alert(
        alert_id="1",
        source=AlertSource.GENERIC,
        kind=AlertKind.EXCEPTION,
        service="shop",
        title="Checkout of order 4711 failed",
        occurred_at=NOW,
    ).model_copy(update=changed)


def test_traits_hold_names_and_no_numbers() -> None:
    evidence = Evidence(
        base_sha="a" * 40,
        exception=0,
        path=(
            Location(path="shop/desk.py", line=3, function="ask"),
            Location(path="shop/cart.py", line=9),
        ),
    )
    errors = (
        ExceptionInfo(type="KeyError", value="no price of tea-4711"),
        ExceptionInfo(type="RuntimeError", value="it failed"),
    )
    found = traits_of(KEY, NOW, alert(exceptions=errors), evidence)
    assert found.kind == "KeyError"
    assert found.frames == ("shop/desk.py:ask", "shop/cart.py:")
    assert found.words == ("price", "tea")
    last = traits_of(KEY, NOW, alert(exceptions=errors), Evidence(base_sha="a" * 40))
    assert last.kind == "RuntimeError"
    tests = (FailedTest(node_id="t", message="expected Cake"),)
    told = traits_of(KEY, NOW, alert(failed_tests=tests), Evidence(base_sha="a" * 40))
    assert told.kind == "exception"
    assert told.words == ("checkout", "order", "failed", "expected", "cake")


SUSPECT = Suspect(
    commit="c" * 40, author="Ada", committed_at=NOW, summary="Sell", score=0.5, reasons=("It did.",)
)
DEFECT = Diagnosis(
    category=Category.CODE_DEFECT,
    fixability=Fixability.FIXABLE,
    summary="Wrong.",
    confidence=0.5,
    cause=Location(path="shop/cart.py", line=2, function="total"),
    suspect=SUSPECT,
)


def test_a_cause_is_one_function_and_one_commit_whatever_the_line() -> None:
    cause = cause_of(DEFECT, SHOP)
    assert cause is not None
    moved = DEFECT.model_copy(
        update={"cause": Location(path="shop/cart.py", line=7, function="total")}
    )
    assert cause_of(moved, SHOP) == cause
    other = DEFECT.model_copy(update={"cause": Location(path="shop/cart.py", line=2)})
    assert cause_of(other, SHOP) != cause
    assert cause_of(DEFECT, Service(name="shop", repository="till.git")) != cause


@pytest.mark.parametrize("missing", ["cause", "suspect", "fixability"])
def test_what_is_hardly_known_is_no_known_cause(missing: str) -> None:
    value = Fixability.NEEDS_HUMAN if missing == "fixability" else None
    assert cause_of(DEFECT.model_copy(update={missing: value}), SHOP) is None


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (ResolutionKind.FIXED, "helped"),
        (ResolutionKind.REGRESSED, "did not help"),
        (ResolutionKind.NO_FIX_FOUND, "No fix of it was merged"),
    ],
)
def test_what_helped_and_what_did_not_is_told(kind: ResolutionKind, said: str) -> None:
    told = describe_similar(SimilarIncident(likeness=0.71, past=ended("incident-9", kind)))
    assert "incident-9" in told.text
    assert "71%" in told.text
    assert said in told.text
    assert [each.commit for each in told.citations] == (["b" * 40] if "help" in said else [])


def test_a_fix_in_flight_is_told_with_its_pull_request() -> None:
    fix = FixInFlight(cause="c" * 64, incident_id="incident-9", until=NOW)
    assert "repaired already" in describe_in_flight(fix).text
    proposed = fix.model_copy(update={"pull_request": "https://example.org/1"})
    assert describe_in_flight(proposed).text.endswith("https://example.org/1")
