"""Argo's notifications, as the how-to sets them up, are deployments to the gateway."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.examples.go_template import render
from tests.gateway.harness import SECRET, World, client_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "argo"
HOW_TO = ROOT / "docs" / "how-to" / "argo-deployments.md"
SHA, FIXED = "9f1c2d3e4b5a69788796a5b4c3d2e1f001122334", "b" * 40
APPLICATION: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {
        "name": "shop",
        "namespace": "argocd",
        "uid": "1c6f2a2e-7d0e-4a53-9e3a-0d8f5a4f7f11",
    },
    "spec": {
        "destination": {"namespace": "shop", "server": "https://kubernetes.default.svc"},
        "project": "default",
        "source": {
            "path": "deploy/live",
            "repoURL": "https://github.com/acme/shop.git",
            "targetRevision": "main",
        },
    },
    "status": {
        "health": {"lastTransitionTime": "2026-11-21T11:58:20Z", "status": "Healthy"},
        "operationState": {
            "finishedAt": "2026-11-21T11:57:46Z",
            "message": "successfully synced (all tasks run)",
            "operation": {"sync": {"revision": SHA}},
            "phase": "Succeeded",
            "startedAt": "2026-11-21T11:57:44Z",
            "syncResult": {"resources": [], "revision": SHA},
        },
        "summary": {"images": [f"registry.example:5000/acme/shop:{FIXED}"]},
        "sync": {"revision": SHA, "status": "Synced"},
    },
}
ROLLOUT: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Rollout",
    "metadata": {
        "annotations": {"rollout.argoproj.io/revision": "7"},
        "name": "shop",
        "namespace": "shop",
        "uid": "5d0e9a2c-3f2b-4c66-8f3e-6f1d2f0b7a90",
    },
    "spec": {
        "strategy": {"canary": {"steps": [{"setWeight": 20}]}},
        "template": {
            "spec": {
                "containers": [{"image": f"registry.example:5000/acme/shop:{SHA}", "name": "shop"}]
            }
        },
    },
    "status": {"phase": "Healthy"},
}


def notifications(name: str) -> dict[str, Any]:
    """Return the parts of a ConfigMap, each of them YAML again."""
    given = yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))["data"]
    return {key: yaml.safe_load(text) for key, text in given.items()}


ARGO_CD = notifications("argocd-notifications-cm.yaml")
ARGO_ROLLOUTS = notifications("argo-rollouts-notification-configmap.yaml")


def body_of(parts: dict[str, Any]) -> str:
    webhook = parts["template.suture-deployment"]["webhook"]["suture"]
    assert (webhook["method"], webhook["path"]) == ("POST", "/deployments")
    text: str = webhook["body"]
    return text


async def tell(world: World, parts: dict[str, Any], body: str) -> dict[str, Any]:
    """Post it as the notifications controller does: with the configured headers."""
    service = parts["service.webhook.suture"]
    headers = {
        one["name"]: one["value"].replace("$suture-webhook-secret", SECRET)
        for one in service["headers"]
    }
    async with client_of(world.app()) as client:
        answer = await client.post("/deployments", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def synced(**operation: object) -> dict[str, Any]:
    status = APPLICATION["status"]
    state = {**status["operationState"], **operation}
    return {"app": {**APPLICATION, "status": {**status, "operationState": state}}}


async def test_a_sync_of_argo_cd_is_a_deployment() -> None:
    world = World()
    told = await tell(world, ARGO_CD, render(body_of(ARGO_CD), synced()))
    assert told["recorded"] is True
    [deployment] = world.deployments.recorded.values()
    assert (deployment.service, deployment.commit, deployment.environment) == ("shop", SHA, "live")
    assert deployment.at.isoformat() == "2026-11-21T11:57:46+00:00"
    assert world.starter.announced == [deployment]


async def test_a_notification_that_comes_twice_counts_once_and_a_rollback_counts() -> None:
    world = World()
    later = {"finishedAt": "2026-11-21T11:59:00Z"}
    bodies = [render(body_of(ARGO_CD), synced(**one)) for one in ({}, {}, later)]
    answers = [await tell(world, ARGO_CD, body) for body in bodies]
    assert [answer["recorded"] for answer in answers] == [True, False, True]


async def test_a_rollout_is_a_deployment_of_its_image_s_commit() -> None:
    world = World()
    body = render(body_of(ARGO_ROLLOUTS), {"rollout": ROLLOUT})
    told = await tell(world, ARGO_ROLLOUTS, body)
    assert told["deployment_id"] == f"argo-rollouts/{ROLLOUT['metadata']['uid']}/7"
    [deployment] = world.deployments.recorded.values()
    assert (deployment.service, deployment.commit) == ("shop", SHA)


async def test_the_commit_may_come_from_the_image_that_argo_cd_deployed() -> None:
    [line] = re.findall(r'^"commit": .*summary.*$', HOW_TO.read_text("utf-8"), re.MULTILINE)
    body = re.sub(r'"commit": .*', lambda _: line, body_of(ARGO_CD))
    world = World()
    await tell(world, ARGO_CD, render(body, synced()))
    [deployment] = world.deployments.recorded.values()
    assert deployment.commit == FIXED


@pytest.mark.parametrize("name", ['sh"op', "shop\\", "läden"])
def test_names_cannot_break_out_of_the_json(name: str) -> None:
    variables = synced()
    variables["app"] = {**variables["app"], "metadata": {"name": name, "uid": "u"}}
    assert json.loads(render(body_of(ARGO_CD), variables))["service"] == name


def test_triggers_name_the_template_and_argo_rollouts_takes_the_first_entry() -> None:
    [on_deployed] = ARGO_CD["trigger.on-deployed-tell-suture"]
    assert on_deployed["send"] == ["suture-deployment"]
    assert "finishedAt" in on_deployed["oncePer"]
    assert ARGO_ROLLOUTS["trigger.on-rollout-completed"][0]["send"] == ["suture-deployment"]


def test_the_secret_has_the_name_that_the_headers_refer_to() -> None:
    secret = yaml.safe_load((EXAMPLES / "argocd-notifications-secret.yaml").read_text("utf-8"))
    [name] = secret["stringData"]
    for parts in (ARGO_CD, ARGO_ROLLOUTS):
        values = [header["value"] for header in parts["service.webhook.suture"]["headers"]]
        assert f"Bearer ${name}" in values


def test_the_how_to_shows_what_is_in_the_example() -> None:
    shown = re.findall(r"^```yaml\n(.*?)^```", HOW_TO.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(shown) == 3
    for part in shown:
        assert any(part in path.read_text("utf-8") for path in EXAMPLES.glob("*.yaml")), part
