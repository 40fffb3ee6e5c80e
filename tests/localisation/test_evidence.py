from datetime import timedelta

import pytest

from suture.domain.alert import AlertKind, FailedTest
from suture.domain.evidence import CitationKind
from suture.domain.rollout import Deployment
from suture.errors import NotFound
from suture.localisation.evidence import Scene, collect_evidence
from tests.builders.repository import FIRST_COMMIT_AT
from tests.builders.stage import FAILED_AT, Stage, report

TIERS = '''\
TIERS = {"gold": 2, "silver": 1}


def multiplier(name):
    """Return a tier's multiplier."""
    return TIERS.get(name, 1)
'''
POINTS = """\
from shop.tiers import multiplier


def points(customer, amount):
    factor = multiplier(customer["tier"])
    return amount * factor
"""
MAIN = """\
from shop.points import points


def handle(order):
    return points(order["customer"], order["amount"])
"""
OWN_TEST = """\
from tier import Tier


def wanted():
    return 2


def test_b():
    assert Tier().x == wanted()
"""
START = {"shop/__init__.py": "", "shop/tiers.py": TIERS, "shop/points.py": POINTS, "main.py": MAIN}
BROKEN = TIERS.replace("TIERS.get(name, 1)", "TIERS.get(name) or None")
CALL = "import main; main.handle({'customer': {'tier': 'new'}, 'amount': 3})"


def regress(stage: Stage) -> tuple[str, str]:
    """Commit a service, a release and the fault; return the good and the guilty commit."""
    stage.commit(START, "Count points")
    stage.builder.tag("v1.0.0")
    good = stage.commit({"README.md": "Points\n"}, "Explain points")
    guilty = stage.commit(
        {"shop/tiers.py": BROKEN, "docs.md": "x"},
        "Simplify tiers\n\nSuture-Incident: incident-v1-shop-1",
    )
    return good, guilty


def test_the_commit_that_broke_what_the_crash_relies_on_is_the_first_suspect(stage: Stage) -> None:
    good, guilty = regress(stage)
    later = stage.commit({"main.py": "# The entry point.\n" + MAIN}, "Comment the entry point")
    evidence = stage.evidence(stage.failing(CALL))
    assert evidence.base_sha == later
    assert evidence.crash is not None
    assert (evidence.crash.path, evidence.crash.function) == ("shop/points.py", "points")
    assert [place.path for place in evidence.path] == ["main.py", "shop/points.py"]
    assert evidence.path[0].line == 6
    assert evidence.suspects[0].commit == guilty
    assert evidence.suspects[0].by_suture
    assert any("result reaches" in reason for reason in evidence.suspects[0].reasons)
    assert later not in {suspect.commit for suspect in evidence.suspects}
    assert evidence.last_good_sha == good
    assert evidence.deployed_sha is None
    assert all(note.citations for note in evidence.notes)


def test_the_release_of_the_event_names_the_deployed_commit(stage: Stage) -> None:
    _, guilty = regress(stage)
    stage.builder.tag("shop-1.1.0")
    base = stage.commit({"main.py": '"""Entry."""\n' + MAIN}, "Document")
    evidence = stage.evidence(stage.failing(CALL, release="shop@1.1.0"))
    assert evidence.deployed_sha == guilty
    assert evidence.base_sha == base
    release = stage.repository.resolve("v1.0.0")
    assert evidence.last_good_sha == release
    told = "\n".join(note.text for note in evidence.notes)
    assert "1 commits behind the base" in told
    assert "2 commits came after it" in told
    kinds = {cited.kind for note in evidence.notes for cited in note.citations}
    assert kinds == {CitationKind.CODE, CitationKind.COMMIT, CitationKind.EVENT}


def test_deployments_say_what_ran_and_what_ran_before(stage: Stage) -> None:
    good, guilty = regress(stage)
    first = Deployment(deployment_id="1", service="shop", commit=good, at=FIRST_COMMIT_AT)
    second = Deployment(
        deployment_id="2",
        service="shop",
        commit=guilty,
        release="2026-01",
        at=FIRST_COMMIT_AT + timedelta(hours=9),
    )
    lost = Deployment(deployment_id="3", service="shop", commit="0" * 40, at=FAILED_AT, release="x")
    for alert in (stage.failing(CALL), stage.failing(CALL, release="2026-01")):
        evidence = stage.evidence(alert, second, first)
        assert evidence.deployed_sha == guilty
        assert evidence.last_good_sha == good
    assert stage.evidence(stage.failing(CALL, release="x"), lost, first).deployed_sha is None
    ahead = first.model_copy(update={"at": FAILED_AT + timedelta(days=9)})
    assert stage.evidence(stage.failing(CALL, release="y"), ahead).deployed_sha is None


def test_a_release_that_already_had_the_fault_is_not_called_good(stage: Stage) -> None:
    good, _ = regress(stage)
    stage.builder.tag("v1.1.0")
    stage.commit({"docs.md": "y"}, "Mend the manual")
    stage.builder.tag("v1.2.0")
    evidence = stage.evidence(stage.failing(CALL, release="1.2.0"))
    assert evidence.last_good_sha == good


def test_the_only_release_has_nothing_before_it(stage: Stage) -> None:
    start = stage.commit({**START, "shop/tiers.py": BROKEN}, "Start")
    stage.builder.tag("v1")
    evidence = stage.evidence(stage.failing(CALL, release="v1"))
    assert evidence.deployed_sha == start
    assert evidence.last_good_sha is None
    assert [suspect.commit for suspect in evidence.suspects] == [start]


def test_commits_after_the_failure_are_not_suspected(stage: Stage) -> None:
    _, guilty = regress(stage)
    alert = stage.failing(CALL)
    stage.builder.commit(
        {"shop/tiers.py": BROKEN.replace("or None", "or 7")},
        "Mend tiers",
        at=FAILED_AT + timedelta(hours=1),
    )
    suspects = stage.evidence(alert).suspects
    assert suspects[0].commit == guilty
    early = alert.model_copy(update={"occurred_at": FIRST_COMMIT_AT - timedelta(days=9)})
    assert stage.evidence(early).suspects, "a clock that is wrong does not hide all commits"


def test_an_exception_that_renames_its_cause_leads_to_the_cause(stage: Stage) -> None:
    stage.commit(
        {
            "shop.py": (
                "class Unknown(Exception):\n    pass\n\n\n"
                "def find(table, key):\n    return table[key]\n\n\n"
                "def serve(key):\n    try:\n        return find({}, key)\n"
                "    except KeyError as error:\n        raise Unknown(key) from error\n\n\n"
                "def clumsy(key):\n    try:\n        return find({}, key)\n"
                "    except KeyError:\n        return undefined\n"
            )
        }
    )
    renamed = stage.evidence(stage.failing("import shop; shop.serve('a')"))
    assert renamed.exception == 0
    assert renamed.crash is not None
    assert renamed.crash.function == "find"
    assert [place.function for place in renamed.path] == ["serve", "find"]
    clumsy = stage.evidence(stage.failing("import shop; shop.clumsy('a')"))
    assert clumsy.exception == 1
    assert clumsy.crash is not None
    assert clumsy.crash.function == "clumsy"


def test_an_exception_without_a_trace_leaves_the_word_to_its_cause(stage: Stage) -> None:
    regress(stage)
    alert = stage.failing(CALL)
    bare = alert.exceptions[0].model_copy(update={"frames": ()})
    told = alert.model_copy(update={"exceptions": (*alert.exceptions, bare)})
    assert stage.evidence(told).exception == 0
    swapped = alert.model_copy(update={"exceptions": (bare, *alert.exceptions)})
    assert stage.evidence(swapped).exception == 1
    only = alert.model_copy(update={"exceptions": (bare, bare)})
    assert stage.evidence(only).crash is None


def test_a_failed_test_leads_to_what_it_tests(stage: Stage) -> None:
    stage.commit({**START, "shop/tiers.py": BROKEN}, "Start")
    test = (
        "from shop.points import points\n\n\nclass TestPoints:\n"
        "    def test_new(self):\n        assert points({'tier': 'gold'}, 2) == 5\n"
    )
    stage.commit(
        {
            "tests/__init__.py": "",
            "tests/test_own.py": OWN_TEST,
            "tier.py": "class Tier:\n    def __init__(self):\n        self.x = 1\n",
            "tests/test_points.py": test,
            "tests/test_none.py": "import shop.tiers\n\ndef test_a():\n    assert 0\n",
        }
    )
    failed = FailedTest(node_id="tests/test_points.py::TestPoints::test_new[1]")
    other = FailedTest(node_id="tests/test_absent.py::test_x")
    unnamed = FailedTest(node_id="tests/test_points.py")
    gone = FailedTest(node_id="tests/test_points.py::test_gone")
    alert = report(kind="test_failure", failed_tests=(other, unnamed, gone, failed))
    evidence = stage.evidence(alert)
    assert evidence.crash is not None
    assert evidence.crash.function == "TestPoints.test_new"
    assert "points" in {place.function for place in evidence.path}
    run = stage.failing("from tests.test_points import TestPoints as T; T().test_new()")
    exact = stage.evidence(run.model_copy(update={"kind": AlertKind.TEST_FAILURE}))
    assert [place.function for place in exact.path] == [
        "TestPoints.test_new",
        "multiplier",
        "points",
    ]
    own = stage.failing("from tests.test_own import test_b; test_b()")
    assert [place.function for place in stage.evidence(own).path] == ["test_b", "Tier.__init__"]
    idle = stage.failing("from tests.test_none import test_a; test_a()")
    assert [place.path for place in stage.evidence(idle).path] == [
        "tests/test_none.py",
        "shop/tiers.py",
    ]


def test_an_alert_from_elsewhere_has_no_path(stage: Stage) -> None:
    stage.commit(START)
    evidence = stage.evidence(stage.failing("import json; json.loads('{')"))
    assert evidence.crash is None
    assert evidence.path == ()
    assert evidence.suspects == ()


def test_a_line_that_is_gone_is_told_as_such(stage: Stage) -> None:
    regress(stage)
    alert = stage.failing(CALL)
    stage.commit({"shop/points.py": POINTS.replace("amount * factor", "round(amount * factor)")})
    assert any("reads differently" in note.text for note in stage.evidence(alert).notes)


def test_a_missing_branch_is_named(stage: Stage) -> None:
    stage.commit(START)
    service = stage.service.model_copy(update={"base_branch": "trunk"})
    with pytest.raises(NotFound, match="trunk"):
        collect_evidence(report(), Scene(repository=stage.repository, service=service))


def test_the_caller_may_know_what_is_deployed(stage: Stage) -> None:
    good, _ = regress(stage)
    scene = Scene(repository=stage.repository, service=stage.service, deployed_sha=good)
    assert collect_evidence(report(), scene).deployed_sha == good
