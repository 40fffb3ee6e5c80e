"""Alerts whose log was fetched after they came."""

from datetime import UTC, datetime

from suture.domain.alert import Alert, AlertKind, AlertSource
from suture.traces.enriching import needs_log, with_log

FAILED = (
    "=================================== FAILURES ===================================\n"
    "___________________________________ test_mean __________________________________\n"
    "\n    def test_mean():\n>       assert mean([]) == 0\nE       assert 1 == 0\n"
    "\ntest_mean.py:4: AssertionError\n"
    "=========================== short test summary info ============================\n"
    "FAILED test_mean.py::test_mean - assert 1 == 0\n"
    "============================== 1 failed in 0.02s ===============================\n"
)


def alert(**changed: object) -> Alert:
    facts = {
        "alert_id": "run/7/1",
        "source": AlertSource.GITHUB,
        "kind": AlertKind.SIGNAL,
        "service": "shop",
        "title": "ci: failure on main",
        "group": "o/shop ci main",
        "occurred_at": datetime(2026, 1, 1, tzinfo=UTC),
        **changed,
    }
    return Alert.model_validate(facts)


def test_an_alert_that_says_what_failed_needs_no_log() -> None:
    assert needs_log(alert())
    assert not needs_log(alert(log="Killed"))
    assert not needs_log(alert(failed_tests=({"node_id": "test_x.py::test_y"},)))


def test_failed_tests_come_from_the_log_and_the_alert_stays_the_same_one() -> None:
    before = alert()
    found = with_log(before, FAILED)
    assert [one.node_id for one in found.failed_tests] == ["test_mean.py::test_mean"]
    assert found.kind is AlertKind.TEST_FAILURE
    kept = {"alert_id", "source", "title", "group", "occurred_at", "environment", "tags"}
    assert found.model_dump(include=kept) == before.model_dump(include=kept)


def test_a_log_with_a_decisive_line_stays_a_signal() -> None:
    found = with_log(alert(), "npm ci\nfatal: No space left on device\n")
    assert found.kind is AlertKind.SIGNAL
    assert "No space left" in found.log


def test_a_log_that_says_nothing_is_kept_without_its_secrets() -> None:
    found = with_log(alert(), "All is well.\nexport PASSWORD=correct-horse-battery\n")
    assert found.log.startswith("All is well.")
    assert "correct-horse-battery" not in found.log
    assert not found.failed_tests
