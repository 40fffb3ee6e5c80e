"""Logs of the jobs that alerts are about."""

import pytest

from integrations.gitlab.enrichment import GitLabEnrichment
from suture.errors import Unreachable
from tests.alerts.test_enriching import alert
from tests.builders.gitlab import GitLabWorkshop, settings_for
from tests.fakes.gitlab_server import PROJECT

TAGS = {"repository": PROJECT}
PAGES = f"https://gitlab.invalid/{PROJECT}/-"


@pytest.fixture
def enrichment(shop: GitLabWorkshop) -> GitLabEnrichment:
    shop.gitlab.traces[3] = b"section_start:1:x\r\nIt broke."
    for number, forgiven in ((3, False), (4, True), (5, False)):
        shop.gitlab.failed_jobs.append(
            {"id": number, "name": "tests", "status": "failed", "allow_failure": forgiven}
        )
    return GitLabEnrichment(settings_for(shop.gitlab.url))


def test_a_job_s_alert_gets_its_log(enrichment: GitLabEnrichment) -> None:
    assert enrichment.log_of(alert(link=f"{PAGES}/jobs/3", tags=TAGS)) == "It broke."
    assert enrichment.log_of(alert(link=f"{PAGES}/jobs/9", tags=TAGS)) == ""


def test_a_pipeline_s_alert_gets_the_logs_of_its_failed_jobs(
    enrichment: GitLabEnrichment,
) -> None:
    found = enrichment.log_of(alert(link=f"{PAGES}/pipelines/500", tags=TAGS))
    assert found.strip() == "It broke."


@pytest.mark.parametrize("link", ["", f"{PAGES}/environments", f"{PAGES}/jobs/../3"])
def test_what_has_no_log_is_not_asked_for(enrichment: GitLabEnrichment, link: str) -> None:
    assert enrichment.log_of(alert(link=link, tags=TAGS)) == ""
    assert enrichment.log_of(alert(link=f"{PAGES}/jobs/3")) == ""


def test_a_gitlab_that_does_not_answer_is_asked_again(
    shop: GitLabWorkshop, enrichment: GitLabEnrichment
) -> None:
    shop.gitlab.faults = [("/trace$", "500")]
    with pytest.raises(Unreachable):
        enrichment.log_of(alert(link=f"{PAGES}/jobs/3", tags=TAGS))
