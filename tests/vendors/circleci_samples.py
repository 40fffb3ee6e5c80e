"""Events as CircleCI's outbound webhooks send them, with the fields its reference lists."""

from typing import Any

from tests.vendors.sample import Sample

SHA = "1dc6aa69429bff4806ad6afe58d3d8f57e25973e"
SHOP = "https://github.com/acme/shop"


def code(**fields: object) -> dict[str, Any]:
    """Return `pipeline.vcs`, which GitHub's and Bitbucket's projects have."""
    return {
        "provider_name": "github",
        "origin_repository_url": SHOP,
        "target_repository_url": SHOP,
        "revision": SHA,
        "commit": {
            "subject": "Sell shoes",
            "body": "",
            "author": {"name": "Ada", "email": "ada@example.com"},
            "authored_at": "2026-11-21T11:48:53Z",
        },
        "branch": "main",
        **fields,
    }


def workflow(status: str = "failed", **fields: object) -> dict[str, Any]:
    """Return a `workflow-completed` event."""
    return {
        "id": "3888f21b-eaa7-38e3-8f3d-75a63bba8895",
        "type": "workflow-completed",
        "happened_at": "2026-11-21T11:49:34.317Z",
        "webhook": {"id": "cf8c4fdd-0587-4da1-b4ca-4846e9640af9", "name": "suture"},
        "project": {
            "id": "84996744-a854-4f5e-aea3-04e2851dc1d2",
            "name": "shop",
            "slug": "github/acme/shop",
        },
        "organization": {"id": "f22b6566-597d-46d5-ba74-99ef5bb3d85c", "name": "acme"},
        "workflow": {
            "id": "fda08377-fe7e-46b1-8992-3a7aaecac9c3",
            "name": "build-and-test",
            "created_at": "2026-11-21T11:49:03.616Z",
            "stopped_at": "2026-11-21T11:49:34.170Z",
            "url": "https://app.circleci.com/pipelines/github/acme/shop/130/workflows/fda08377",
            "status": status,
        },
        "pipeline": {
            "id": "1285fe1d-d3a6-44fc-8886-8979558254c4",
            "number": 130,
            "created_at": "2026-11-21T11:49:03.544Z",
            "trigger": {"type": "webhook"},
            "vcs": code(),
        },
        **fields,
    }


def of_gitlab() -> dict[str, Any]:
    """Return a `pipeline` whose provider is told by `trigger_parameters`."""
    return {
        "id": "37c74cb7-d64d-4032-8731-1cb95bfef921",
        "number": 1,
        "created_at": "2026-11-21T11:49:03.544Z",
        "trigger": {"type": "gitlab"},
        "trigger_parameters": {
            "gitlab": {"branch": "main", "type": "push", "checkout_sha": SHA},
            "git": {
                "tag": "",
                "checkout_sha": SHA,
                "ref": "refs/heads/main",
                "branch": "main",
                "checkout_url": "git@gitlab.com:acme/shop.git",
            },
            "circleci": {"event_type": "push", "trigger_type": "gitlab"},
        },
    }


def job() -> dict[str, Any]:
    """Return a `job-completed` event."""
    event = workflow(type="job-completed")
    del event["workflow"]["status"]
    done = {"id": "8b91f9a8", "name": "test", "status": "failed", "number": 136}
    return {**event, "job": {**done, "started_at": "2026-11-21T11:49:28.841Z"}}


SAMPLES = (
    Sample(payload=workflow(), headers={"circleci-event-type": "workflow-completed"}),
    Sample(payload=workflow("success"), headers={"circleci-event-type": "workflow-completed"}),
    Sample(payload=workflow(pipeline=of_gitlab())),
    Sample(payload=job(), headers={"circleci-event-type": "job-completed"}),
)
