"""From the name of a failed test in another language to its place."""

from datetime import UTC, datetime

import pytest

from integrations.git.source import GitSources
from suture.domain.alert import Alert, AlertKind, AlertSource, FailedTest
from suture.localisation.snapshot import Snapshot
from suture.localisation.tests_failed import failed_test_places
from tests.builders.repository import RepositoryBuilder
from tests.toolchain.projects import GO, JAVASCRIPT

JAVA = {
    "src/test/java/shop/CartTest.java": (
        "package shop;\n\nclass CartTest {\n    @Test\n    void adds() {\n    }\n}\n"
    )
}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    directory = tmp_path_factory.mktemp("titled")
    builder = RepositoryBuilder(directory / "repo")
    sha = builder.commit({**JAVASCRIPT, **GO, **JAVA}, "All")
    return Snapshot(GitSources(directory / "sources").open(str(builder.path)), sha)


@pytest.mark.parametrize(
    ("node_id", "place"),
    [
        ("test/basket.test.js::basket > sums all lines", ("test/basket.test.js", 7)),
        ("/ci/shop/test/basket.test.js::basket > sums all lines", ("test/basket.test.js", 7)),
        ("example.com/billing/invoice::TestOverdue/late", ("invoice/invoice_test.go", 12)),
        ("shop.CartTest::adds", ("src/test/java/shop/CartTest.java", 4)),
        ("test/basket.test.js::basket > is gone", None),
        ("test/basket.test.js", None),
        ("other/shop.test.js::basket > sums all lines", None),
    ],
)
def test_a_failed_test_is_found_by_its_title(
    snapshot: Snapshot, node_id: str, place: tuple[str, int] | None
) -> None:
    alert = Alert(
        alert_id="1",
        source=AlertSource.CI_LOG,
        kind=AlertKind.TEST_FAILURE,
        service="shop",
        title="CI failed",
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        failed_tests=(FailedTest(node_id=node_id),),
    )
    found = [
        (each.location.path, each.location.line) for each in failed_test_places(alert, snapshot)
    ]
    assert found == ([place] if place else [])
