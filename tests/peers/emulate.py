"""Runs npm's `emulate`: stateful GitHub, Slack and Linear by somebody else, on this machine.

https://www.npmjs.com/package/emulate
"""

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.peers.npm import Program, free_port, installed, listening, node

LISTED = Path(__file__).parent / "emulate_npm"


@contextlib.contextmanager
def running(service: str, seed: Mapping[str, object]) -> Iterator[str]:
    """Run one service (`github`, `slack`, `linear`) from this seed; its URL.

    The seed has the shape of emulate's configuration file: `{"slack": {...}, "tokens": {...}}`.
    Skips the test where Node or npm's registry is not to be had.
    """
    script, port = installed(LISTED) / "emulate" / "dist" / "index.js", free_port()
    with tempfile.TemporaryDirectory(prefix="emulate-") as folder:
        configured = Path(folder) / "seed.json"
        configured.write_text(json.dumps(seed), encoding="utf-8")
        options = ["--service", service, "--port", str(port), "--seed", str(configured)]
        command = [node(), str(script), "start", *options]
        with listening(Program(command=command, port=port)):
            # PyGithub asks for this very name: other hosts are taken for github.com's.
            yield f"http://localhost:{port}"
