"""What is logged loses its secrets and names its incident, whoever logs it."""

import asyncio
import json
import logging
import sys
from dataclasses import replace
from pathlib import Path

import structlog
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from apps.logging import _rendering, configure_logging
from suture.health_settings import LogFormat
from workers.beating import Beating

INCIDENT = f"incident-v1-shop-{'a' * 16}"
QUOTED = "401 of https://bot:hunter2@vendor.example"


def fail() -> None:
    raise ValueError(QUOTED)


def test_texts_and_tracebacks_lose_their_secrets_in_a_file(tmp_path: Path) -> None:
    configure_logging("info", tmp_path / "log")
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("vendor.failed", url=QUOTED, attempt=1)
        logging.getLogger("some.library").exception("It failed: %s", QUOTED)
    [handler] = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.stream.close()
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert "hunter2" not in "".join(lines)
    first, second = (json.loads(line) for line in lines)
    assert (first["event"], first["attempt"]) == ("vendor.failed", 1)
    assert "vendor.example" in first["url"]
    assert "ValueError: 401 of" in first["exception"]
    assert second["event"].startswith("It failed: 401 of")


def test_a_terminal_shows_no_secrets_either() -> None:
    scrubbed, renderer = _rendering(pretty=True)
    try:
        fail()
    except ValueError:
        event = {"event": QUOTED, "exc_info": sys.exc_info()}
        changed = scrubbed(None, "error", event)
        assert isinstance(changed, dict)
        shown = str(renderer(None, "error", changed))
    assert "hunter2" not in shown
    assert shown.count("vendor.example") == 2


def logged(path: Path) -> list[dict[str, object]]:
    """Close the log and return its lines."""
    [handler] = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.stream.close()
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_form_is_what_is_set_whatever_is_written_to(tmp_path: Path) -> None:
    configure_logging("info", tmp_path / "log", form=LogFormat.CONSOLE)
    structlog.get_logger().info("incident.opened", service="shop")
    [handler] = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.stream.close()
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "incident.opened" in text
    assert not text.startswith("{")


def test_lines_of_libraries_name_the_incident_that_they_are_about(tmp_path: Path) -> None:
    configure_logging("info", tmp_path / "log", form=LogFormat.JSON)
    library = logging.getLogger("temporalio.worker")
    child = {"workflow_id": f"{INCIDENT}-1-repair-2"}
    library.warning("It failed.", extra={"temporal_workflow": child})
    library.warning("It failed.", extra={"temporal_activity": {"workflow_id": None}})
    with structlog.contextvars.bound_contextvars(incident_id=INCIDENT):
        library.warning("It failed.")
        structlog.get_logger().info("activity.ended")
    library.warning("It failed.")
    told = [line.get("incident_id") for line in logged(tmp_path / "log")]
    assert told == [INCIDENT, None, INCIDENT, INCIDENT, None]


async def test_what_an_activity_logs_in_its_thread_names_its_incident(tmp_path: Path) -> None:
    configure_logging("info", tmp_path / "log")
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, workflow_id=f"{INCIDENT}-1-rollout")
    inner = Speaking()
    given = ExecuteActivityInput(fn=len, args=(), executor=None, headers={})
    await environment.run(Beating().intercept_activity(inner).execute_activity, given)
    spoken, ended = logged(tmp_path / "log")
    assert (spoken["event"], spoken["incident_id"]) == ("spoken", INCIDENT)
    assert (ended["event"], ended["incident_id"]) == ("activity.ended", INCIDENT)


class Speaking(ActivityInboundInterceptor):
    """Logs from another thread, as activities do."""

    def __init__(self) -> None:
        """Have nothing behind it."""

    async def execute_activity(self, input: ExecuteActivityInput) -> None:  # noqa: A002 -- the interface names it so
        del input
        await asyncio.to_thread(structlog.get_logger().info, "spoken")
