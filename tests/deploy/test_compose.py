"""What of the compose file can be checked without a container engine."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from docs import generate
from suture.settings import Settings, child_environment
from tests.builders.temporal import temporal_address
from workers.temporal_server import find_temporal
from workers.worker import Role
from workflows.chronicle import SEARCH_ATTRIBUTES

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OURS = {name: part for name, part in SERVICES.items() if part["image"].startswith("suture:")}
YOURS = {"./repositories", "./suture.toml", "./sandbox.toml"}
"""What whoever starts it brings along."""
SCRAPED = yaml.safe_load((ROOT / "deploy/docker/prometheus.yml").read_text(encoding="utf-8"))


def script(name: str) -> str:
    """Return a script as the container sees it."""
    return str(COMPOSE["configs"][name]["content"]).replace("$$", "$")


def environment_names() -> set[str]:
    """Return every variable of ours that compose file or image set."""
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    names = {name for part in OURS.values() for name in part["environment"]}
    return names | set(re.findall(r"\bSUTURE_\w+(?==)", image))


def test_every_command_of_ours_exists() -> None:
    known = dict(generate.commands())
    for part in OURS.values():
        command, *options = part["command"]
        assert f"suture {command}" in known
        assert set(options) <= {"--role", *Role}


def test_nothing_of_ours_starts_before_the_tables_are_there() -> None:
    waits = {name: set(part["depends_on"]) for name, part in OURS.items()}
    assert waits.pop("migrate") == {"temporal-namespace"}
    assert OURS["migrate"]["command"] == ["migrate"]
    assert set(map(frozenset, waits.values())) == {frozenset({"migrate"})}


def test_ours_can_do_no_more_than_it_must() -> None:
    for part in OURS.values():
        assert part["read_only"] is True
        assert part["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in part["security_opt"]
        assert "privileged" not in part
        assert not {"unconfined", "seccomp=unconfined"} & set(part["security_opt"])


def test_only_the_sandbox_worker_is_confined_less_and_by_a_profile_that_is_there() -> None:
    less = {name for name, part in OURS.items() if len(part["security_opt"]) > 1}
    assert less == {"sandbox-worker"}
    given = dict(one.split("=", 1) for one in OURS["sandbox-worker"]["security_opt"][1:])
    assert set(given) == {"seccomp", "apparmor", "systempaths"}
    assert json.loads((ROOT / given["seccomp"]).read_text(encoding="utf-8"))["syscalls"]


def test_the_sandbox_worker_has_no_secret_but_the_databases() -> None:
    others = {name: part for name, part in OURS.items() if name != "sandbox-worker"}
    own = OURS["sandbox-worker"]
    secrets = {name for name, value in own["environment"].items() if "${" in value}
    assert secrets == {"SUTURE_DATABASE_URL"}
    assert [one["source"] for one in own["configs"]] == ["sandbox-settings"]
    for part in others.values():
        assert "SUTURE_DECISION_KEY" in part["environment"]
        assert {*own["volumes"]} & {*part["volumes"]} == {"artifacts:/var/lib/suture/artifacts"}
    assert "./repositories:/srv/git:ro" in own["volumes"]
    assert set(COMPOSE["volumes"]) >= {"artifacts", "sandbox", "state"}


def test_volumes_of_ours_begin_as_folders_that_the_image_gives_to_its_user() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    (made,) = re.findall(
        r"install --directory --owner suture --group suture (.+)$", image, re.MULTILINE
    )
    given = {volume.split(":")[1] for part in OURS.values() for volume in part["volumes"]}
    assert set(made.split()) == given - {"/srv/git"}


def test_every_image_has_a_version() -> None:
    for part in SERVICES.values():
        version = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", part["image"]).rpartition(":")[2]
        assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?", version), part["image"]


def test_every_file_that_is_mounted_is_there() -> None:
    configured = {one["file"] for one in COMPOSE["configs"].values() if "file" in one}
    mounted = {
        volume.split(":")[0]
        for part in SERVICES.values()
        for volume in part.get("volumes", ())
        if volume.startswith("./")
    }
    for path in configured | mounted - YOURS:
        assert path in YOURS or (ROOT / path).exists(), path


def test_suture_uses_a_database_role_that_is_made_for_it() -> None:
    url = re.sub(r"\$\{.*?\}", "secret", OURS["gateway"]["environment"]["SUTURE_DATABASE_URL"])
    parsed = make_url(url)
    assert (parsed.username, parsed.database) == ("suture", "suture")
    assert "CREATE ROLE suture LOGIN" in script("database")
    assert "CREATE DATABASE suture OWNER suture;" in script("database")


def test_prometheus_scrapes_what_is_served() -> None:
    served = {
        int(OURS[worker]["environment"][f"SUTURE_HEALTH__METRICS__{name}"])
        for worker in ("worker", "sandbox-worker")
        for name in ("PORT", "TEMPORAL_PORT")
    }
    looked_up = [one for job in SCRAPED["scrape_configs"] for one in job.get("dns_sd_configs", ())]
    assert {one["port"] for one in looked_up} == served
    assert {name for one in looked_up for name in one["names"]} == set(OURS) - {
        "gateway",
        "migrate",
    }
    fixed = [one for job in SCRAPED["scrape_configs"] for one in job.get("static_configs", ())]
    assert fixed == [{"targets": ["gateway:8700"]}]


def test_alert_rules_speak_of_jobs_that_are_scraped() -> None:
    jobs = {job["job_name"] for job in SCRAPED["scrape_configs"]}
    rules = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "deploy/prometheus").glob("*.yml")
    )
    assert set(re.findall(r'job="([^"]+)"', rules)) <= jobs


def test_prometheus_takes_its_configuration() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: Debian has it in the package prometheus")
    given = ["check", "config", "--syntax-only", str(ROOT / "deploy/docker/prometheus.yml")]
    done = subprocess.run([promtool, *given], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_together_the_workers_serve_every_role() -> None:
    assert {word for part in OURS.values() for word in part["command"]} >= set(Role)


def test_every_variable_is_a_setting() -> None:
    for name in environment_names() - {"SUTURE_CONFIG"}:
        model: Any = Settings
        for part in name.removeprefix("SUTURE_").lower().split("__"):
            field = model.model_fields[part]
            model = field.annotation


def test_the_image_has_every_package_and_may_see_no_more() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = set(re.findall(r"^COPY (\w+) \1$", image, re.MULTILINE))
    assert copied == {
        "suture",
        "integrations",
        "activities",
        "workflows",
        "workers",
        "evals",
        "apps",
    }
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    assert {f"!{name}" for name in copied} <= set(ignored)


def test_the_image_does_not_run_as_root() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (.+)$", image, re.MULTILINE)[-1] == "10001:10001"


def test_the_namespace_script_prepares_a_real_server_as_often_as_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "namespace.sh"
    # A namespace that the server does not have yet: its own start prepares only the others.
    path.write_text(script("namespace").replace("-n default", "-n fresh"), encoding="utf-8")
    with temporal_address() as address:
        environment = child_environment(
            TEMPORAL_ADDRESS=address, RETENTION="90d", PATH=f"{Path(find_temporal()).parent}:/bin"
        )
        for _ in range(2):
            subprocess.run(["/bin/sh", str(path)], env=environment, check=True, timeout=60)
        listed = subprocess.run(
            [find_temporal(), "operator", "search-attribute", "list", "-n", "fresh"],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert all(key.name in listed.stdout for key in SEARCH_ATTRIBUTES)
