"""What of the manifests can be checked without a cluster."""

import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs import generate
from suture.policy.model import Policy
from suture.secret_sources import resolve_secrets
from suture.settings import Settings, parse_policy
from workers.worker import Role

ROOT = Path(__file__).parents[2] / "deploy" / "kubernetes"
PARTS = ("core", "sandbox")
VERSIONS = ("1.33", "1.36")
"""The first with user namespaces of pods switched on, and the first that cannot switch them off."""
COMPONENT = "app.kubernetes.io/component"


def documents(part: str) -> Iterator[dict[str, Any]]:
    """Yield the manifests as they are written."""
    for path in sorted((ROOT / part).glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


ALL = [document for part in PARTS for document in documents(part)]
WORKLOADS = [one for one in ALL if one["kind"] in {"Deployment", "Job"}]


def named(document: dict[str, Any]) -> str:
    return f"{document['kind']}/{document['metadata']['name']}"


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [one for one in ALL if one["kind"] == kind]


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def every_container(workload: dict[str, Any]) -> list[dict[str, Any]]:
    spec = pod(workload)
    return [*spec["containers"], *spec.get("initContainers", ())]


def settings_of(part: str) -> Settings:
    """Return a part's settings, as they are where all files of secrets are there."""
    text = (ROOT / part / "settings" / "suture.toml").read_text(encoding="utf-8")
    return Settings.model_validate(resolve_secrets(Settings, tomllib.loads(text), lambda *_: "..."))


def mounts_of(workload: dict[str, Any]) -> list[dict[str, Any]]:
    (container,) = pod(workload)["containers"]
    mounts: list[dict[str, Any]] = container["volumeMounts"]
    return mounts


def labels(workload: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("document", ALL, ids=named)
def test_every_manifest_is_valid_by_kubernetes_own_schema(
    document: dict[str, Any], version: str
) -> None:
    schemas = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is in the dependency group `peers`"
    )
    schemas.validate(document, version, strict=True)


@pytest.mark.parametrize("part", PARTS)
def test_kustomize_puts_a_part_together(part: str) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed; no registry of Python's or npm's has it")
    done = subprocess.run(
        [kubectl, "kustomize", str(ROOT / part)], check=True, capture_output=True, timeout=60
    )
    made = list(yaml.safe_load_all(done.stdout))
    known = {(one["kind"], one["metadata"]["name"]) for one in made}
    for workload in (one for one in made if one["kind"] in {"Deployment", "Job"}):
        assert workload["metadata"]["namespace"] == "suture"
        for container in every_container(workload):
            assert container["image"] == "registry.example.com/suture:0.1.0"
        for volume in pod(workload)["volumes"]:
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in known


@pytest.mark.parametrize("workload", WORKLOADS, ids=named)
def test_no_pod_may_more_than_it_must(workload: dict[str, Any]) -> None:
    spec = pod(workload)
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10_001
    for container in every_container(workload):
        confined = container["securityContext"]
        assert confined["allowPrivilegeEscalation"] is False
        assert confined["readOnlyRootFilesystem"] is True
        assert confined["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("workload", WORKLOADS, ids=named)
def test_only_the_sandbox_worker_leaves_the_usual_profiles(workload: dict[str, Any]) -> None:
    spec = pod(workload)
    profile = spec["securityContext"]["seccompProfile"]
    loose = "procMount" in json.dumps(spec) or "Unconfined" in json.dumps(spec)
    assert loose is (labels(workload)[COMPONENT] == "sandbox-worker")
    if loose:
        file = ROOT.parent / "docker" / Path(profile["localhostProfile"]).name
        assert json.loads(file.read_text(encoding="utf-8"))["syscalls"]
        assert spec["hostUsers"] is False
        assert spec["nodeSelector"]
    else:
        assert profile == {"type": "RuntimeDefault"}


@pytest.mark.parametrize("workload", of_kind("Deployment"), ids=named)
def test_every_deployment_is_probed_and_survives_maintenance(workload: dict[str, Any]) -> None:
    (container,) = pod(workload)["containers"]
    ports = {port["name"] for port in container["ports"]}
    probes = [container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness")]
    assert {probe["port"] for probe in probes} <= ports
    selected = workload["spec"]["selector"]["matchLabels"]
    assert selected.items() <= labels(workload).items()
    budgets = [one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget")]
    assert selected in budgets
    assert workload["spec"]["replicas"] > 1


def test_every_command_exists_and_every_role_is_served() -> None:
    known, roles = dict(generate.commands()), set()
    for workload in WORKLOADS:
        command, *options = pod(workload)["containers"][0]["args"]
        assert f"suture {command}" in known
        roles |= set(options) - {"--role"}
    assert roles == set(Role)


def test_every_policy_of_the_network_selects_pods_that_are_there() -> None:
    components = {labels(workload)[COMPONENT] for workload in WORKLOADS}
    for policy in of_kind("NetworkPolicy"):
        selector = policy["spec"]["podSelector"]
        wanted = {selector.get("matchLabels", {}).get(COMPONENT)} - {None}
        for expression in selector.get("matchExpressions", ()):
            wanted |= set(expression["values"])
        assert wanted <= components, policy["metadata"]["name"]


def test_what_is_not_allowed_is_denied() -> None:
    nothing = [one["spec"] for one in of_kind("NetworkPolicy") if not one["spec"]["podSelector"]]
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in nothing


def test_no_policy_lets_anybody_reach_a_clouds_metadata() -> None:
    blocks = [
        peer["ipBlock"]
        for policy in of_kind("NetworkPolicy")
        for rule in policy["spec"].get("egress", ())
        for peer in rule["to"]
        if "ipBlock" in peer
    ]
    assert blocks
    assert all("169.254.0.0/16" in block["except"] for block in blocks)


def test_whatever_can_reach_temporal_can_do_nothing_there_without_a_certificate() -> None:
    (policy,) = [
        one for one in of_kind("NetworkPolicy") if one["metadata"]["name"] == "engine-and-database"
    ]
    for rule in policy["spec"]["egress"]:
        (port,), (peer,) = rule["ports"], rule["to"]
        assert port["port"] in {5432, 7233}
        assert peer["namespaceSelector"]["matchLabels"]
    for part in PARTS:
        known = settings_of(part).temporal.certificates
        assert known is not None
        assert known.client_key is not None
        assert {known.authority_file, known.client_file} == {
            Path("/run/secrets/temporal") / name for name in ("ca.crt", "tls.crt")
        }
    for workload in WORKLOADS:
        mounts = {one["mountPath"]: one["name"] for one in mounts_of(workload)}
        volumes = {one["name"]: one for one in pod(workload)["volumes"]}
        secret = volumes[mounts["/run/secrets/temporal"]]["secret"]["secretName"]
        own = labels(workload)[COMPONENT] == "sandbox-worker"
        assert secret == ("suture-sandbox-temporal" if own else "suture-temporal")


def test_the_sandbox_worker_has_no_secret_of_anybody_else() -> None:
    def secrets(workload: dict[str, Any]) -> set[str]:
        volumes = [
            one["secret"]["secretName"] for one in pod(workload)["volumes"] if "secret" in one
        ]
        (container,) = pod(workload)["containers"]
        return {*volumes, *(one["secretRef"]["name"] for one in container["envFrom"])}

    others = {labels(one)[COMPONENT]: secrets(one) for one in WORKLOADS}
    own = others.pop("sandbox-worker")
    assert own == {"suture-sandbox-secrets", "suture-sandbox-temporal"}
    assert own.isdisjoint(set().union(*others.values()))


def test_a_service_leads_to_pods_with_its_port() -> None:
    (service,) = of_kind("Service")
    (workload,) = [
        one
        for one in of_kind("Deployment")
        if service["spec"]["selector"].items() <= labels(one).items()
    ]
    ports = {port["name"] for port in pod(workload)["containers"][0]["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


@pytest.mark.parametrize("part", PARTS)
def test_the_settings_are_valid_and_serve_the_probed_ports(part: str) -> None:
    settings = settings_of(part)
    metrics = settings.health.metrics
    served = {settings.gateway.port, metrics.port, metrics.temporal_port}
    workloads = [one for one in documents(part) if one["kind"] == "Deployment"]
    containers = [pod(workload)["containers"][0] for workload in workloads]
    assert {port["containerPort"] for one in containers for port in one["ports"]} <= served
    mounts = {mount["mountPath"] for one in containers for mount in one["volumeMounts"]}
    assert settings.policy_file is not None
    assert str(settings.policy_file.parent) in mounts
    assert metrics.host == "0.0.0.0"  # noqa: S104 -- Prometheus comes from outside the pod


def test_the_policy_is_valid() -> None:
    text = (ROOT / "policy" / "policy.yaml").read_text(encoding="utf-8")
    assert isinstance(parse_policy(text), Policy)
