"""What of the compose file can be checked without a container engine."""

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from docs import generate
from suture.settings import Settings, child_environment
from tests.builders.temporal import temporal_address
from workers.temporal_server import find_temporal
from workers.worker import Role
from workflows.chronicle import SEARCH_ATTRIBUTES

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
OURS = {name: part for name, part in COMPOSE["services"].items() if part["image"] == "suture"}


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
    assert copied == {"suture", "integrations", "activities", "workflows", "workers", "apps"}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    assert {f"!{name}" for name in copied} <= set(ignored)


def test_the_image_does_not_run_as_root() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (.+)$", image, re.MULTILINE)[-1] == "suture"


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
