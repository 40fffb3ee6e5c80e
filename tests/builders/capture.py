"""Runs one case's trigger under sentry-sdk and prints the event that it would have sent.

Run as a script: `capture.py TRIGGER ROOT SERVICE RELEASE`. The SDK is the real one with its default
integrations; only its transport is replaced. Frames of this file and of the trigger stand where
a server would be; they are taken out, so that an event tells no more than production's would.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

HARNESS = {"capture.py", "trigger.py"}


class Collector(Transport):
    """Keeps the events that a network transport would send."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        super().__init__(options)
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep the envelope's event as the JSON that would travel."""
        for item in envelope.items:
            if item.type == "event":
                self.events.append(without_harness(json.loads(item.get_bytes())))


def without_harness(event: dict[str, Any]) -> dict[str, Any]:
    """Take the frames of this file and of the trigger out of an event."""
    for error in event.get("exception", {}).get("values", []):
        trace = error.get("stacktrace")
        if trace:
            trace["frames"] = [
                frame for frame in trace["frames"] if frame.get("filename") not in HARNESS
            ]
    return event


def main(trigger: str, root: str, service: str, release: str) -> int:
    """Fire the trigger once; exit code 1 if nothing was reported."""
    sys.argv[:] = [service]
    collector = Collector()
    sentry_sdk.init(
        dsn="http://key@127.0.0.1/1",
        transport=collector,
        release=release,
        environment="production",
        server_name=f"{service}-1",
        auto_enabling_integrations=False,
        project_root=root,
    )
    spec = importlib.util.spec_from_file_location("trigger", Path(trigger))
    if spec is None or spec.loader is None:
        return 1
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        module.fire()
    except Exception as error:  # noqa: BLE001 - this is the edge of the process under test
        sentry_sdk.capture_exception(error)
    if not collector.events:
        sys.stderr.write("nothing was reported\n")
        return 1
    sys.stdout.write(json.dumps(collector.events[-1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
