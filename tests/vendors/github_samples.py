"""Deliveries with the fields that GitHub documents and that are read, and some that are not."""

from typing import Any

from tests.vendors.sample import Sample

SHA = "3484a3fb816e0859fd6e1cea078d76385ff50625"
PAGE = "https://github.com/acme/shop"
REPOSITORY = {
    "id": 186853002,
    "name": "shop",
    "full_name": "acme/shop",
    "private": True,
    "html_url": PAGE,
    "default_branch": "main",
    "topics": [],
}
SENDER = {"login": "ada", "id": 15669918, "type": "User"}
COMMIT = {
    "id": SHA,
    "message": "Divide only what there is\n\nCloses #7",
    "timestamp": "2026-11-21T11:50:00Z",
    "author": {"name": "Ada", "email": "ada@acme.example"},
}


def about(event: str) -> dict[str, str]:
    """Return the header that tells what a delivery is about."""
    return {"X-GitHub-Event": event}


def delivery_of(event: str, subject: dict[str, Any], **fields: object) -> dict[str, Any]:
    """Return a delivery's body."""
    return {
        "action": "completed",
        event: subject,
        "repository": REPOSITORY,
        "sender": SENDER,
        **fields,
    }


def workflow_run(conclusion: str | None = "failure", **fields: object) -> dict[str, Any]:
    """Return a run that has ended."""
    run = {
        "id": 289782451,
        "name": "tests",
        "path": ".github/workflows/tests.yml",
        "display_title": "Divide only what there is",
        "run_number": 163,
        "run_attempt": 1,
        "event": "push",
        "status": "completed",
        "conclusion": conclusion,
        "head_branch": "main",
        "head_sha": SHA,
        "head_commit": COMMIT,
        "head_repository": {"id": 186853002, "name": "shop", "full_name": "acme/shop"},
        "html_url": f"{PAGE}/actions/runs/289782451",
        "logs_url": "https://api.github.com/repos/acme/shop/actions/runs/289782451/logs",
        "pull_requests": [],
        "created_at": "2026-11-21T11:51:00Z",
        "updated_at": "2026-11-21T11:55:24Z",
        "workflow_id": 2823525,
        **fields,
    }
    workflow = {"id": 2823525, "name": "tests", "path": ".github/workflows/tests.yml"}
    return delivery_of("workflow_run", run, workflow=workflow)


def workflow_job(conclusion: str | None = "failure", **fields: object) -> dict[str, Any]:
    """Return a job that has ended."""
    steps = [
        {"name": "Set up job", "status": "completed", "conclusion": "success", "number": 1},
        {"name": "Run pytest", "status": "completed", "conclusion": conclusion, "number": 2},
        {"name": "Complete job", "status": "completed", "conclusion": "success", "number": 3},
    ]
    job = {
        "id": 12877621891,
        "run_id": 289782451,
        "run_attempt": 1,
        "name": "unit (3.13)",
        "workflow_name": "tests",
        "status": "completed",
        "conclusion": conclusion,
        "head_branch": "main",
        "head_sha": SHA,
        "html_url": f"{PAGE}/actions/runs/289782451/job/12877621891",
        "started_at": "2026-11-21T11:51:10Z",
        "completed_at": "2026-11-21T11:55:20Z",
        "labels": ["ubuntu-latest"],
        "steps": steps,
        **fields,
    }
    return delivery_of("workflow_job", job)


def check_suite(conclusion: str | None = "failure", **fields: object) -> dict[str, Any]:
    """Return a suite whose checks have all ended."""
    suite = {
        "id": 118578147,
        "status": "completed",
        "conclusion": conclusion,
        "head_branch": "main",
        "head_sha": SHA,
        "head_commit": COMMIT,
        "pull_requests": [],
        "app": {"id": 29310, "slug": "octocoders-linter", "name": "Octocoders linter"},
        "created_at": "2026-11-21T11:51:00Z",
        "updated_at": "2026-11-21T11:54:00Z",
        "latest_check_runs_count": 1,
        **fields,
    }
    return delivery_of("check_suite", suite)


PING = {
    "zen": "Keep it logically awesome.",
    "hook_id": 30,
    "hook": {"type": "Repository", "id": 30, "events": ["workflow_run"]},
    "repository": REPOSITORY,
    "sender": SENDER,
}
PUSH = {"ref": "refs/heads/main", "before": "0" * 40, "after": SHA, "repository": REPOSITORY}
DEPLOYMENT_STATUS = {
    "action": "created",
    "deployment_status": {"id": 1, "state": "failure", "environment": "production"},
    "deployment": {"id": 9, "sha": SHA, "ref": "main", "environment": "production"},
    "repository": REPOSITORY,
    "sender": SENDER,
}

SAMPLES = (
    Sample(payload=workflow_run(), headers=about("workflow_run")),
    Sample(payload=workflow_run("success"), headers=about("workflow_run")),
    Sample(payload=workflow_job(), headers=about("workflow_job")),
    Sample(payload=check_suite(), headers=about("check_suite")),
    Sample(payload=check_suite("success"), headers=about("check_suite")),
    Sample(payload=PING, headers=about("ping")),
    Sample(payload=PUSH, headers=about("push")),
    Sample(payload=DEPLOYMENT_STATUS, headers=about("deployment_status")),
)
