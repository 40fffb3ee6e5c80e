from datetime import UTC, datetime
from typing import Any

import pytest

from benchmarks.envelopes import NOW
from integrations.jenkins.webhook import JenkinsWebhook
from suture.domain.alert import AlertKind, Severity
from suture.domain.inbound import Transition, VendorAlert
from suture.errors import InvalidInput, NotAuthorised
from suture.traces.vendor import alert_of
from tests.alerts import logs
from tests.vendors.deliveries import SECRET, delivery, read
from tests.vendors.jenkins_samples import LOG, SHA, multibranch, notification, summary

WEBHOOK = JenkinsWebhook()


def only(payload: dict[str, Any]) -> VendorAlert:
    [told] = read(WEBHOOK, payload)
    return told


def test_the_password_of_the_endpoints_url_opens() -> None:
    # base64 of suture:a-vendor-secret-of-the-tests, as `curl --user` sends it
    sent = {"Authorization": "Basic c3V0dXJlOmEtdmVuZG9yLXNlY3JldC1vZi10aGUtdGVzdHM="}
    WEBHOOK.authenticate(delivery(headers=sent), (SECRET,))
    with pytest.raises(NotAuthorised):
        WEBHOOK.authenticate(delivery(headers=sent), ("another",))


def test_a_failed_build_is_told_with_what_was_built() -> None:
    told = only(notification())
    assert (told.transition, told.severity) == (Transition.RAISED, Severity.HIGH)
    assert told.title == "shop on main failed"
    assert told.link == "https://jenkins.example.com/job/shop/18/"
    assert (told.environment, told.release) == ("ci", SHA)
    assert told.occurred_at == datetime(2026, 11, 21, 11, 57, 26, 700_000, UTC)
    assert told.labels == {
        "job": "shop",
        "repository": "acme/shop",
        "branch": "main",
        "commit": SHA,
        "status": "FAILURE",
    }


def test_the_log_gives_failed_tests_and_their_exception() -> None:
    told = only(notification(log=LOG))
    [test] = told.failed_tests
    assert test.node_id == "tests/test_shop.py::test_average_of_nothing"
    assert test.message == "ZeroDivisionError: division by zero"
    [error] = told.exceptions
    assert [frame.filename for frame in error.frames] == ["tests/test_shop.py", "shop.py"]
    assert told.title.startswith(f"shop on main failed: Test failed: {test.node_id}")
    assert told.message == f"Failed tests:\n- {test.node_id}"
    assert told.labels["tests"] == test.node_id
    alert = alert_of(told, service="shop", environment="ci", received_at=NOW)
    assert alert.kind is AlertKind.TEST_FAILURE


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    return logs.pytest_output(logs.write_project(tmp_path_factory.mktemp("shop")))


@pytest.mark.parametrize("stamp", ["", "[2026-11-21T11:57:25.123Z] "])
def test_pytests_real_output_is_read_with_and_without_times(output: str, stamp: str) -> None:
    log = "".join(f"{stamp}{line}\n" for line in ("[Pipeline] sh", *output.splitlines()))
    told = only(notification(log=log))
    assert {test.node_id: test.message for test in told.failed_tests} == logs.FAILED
    assert told.exceptions


def test_a_log_that_is_too_long_is_read_from_its_end() -> None:
    noise = "collecting\n" * 300_000
    assert only(notification(log=noise + LOG)).failed_tests


def test_a_log_without_tests_still_says_why() -> None:
    told = only(notification(log="npm ci\nNo space left on device\n"))
    assert told.title.startswith("shop on main failed: Disk full")
    assert told.failed_tests == ()
    assert "No space left" in told.log


def test_a_log_that_says_nothing_is_kept() -> None:
    assert only(notification(log="make: done\n")).log == "make: done\n"


def test_test_reports_name_the_failed_tests_where_the_log_does_not() -> None:
    told = only(
        notification(
            "UNSTABLE",
            test_summary=summary(
                "tests.unit.test_shop.TestTotal.test_total",
                "shop.cart_test.test_sum[no items - 1.5]",
                "com.acme.ShopTest.sells",
                "x" * 600 + ".test_long",
                "",
            ),
        )
    )
    assert [test.node_id for test in told.failed_tests][:3] == [
        "tests/unit/test_shop.py::TestTotal::test_total",
        "shop/cart_test.py::test_sum[no items - 1.5]",
        "com.acme.ShopTest.sells",
    ]
    assert len(told.failed_tests) == 4
    assert told.severity is Severity.MEDIUM
    assert told.title == "shop on main is unstable"


def test_a_build_that_succeeds_again_ends_what_failed_on_its_branch() -> None:
    began = only(notification())
    ended = only(notification("SUCCESS", number=19, log=LOG))
    assert ended.transition is Transition.RESOLVED
    assert ended.title == "shop on main succeeded"
    assert (ended.failed_tests, ended.exceptions, ended.log) == ((), (), "")
    assert began.group == ended.group
    assert began.alert_id != ended.alert_id
    assert began.group != only(notification(scm={"branch": "next"})).group


def test_both_phases_after_a_build_are_the_same_news() -> None:
    first = only(notification(phase="COMPLETED"))
    assert first.alert_id == only(notification(phase="FINALIZED")).alert_id
    assert first.alert_id != only(notification(number=19)).alert_id


def test_a_multibranch_jobs_name_has_its_folders() -> None:
    told = only(multibranch("main"))
    assert told.title == "acme/shop/main on main failed"
    assert told.labels["job"] == "acme/shop/main"
    assert only(multibranch("fix/1", "fix%252F1")).labels["job"] == "acme/shop/fix/1"


@pytest.mark.parametrize(
    "payload",
    [
        notification(None, phase="QUEUED"),
        notification(None, phase="STARTED"),
        notification("FAILURE", phase="STARTED"),
        notification("ABORTED"),
        notification("NOT_BUILT"),
        notification(None),
        multibranch("PR-7"),
        multibranch("origin/topic", "MR-7-merge"),
    ],
)
def test_what_is_no_news_of_a_branch_is_no_alert(payload: dict[str, Any]) -> None:
    assert read(WEBHOOK, payload) == ()


def test_what_may_be_missing_is_not_needed() -> None:
    told = only({"name": "shop", "build": {"phase": "FINALIZED", "status": "FAILURE"}})
    assert (told.title, told.group, told.link) == ("shop failed", "shop", "")
    nothing = {"scm": None, "log": None, "test_summary": None, "timestamp": None}
    assert only(notification(**nothing)).title == "shop failed"
    assert only(notification(test_summary={"failed_tests": None})).failed_tests == ()


def test_a_wrong_field_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"build\.number"):
        read(WEBHOOK, notification(number="many"))
    with pytest.raises(InvalidInput, match="build"):
        read(WEBHOOK, {"name": "shop"})
