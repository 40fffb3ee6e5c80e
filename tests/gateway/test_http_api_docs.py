import asyncio
import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from apps.gateway.parts import now_utc
from apps.gateway.refusals import Code
from apps.gateway.server import running
from apps.gateway.telemetry import Telemetry
from benchmarks.envelopes import KEY
from suture.settings import Settings
from tests.gateway.harness import SECRET, World

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "reference" / "http-api.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to" / "point-an-app-at-suture.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("openssl") and shutil.which("bash")),
    reason="the examples need bash, curl and openssl",
)
async def test_the_examples_of_the_http_api_work_as_they_stand() -> None:
    world = World()
    parts = world.parts()
    # The examples sign with the real time.
    world.now = now_utc()
    answers = []
    async with running(world.app(), parts.settings) as url:
        for example in EXAMPLES:
            process = await asyncio.create_subprocess_exec(
                "bash", "-euo", "pipefail", "-c", example,
                env={
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                    "SUTURE_URL": url,
                    "SUTURE_KEY": KEY,
                    "SUTURE_SECRET": SECRET,
                },
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            output, _ = await process.communicate()
            assert process.returncode == 0, output
            answers.append(json.loads(output))
    assert answers[0] == {"id": "00000000000000000000000000000001"}
    assert answers[1]["alert_id"] == "queue-2026-11-21T12:00"
    assert answers[2]["recorded"] is True
    assert sum(world.starter.alerts.values()) == 2


def test_every_route_is_documented() -> None:
    for path in World().app().openapi()["paths"]:
        assert path.replace("{project}", "PROJECT") in TEXT


def test_every_refusal_is_documented() -> None:
    for code in set(Code) - {Code.DISCONNECTED}:
        assert f"`{code}`" in TEXT


def test_every_metric_is_documented() -> None:
    for metric in Telemetry().registry.collect():
        assert metric.name in TEXT


def test_the_settings_of_the_how_to_are_valid() -> None:
    [block] = re.findall(r"```toml\n(.*?)```", HOW_TO, re.DOTALL)
    settings = Settings.model_validate(tomllib.loads(block))
    assert settings.services["shop"].project == "7"
