"""One incident through every edge, with each vendor's real client; played once, looked at often.

Sentry's webhook, Jira, git, GitHub (npm's emulate), Slack (the same), a press on its button, a
deployment, Prometheus and Alertmanager (the real ones), and Jira and Slack again.
"""

import pytest

from suture.domain.resolution import ResolutionKind
from suture.domain.rollout import RolloutVerdict
from tests.builders.monitoring import needs_programs
from tests.builders.seeds import IN_EVENTS, IN_REPOSITORY, leaks_in
from tests.edges.whole_loop import Outcome, play
from tests.edges.world import OWN_SECRETS, PEOPLE
from tests.slack.workspace import shown

pytestmark = pytest.mark.timeout(1_000)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return play(tmp_path_factory.mktemp("edges"))


def test_it_ends_in_a_fix_whose_recovery_is_verified(outcome: Outcome) -> None:
    report = outcome.report
    assert outcome.resolution.kind is ResolutionKind.FIXED, outcome.resolution.summary
    assert report.rollout is not None
    assert report.rollout.verdict is RolloutVerdict.RECOVERED
    assert report.merge_sha == outcome.deployed
    assert 200 in outcome.deliveries
    # Whoever is told 503 may send it again; nothing that Sentry sends is wrong.
    assert set(outcome.deliveries) <= {200, 503}


def test_there_is_one_ticket_and_it_is_closed(outcome: Outcome) -> None:
    [ticket] = outcome.tickets
    assert ticket["fields"]["status"]["name"] == "Done"
    assert outcome.resolution.ticket_closed
    assert outcome.report.ticket is not None


def test_there_is_one_pull_request_and_it_is_merged_with_its_evidence(outcome: Outcome) -> None:
    [pull] = outcome.pulls
    assert pull["merged_at"]
    assert pull["merge_commit_sha"] == outcome.report.merge_sha
    checks = {run["name"]: run["conclusion"] for run in outcome.checks}
    assert checks == {"suture-evidence": "success", "suture-suite": "success"}
    assert len(outcome.checks) == 2
    assert outcome.branches == ["main"]


def test_there_is_one_message_and_it_says_how_it_ended(outcome: Outcome) -> None:
    [message] = outcome.messages
    assert "fixed" in shown(message["blocks"])
    assert "actions" not in {block["type"] for block in message["blocks"]}
    keys = [reply["metadata"]["event_payload"]["key"] for reply in outcome.replies]
    assert len(keys) == len(set(keys))


def test_the_one_who_pressed_approved_exactly_what_was_merged(outcome: Outcome) -> None:
    consent = outcome.report.consent
    assert consent is not None
    assert (consent.actor.id, consent.actor.via) == ("anna", "slack")
    assert consent.target.head_sha == outcome.pulls[0]["head"]["sha"]
    assert outcome.findings == []


@needs_programs
def test_the_alert_of_prometheus_was_there_and_is_over(outcome: Outcome) -> None:
    assert outcome.firing == ["HighErrorRate"]
    assert outcome.still_firing == []


def test_no_credential_is_found_in_anything_that_it_left(outcome: Outcome) -> None:
    seeds = {**OWN_SECRETS, **IN_EVENTS, **IN_REPOSITORY, "people": PEOPLE}
    assert leaks_in(outcome.left, seeds) == set()
    # What was looked through is what came of the event, not something else.
    for where in ("log", "ledger", "tickets", "pull requests", "messages", "merge", "report"):
        assert len(outcome.left[where]) > 100, where
    assert b"[redacted]" in b"".join(outcome.left.values())
    assert len(outcome.histories) >= 3
