"""One test, many names."""

from datetime import UTC, datetime

import pytest

from suture.domain.alert import Alert, AlertKind, AlertSource, FailedTest
from suture.reproduction.named_tests import named_in, speaks_of_tests
from suture.toolchain.naming import is_place, same_test, under_root

CASES = [
    ("test/a.test.js::cart > is empty", "test/a.test.js::cart > is empty"),
    ("/ci/repo/test/a.test.js::cart > is empty", "test/a.test.js::cart > is empty"),
    ("cart \u203a is empty", "test/a.test.js::cart > is empty"),
    ("cart is empty", "test/a.test.js::cart > is empty"),
    ("is empty", "test/a.test.js::cart > is empty"),
    ("TestTotal/two", "ex.org/shop/cart::TestTotal/two"),
    ("TestTotal/two", "::TestTotal/two"),
    ("CartTest.adds", "shop.CartTest::adds"),
    ("shop.CartTest.adds:14", "shop.CartTest::adds"),
    ("CartTest > adds()", "shop.CartTest::adds"),
    ("CartTest.isPositive:20", "shop.CartTest::isPositive(int)[1]"),
]


@pytest.mark.parametrize(("named", "node_id"), CASES)
def test_a_logs_name_means_the_reports_test(named: str, node_id: str) -> None:
    assert same_test(named, node_id)


@pytest.mark.parametrize(
    ("named", "node_id"),
    [
        ("", "a.js::b"),
        ("::", "a.js::b"),
        ("test/b.test.js::cart > is empty", "test/a.test.js::cart > is empty"),
        ("TestTotal", "ex.org/shop/cart::TestTotal/two"),
        ("OtherTest.adds", "shop.CartTest::adds"),
        ("not empty", "test/a.test.js::cart > is empty"),
    ],
)
def test_another_test_is_not_meant(named: str, node_id: str) -> None:
    assert not same_test(named, node_id)


def test_paths_of_reports_are_found_under_the_root() -> None:
    files = ("test/a.js", "a.js")
    assert under_root("/sandbox/tree/web/test/a.js", files) == "test/a.js"
    assert under_root("./a.js", frozenset(files)) == "a.js"
    assert under_root("/other/b.js", files) == "other/b.js"


@pytest.mark.parametrize(
    ("place", "path", "meant"),
    [
        ("test/a.test.js", "test/a.test.js", True),
        ("/ci/repo/test/a.test.js", "test/a.test.js", True),
        ("test/a.test.js", "web/test/a.test.js", True),
        ("test/b.test.js", "test/a.test.js", False),
        ("ex.org/shop/cart", "cart/cart_test.go", True),
        ("ex.org/shop/cart", "pay/pay_test.go", False),
        ("ex.org", "main_test.go", True),
        ("ex.org/shop", "main_test.go", True),
        ("ex.org/shop/cart", "main_test.go", False),
        ("shop.CartTest$Empty", "src/test/java/shop/CartTest.java", True),
        ("shop.PayTest", "src/test/java/shop/CartTest.java", False),
    ],
)
def test_a_tests_place_is_its_file_package_or_class(place: str, path: str, *, meant: bool) -> None:
    assert is_place(place, path) is meant


def alert(*names: str, kind: AlertKind = AlertKind.TEST_FAILURE, log: str = "") -> Alert:
    return Alert(
        alert_id="1",
        source=AlertSource.GENERIC,
        kind=kind,
        service="shop",
        title="CI failed",
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        failed_tests=tuple(FailedTest(node_id=name) for name in names),
        log=log,
    )


def test_failing_tests_that_the_alert_names_are_the_proof() -> None:
    failing = ("t/a.js::cart > is empty", "t/a.js::cart > adds", "t/b.js::(loads)")
    assert named_in(alert("cart > adds"), failing) == ("t/a.js::cart > adds",)
    assert named_in(alert("t/b.js"), failing) == ("t/b.js::(loads)",)
    assert named_in(alert("cart > takes"), failing) == ()


def test_the_parts_of_a_failing_group_stand_for_it() -> None:
    failing = ("p::TestA", "p::TestA/one", "p::TestAB")
    assert named_in(alert("TestA", "TestA/one"), failing) == ("p::TestA/one",)


def test_a_log_that_names_a_failing_test_is_enough_for_a_failed_build_only() -> None:
    failing = ("t/a.js::cart > is empty", "t/b.js::(loads)", "t/c.js::cart > one")
    log = "error in cart: is empty, one, t/b.js"
    assert named_in(alert(log=log), failing) == ("t/a.js::cart > is empty", "t/b.js::(loads)")
    assert named_in(alert(log=log, kind=AlertKind.SIGNAL), failing) == ()
    assert named_in(alert(log="this is emptyish"), failing) == ()


def test_only_alerts_about_tests_speak_of_them() -> None:
    assert speaks_of_tests(alert())
    assert speaks_of_tests(alert("a", kind=AlertKind.EXCEPTION))
    assert not speaks_of_tests(alert(kind=AlertKind.EXCEPTION))
