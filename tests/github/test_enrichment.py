"""Logs of the runs and jobs that alerts are about."""

import pytest

from integrations.github.enrichment import GitHubEnrichment
from suture.errors import NotFound
from tests.alerts.test_enriching import alert
from tests.builders.github import GitHubWorkshop, settings_for
from tests.fakes.github_server import REPOSITORY

TAGS = {"repository": REPOSITORY}


@pytest.fixture
def enrichment(shop: GitHubWorkshop) -> GitHubEnrichment:
    checks = shop.github.checks
    checks.jobs.append(
        {"id": 3, "run_id": 7, "name": "tests", "status": "completed", "conclusion": "failure"}
    )
    checks.logs[3] = b"\n".join([b"line"] * 3_000) + b"\nIt broke."
    return GitHubEnrichment(settings_for(shop.github.url))


def test_a_run_s_alert_gets_the_logs_of_its_failed_jobs(enrichment: GitHubEnrichment) -> None:
    found = enrichment.log_of(alert(alert_id="run/7/1", tags=TAGS))
    assert found.startswith("tests\nline")
    assert found.endswith("line\nIt broke.")
    assert len(found) > 10_000


def test_a_job_s_alert_gets_its_own_log(enrichment: GitHubEnrichment) -> None:
    assert enrichment.log_of(alert(alert_id="job/3/2", tags=TAGS)).endswith("It broke.")
    with pytest.raises(NotFound):
        enrichment.log_of(alert(alert_id="job/4/1", tags=TAGS))


@pytest.mark.parametrize(
    ("alert_id", "tags"),
    [("suite/2026/9/1", TAGS), ("run/7/1", {}), ("run/../7/1", TAGS), ("run/0/1", TAGS)],
)
def test_what_has_no_log_is_not_asked_for(
    shop: GitHubWorkshop, enrichment: GitHubEnrichment, alert_id: str, tags: dict[str, str]
) -> None:
    assert enrichment.log_of(alert(alert_id=alert_id, tags=tags)) == ""
    assert not shop.github.log
