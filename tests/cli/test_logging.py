"""What is logged loses its secrets, whoever logs it."""

import json
import logging
import sys
from pathlib import Path

import structlog

from apps.logging import _rendering, configure_logging

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
