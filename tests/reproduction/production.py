"""Small projects that crash for real under sentry-sdk, and their probes run for real."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from suture.domain.alert import Alert, AlertKind, AlertSource, ExceptionInfo, FailedTest, Frame
from suture.domain.evidence import Evidence
from suture.reproduction.layout import ProjectLayout
from suture.reproduction.planning import PROBE_PATH, ReproductionPlan
from suture.verdict.observation import Observation, parse

NONCE = "8d0c2f57e4"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EVIDENCE = Evidence(base_sha="a" * 40)

DRIVER = """
import json, os, sys
sys.path[:0] = [{root!r}]
import sentry_sdk
from sentry_sdk.transport import Transport

class Keep(Transport):
    def capture_envelope(self, envelope):
        event = envelope.get_event()
        if event:
            print(json.dumps(event))

sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", transport=Keep, default_integrations=False)
try:
{crash}
except BaseException as error:
    sentry_sdk.capture_exception(error)
"""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", *argv]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=110
    )


def crash(folder: Path, statement: str, root: str = "") -> Alert:
    """Run a statement as production would, and return the alert that Sentry makes of it."""
    lines = "\n".join(f"    {line}" for line in statement.splitlines())
    script = DRIVER.format(root=str(folder / root), crash=lines)
    done = run(folder, "-c", script)
    assert done.stdout, done.stderr
    return alert_of(json.loads(done.stdout.splitlines()[-1]))


def alert_of(event: Mapping[str, Any]) -> Alert:
    links = tuple(
        ExceptionInfo(
            type=link["type"],
            value=link["value"],
            module=link.get("module"),
            frames=tuple(frame_of(frame) for frame in link["stacktrace"]["frames"]),
        )
        for link in event["exception"]["values"]
    )
    return make_alert(exceptions=links)


def frame_of(frame: Mapping[str, Any]) -> Frame:
    return Frame(
        filename=frame["filename"],
        function=frame["function"],
        module=frame.get("module"),
        lineno=frame["lineno"],
        context_line=frame.get("context_line"),
        in_app=frame["filename"] != "<string>",
        variables=frame.get("vars", {}),
    )


def make_alert(
    exceptions: tuple[ExceptionInfo, ...] = (), failed_tests: tuple[FailedTest, ...] = ()
) -> Alert:
    return Alert(
        alert_id="event-1",
        source=AlertSource.SENTRY,
        kind=AlertKind.EXCEPTION,
        service="shop",
        title="it broke",
        occurred_at=NOW,
        exceptions=exceptions,
        failed_tests=failed_tests,
    )


def layout_of(folder: Path, root: str = "") -> ProjectLayout:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in paths]
    sources = {name: (folder / name).read_text() for name in names if name.endswith(".py")}
    sources = {name: text for name, text in sources.items() if name != PROBE_PATH}
    return ProjectLayout(files=tuple(sources), sources=sources, root=root)


def probe(folder: Path, plan: ReproductionPlan, root: str = "") -> Observation:
    place = folder / root
    (place / PROBE_PATH).write_text(plan.probe, encoding="utf-8")
    done = run(place, PROBE_PATH, NONCE)
    observation = parse(done.stdout, NONCE)
    assert observation is not None, done.stderr
    return observation
