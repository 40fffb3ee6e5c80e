"""What holds for every list of drafts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suture.domain.evidence import Location
from suture.domain.patch import PatchNature
from suture.patterns import FixScene, propose
from suture.patterns.catalogue import PATTERNS
from suture.patterns.proposal import MAX_CANDIDATES
from tests.patterns.crashes import APP, TEST, Example, example_of, scene_of
from tests.patterns.oddities import CRASH, scenes


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_drafts_compile_differ_and_are_ranked_with_hiding_last(pattern: object) -> None:
    example = example_of(pattern.suggest)  # type: ignore[attr-defined]
    drafts = propose(scene_of(example), 400)
    for draft in drafts:
        compile(draft.content, draft.path, "exec", dont_inherit=True)
    contents = [draft.content for draft in drafts]
    assert example.before not in contents
    assert len(set(contents)) == len(contents)
    assert [d.score for d in drafts] == sorted((d.score for d in drafts), reverse=True)
    hiding = [d.nature is PatchNature.HIDES_ERROR for d in drafts]
    assert hiding == sorted(hiding)
    assert all(d.title.startswith("Hide") == hides for d, hides in zip(drafts, hiding, strict=True))
    assert all(d.rationale.startswith(f"{APP}:") for d in drafts)


def test_the_same_scene_gives_the_same_drafts() -> None:
    assert propose(scene_of(CRASH), 50) == propose(scene_of(CRASH), 50)


def test_no_more_than_asked_for_come_back() -> None:
    assert len(propose(scene_of(CRASH), 3)) == 3
    assert propose(scene_of(CRASH), 0) == ()


def test_a_huge_function_is_answered_with_a_bounded_list() -> None:
    body = "".join(f"    x{n} = prices[{n}] + values[{n}] * {n}\n" for n in range(600))
    example = Example(f"def price(prices, values):\n{body}", "price([1], [])", "")
    assert 0 < len(propose(scene_of(example), 10_000)) <= MAX_CANDIDATES


def with_sources(scene: FixScene, **sources: str) -> FixScene:
    return scene.model_copy(update={"sources": sources})


def test_what_does_not_parse_or_is_too_large_yields_nothing() -> None:
    scene = scene_of(CRASH)
    assert propose(scene.model_copy(update={"sources": {APP: "def (:\n"}}), 10) == ()
    large = CRASH.before + "# " + "x" * 400_000
    assert propose(scene.model_copy(update={"sources": {APP: large}}), 10) == ()
    assert propose(scene.model_copy(update={"sources": {}}), 10) == ()


def test_test_files_and_other_languages_are_never_edited() -> None:
    scene = scene_of(CRASH)
    sources = {TEST: CRASH.before, "conftest.py": CRASH.before, "app.txt": CRASH.before}
    places = tuple(Location(path=path, line=2) for path in sources)
    evidence = scene.evidence.model_copy(update={"path": places, "crash": places[0]})
    changed = scene.model_copy(update={"sources": sources, "evidence": evidence})
    assert propose(changed, 100) == ()


@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(scenes())
def test_odd_sources_never_break_it(scene: FixScene) -> None:
    for draft in propose(scene, 60):
        assert draft.content != scene.sources[APP]
        assert draft.title.isprintable()
        compile(draft.content, APP, "exec", dont_inherit=True)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=60))
def test_arbitrary_text_never_breaks_it(source: str, good: str, message: str) -> None:
    scene = scene_of(CRASH)
    raised = scene.alert.exceptions[0].model_copy(update={"type": message, "value": message})
    alert = scene.alert.model_copy(update={"exceptions": (raised,)})
    odd = {"sources": {APP: source}, "last_good": {APP: good}, "alert": alert}
    assert len(propose(scene.model_copy(update=odd), 20)) <= 20
