"""The suite of seeded incidents is what it says; a quick part of it is diagnosed here."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals.alerts import alert_in
from evals.case import Case, Language, Prepared, Truth
from evals.noise import Seed, make_noise
from evals.seeded import AlertForm, build_with_noise, event_text, git, list_cases, load_case
from evals.suites.incidents import cases, load
from integrations.git.source import GitSources
from suture.domain.alert import AlertSource
from suture.domain.diagnosis import Category, Diagnosis, Fixability
from suture.domain.evidence import Evidence
from suture.domain.resolution import ResolutionKind
from suture.domain.rollout import Deployment
from suture.domain.service import Service
from suture.errors import InvalidInput
from suture.localisation.evidence import Scene, collect_evidence
from suture.triage.diagnosis import diagnose

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NO_TRUTH = Truth(wanted=(ResolutionKind.NOT_CODE,))
EARLY = datetime(2026, 3, 2, tzinfo=UTC)
QUICK_CAUSES = ("loyalty-tiers", "js-guest-customer", "js-renamed-field", "go-nil-item")
QUICK_DECOYS = {
    "js-dns": Category.TRANSIENT_NETWORK,
    "js-hostile-refusal": Category.BAD_INPUT,
    "go-hostile-refusal": Category.BAD_INPUT,
    "go-missing-module": Category.DEPENDENCY,
}


def diagnosed(case: Case, place: Path) -> tuple[Prepared, Evidence, Diagnosis]:
    prepared = case.prepare(place)
    repository = GitSources(place / "mirrors").open(str(prepared.repository))
    repository.refresh()
    deployments = tuple(
        Deployment(deployment_id=each.name, service=case.name, commit=each.commit, at=EARLY)
        for each in prepared.releases
    )
    scene = Scene(
        repository=repository,
        service=Service(name=case.name, repository=str(prepared.repository)),
        deployments=deployments[-1:],
    )
    alert = alert_in(prepared, service=case.name, received_at=NOW)
    evidence = collect_evidence(alert, scene)
    return prepared, evidence, diagnose(alert, evidence, repository)


def by_name() -> dict[str, Case]:
    return {case.name: case for case in cases()}


def test_the_suite_is_large_varied_and_a_third_of_it_is_hard() -> None:
    loaded = [load_case(name) for name in list_cases()]
    hard = [
        case
        for case in loaded
        if not case.fixable or case.traits or (case.root_cause and case.root_cause.crash_elsewhere)
    ]
    assert len(loaded) >= 70
    assert {case.language for case in loaded} == {
        Language.PYTHON,
        Language.JAVASCRIPT,
        Language.GO,
        Language.JAVA,
        Language.TYPESCRIPT,
    }
    assert len(hard) >= len(loaded) / 3
    assert len(list_cases(language=Language.JAVASCRIPT)) >= 15
    assert len(list_cases(language=Language.GO)) >= 12
    assert [case.name for case in load(None).cases] == list(list_cases())


def test_the_suite_takes_no_path(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="takes no path"):
        load(tmp_path)


@pytest.mark.parametrize("name", list_cases())
def test_every_alert_is_committed_and_read(name: str) -> None:
    case = load_case(name)
    assert case.event is not None
    text = case.event.read_text(encoding="utf-8")
    vendor = AlertSource.ALERTMANAGER if case.alert is AlertForm.ALERTMANAGER else None
    prepared = Prepared(repository=case.folder, event=text, vendor=vendor, truth=NO_TRUTH)
    assert alert_in(prepared, service=name, received_at=NOW).title
    for place in ("/root/", "/tmp/", "/work/", "/home/"):
        assert place not in text


def test_the_same_case_makes_the_same_noisy_history(tmp_path: Path) -> None:
    case = load_case("js-guest-customer")
    one = build_with_noise(case, tmp_path / "one")
    two = build_with_noise(case, tmp_path / "two")
    assert (one.head_sha, one.commits) == (two.head_sha, two.commits)
    every = git(one.path, "rev-list", "HEAD").split()
    assert len(every) > len(one.commits) >= 8
    assert one.guilty_sha in every
    assert one.releases[-1] == ("v1.5.0", one.head_sha)
    assert one.head_sha not in event_text(one)


def test_an_event_names_the_commit_that_production_runs(tmp_path: Path) -> None:
    built = build_with_noise(load_case("loyalty-tiers"), tmp_path)
    assert f'"release": "{built.head_sha}"' in event_text(built)
    with pytest.raises(FileNotFoundError, match="no committed event"):
        event_text(built.model_copy(update={"case": built.case.model_copy(update=NOWHERE)}))
    with pytest.raises(RuntimeError, match="git rev-parse"):
        git(built.path, "rev-parse", "--verify", "missing")


NOWHERE = {"folder": Path("missing")}


def test_noise_changes_no_line_that_means_something() -> None:
    tree = {"a.py": b"import os\n\n\ndef f(x):\n    y = x\n    return y\n", "README.md": b"A\n"}
    seed = Seed(name="s", count=14, trees=(tree,), dates=(EARLY,), busy=("a.py",))
    assert [each.message for each in make_noise(seed)] == [
        each.message for each in make_noise(seed)
    ]
    after = tree
    for each in make_noise(seed):
        after = each.change(after)
        assert each.change({"other.md": b""})
    kept = after["a.py"].decode().split("\n")
    assert [line for line in tree["a.py"].decode().split("\n") if line not in kept] == []


@pytest.mark.parametrize("name", QUICK_CAUSES)
def test_a_cause_and_its_commit_are_found_without_a_model(name: str, tmp_path: Path) -> None:
    prepared, evidence, diagnosis = diagnosed(by_name()[name], tmp_path)
    assert diagnosis.fixability is Fixability.FIXABLE
    assert diagnosis.cause is not None
    assert diagnosis.cause.path in prepared.truth.cause_files
    assert evidence.suspects[0].commit in prepared.truth.cause_commits
    assert prepared.judge is not None
    assert prepared.judge.files


@pytest.mark.parametrize(("name", "category"), QUICK_DECOYS.items())
def test_what_no_code_can_fix_is_told_as_what_it_is(
    name: str, category: Category, tmp_path: Path
) -> None:
    prepared, _, diagnosis = diagnosed(by_name()[name], tmp_path)
    assert diagnosis.fixability is Fixability.NOT_CODE
    assert diagnosis.category is category
    assert prepared.judge is None
    assert not prepared.truth.fixable
