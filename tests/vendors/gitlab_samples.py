"""Events as GitLab 18 sends them, with the fields its documentation lists."""

from typing import Any

from tests.vendors.sample import Sample

SHA = "bcbb5ec396a2c0f828686f14fac9b80b780504f2"
PROJECT = {
    "id": 15,
    "name": "The shop",
    "description": None,
    "web_url": "https://gitlab.example.com/acme/shop",
    "avatar_url": None,
    "git_ssh_url": "git@gitlab.example.com:acme/shop.git",
    "git_http_url": "https://gitlab.example.com/acme/shop.git",
    "namespace": "Acme",
    "visibility_level": 20,
    "path_with_namespace": "acme/shop",
    "default_branch": "main",
    "ci_config_path": None,
}


def job(name: str = "unit", status: str = "failed", **fields: object) -> dict[str, Any]:
    """Return one job of a pipeline."""
    return {
        "id": 378,
        "stage": "test",
        "name": name,
        "status": status,
        "created_at": "2026-11-21 11:50:28 UTC",
        "started_at": "2026-11-21 11:51:12 UTC",
        "finished_at": "2026-11-21 11:56:29 UTC",
        "duration": 317.0,
        "queued_duration": 44.0,
        "failure_reason": "script_failure" if status == "failed" else None,
        "when": "on_success",
        "manual": False,
        "allow_failure": False,
        "runner": None,
        "artifacts_file": {"filename": None, "size": None},
        "environment": None,
        **fields,
    }


def pipeline(status: str = "failed", *jobs: dict[str, Any], **fields: object) -> dict[str, Any]:
    """Return a pipeline event; the fields are those of `object_attributes`."""
    return {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": 31,
            "iid": 3,
            "name": None,
            "ref": "main",
            "tag": False,
            "sha": SHA,
            "before_sha": SHA,
            "source": "push",
            "status": status,
            "detailed_status": status,
            "stages": ["build", "test", "deploy"],
            "created_at": "2026-11-21 11:50:28 UTC",
            "finished_at": "2026-11-21 11:57:26 UTC",
            "duration": 418,
            "queued_duration": 10,
            "variables": [],
            "url": "https://gitlab.example.com/acme/shop/-/pipelines/31",
            **fields,
        },
        "merge_request": None,
        "user": {"id": 1, "name": "Ada", "username": "ada", "email": "[REDACTED]"},
        "project": PROJECT,
        "commit": {"id": SHA, "message": "Sell shoes\n", "title": "Sell shoes"},
        "builds": list(jobs) or [job("image", "success", stage="build"), job()],
    }


def job_event(status: str = "failed", **fields: object) -> dict[str, Any]:
    """Return a job event."""
    return {
        "object_kind": "build",
        "ref": "main",
        "tag": False,
        "before_sha": SHA,
        "sha": SHA,
        "build_id": 1977,
        "build_name": "unit",
        "build_stage": "test",
        "build_status": status,
        "build_created_at": "2026-11-21 11:50:28 UTC",
        "build_started_at": "2026-11-21 11:51:12 UTC",
        "build_finished_at": "2026-11-21 11:56:29 UTC",
        "build_duration": 317.0,
        "build_allow_failure": False,
        "build_failure_reason": "script_failure",
        "retries_count": 0,
        "pipeline_id": 31,
        "project_id": 15,
        "project_name": "Acme / The shop",
        "commit": {"id": 31, "name": None, "sha": SHA, "message": "Sell shoes\n"},
        "repository": {"name": "The shop", "homepage": PROJECT["web_url"]},
        "project": PROJECT,
        "runner": None,
        "environment": None,
        **fields,
    }


def deployment(status: str = "failed", **fields: object) -> dict[str, Any]:
    """Return a deployment event."""
    return {
        "object_kind": "deployment",
        "status": status,
        "status_changed_at": "2026-11-21 12:58:00 +0100",
        "deployment_id": 15,
        "deployable_id": 796,
        "deployable_url": "https://gitlab.example.com/acme/shop/-/jobs/796",
        "environment": "live",
        "environment_tier": "production",
        "environment_slug": "live",
        "environment_external_url": "https://shop.example.com",
        "project": PROJECT,
        "short_sha": SHA[:8],
        "user_url": "https://gitlab.example.com/ada",
        "commit_url": f"https://gitlab.example.com/acme/shop/-/commit/{SHA}",
        "commit_title": "Sell shoes",
        **fields,
    }


BRANCH = "suture/shop-0123456789abcdef-1"
REQUEST = {
    "id": 99,
    "iid": 1,
    "source_branch": BRANCH,
    "target_branch": "main",
    "source_project_id": 15,
    "target_project_id": 15,
    "state": "opened",
    "title": "Ask before dividing",
}
ADA = {"id": 1, "name": "Ada", "username": "ada", "email": "[REDACTED]"}


def merge_request(**fields: object) -> dict[str, Any]:
    """Return a merge request event; the fields are those of `object_attributes`."""
    return {
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": ADA,
        "project": PROJECT,
        "object_attributes": {**REQUEST, "action": "approved", **fields},
    }


def note(**fields: object) -> dict[str, Any]:
    """Return a comment on a merge request."""
    return {
        "object_kind": "note",
        "event_type": "note",
        "user": ADA,
        "project": PROJECT,
        "object_attributes": {
            "id": 1244,
            "note": "/suture reject",
            "noteable_type": "MergeRequest",
        },
        "merge_request": REQUEST,
        **fields,
    }


def push(ref: str = f"refs/heads/{BRANCH}") -> dict[str, Any]:
    """Return a push."""
    return {
        "object_kind": "push",
        "event_name": "push",
        "before": SHA,
        "after": SHA,
        "ref": ref,
        "user_username": "ada",
        "project": PROJECT,
    }


def issue(action: str = "close", **fields: object) -> dict[str, Any]:
    """Return what somebody did to an issue."""
    return {
        "object_kind": "issue",
        "event_type": "issue",
        "user": ADA,
        "project": PROJECT,
        "object_attributes": {"id": 301, "iid": 23, "state": "closed", "action": action},
        **fields,
    }


SAMPLES = (
    Sample(payload=pipeline(), headers={"X-Gitlab-Event": "Pipeline Hook"}),
    Sample(payload=pipeline("success"), headers={"X-Gitlab-Event": "Pipeline Hook"}),
    Sample(payload=job_event(), headers={"X-Gitlab-Event": "Job Hook"}),
    Sample(payload=deployment(), headers={"X-Gitlab-Event": "Deployment Hook"}),
    Sample(payload=merge_request(), headers={"X-Gitlab-Event": "Merge Request Hook"}),
    Sample(payload=note(), headers={"X-Gitlab-Event": "Note Hook"}),
    Sample(payload=push(), headers={"X-Gitlab-Event": "Push Hook"}),
    Sample(payload=issue(), headers={"X-Gitlab-Event": "Issue Hook"}),
)
