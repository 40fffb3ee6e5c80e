"""One incident through GitLab: issue, merge request, an approval there, auto-merge, the end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from suture.domain.ticket import TicketState
from suture.policy.model import PullRequests
from suture.settings import CodeHostKind, ServiceSettings, TrackerKind, UserSettings
from tests.builders.gitlab import settings_for
from tests.builders.incident import SERVICE, Incident
from tests.fakes.gitlab_http import running_gitlab
from tests.fakes.gitlab_server import PROJECT, TOKEN, GitLabServer
from workers.choosing import choose_code_host, choose_tracker
from workflows.incident import IncidentWorkflow

ADA = UserSettings(role="approver", token_sha256="0" * 64, code_host_login="Ada-Lab")


@pytest.fixture
def gitlab(incident: Incident) -> Iterator[GitLabServer]:
    """A small GitLab that has the code and the tickets."""
    with running_gitlab(incident.repository) as served:
        parts = incident.parts
        service = ServiceSettings(repository=PROJECT, clone_url=str(incident.repository))
        settings = parts.settings.model_copy(
            update={
                "users": {"ada": ADA},
                "code_host": CodeHostKind.GITLAB,
                "tracker": TrackerKind.GITLAB,
                "gitlab": settings_for(served.url, merge_when="checks", timeout_seconds=60),
                "services": {SERVICE: service},
            }
        )
        incident.parts = replace(
            parts,
            settings=settings,
            catalogue=settings.catalogue(),
            code_host=choose_code_host(settings, parts.embedded, parts.engine),
            tracker=choose_tracker(settings, parts.embedded, parts.engine),
        )
        yield served


async def test_an_incident_runs_through_gitlab_and_leaves_one_of_each(
    incident: Incident, gitlab: GitLabServer
) -> None:
    rules = {"reviews": True, "ci_settle_seconds": 0.0}
    incident.rule(pull_requests=PullRequests().model_copy(update=rules))
    gitlab.waits = True
    gitlab.faults = [
        ("^POST .*/issues$", "lost"),
        ("^POST .*/git-receive-pack$", "lost"),
        ("^POST .*/merge_requests$", "cut"),
        ("^PUT .*/merge$", "lost"),
    ]
    async with incident.at_work():
        await incident.alert()
        target = await incident.until_asked()
        ada = {"id": 5, "username": "ada-lab"}
        gitlab.approvals = [{"user": ada, "approved_at": datetime.now(UTC).isoformat()}]
        await incident.handle.signal(IncidentWorkflow.receive_hint)
        await incident.until(lambda _: gitlab.requests[1]["merge_when_pipeline_succeeds"])
        sent = next(body for body in gitlab.bodies if "auto_merge" in body)
        # Nobody sees the branch merged before the request says so.
        with gitlab.turn:
            gitlab.finish(gitlab.requests[1], sent)
        report = await incident.until(lambda seen: seen.merge_sha)
        await incident.finish_after_merge()
        report = await incident.report()
    consent = report.consent
    assert consent is not None
    assert (consent.actor.id, consent.actor.via, consent.target) == ("ada", "gitlab", target)
    assert [one["state"] for one in gitlab.requests.values()] == ["merged"]
    assert [one["state"] for one in gitlab.issues.values()] == ["closed"]
    assert report.ticket is not None
    assert incident.parts.tracker.state(report.ticket) is TicketState.CLOSED
    assert incident.git("rev-parse", "main") == report.merge_sha
    names = {row["name"] for row in gitlab.statuses}
    assert names == {"suture-evidence", "suture-suite"}
    assert len(gitlab.statuses) == len(names)
    assert gitlab.faults == []
    assert gitlab.commands == []
    assert incident.findings() == []
    assert not any(TOKEN in text for text in gitlab.log)
