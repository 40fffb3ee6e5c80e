"""Running one of Suture's own drivers inside the sandbox, and hearing what it says.

A driver is a script of this package, such as `spectrum_driver.py`. It is laid into the tree beside
its plan, and marks what it prints by a nonce, which the project's code has not seen before it.
"""

import secrets
from collections.abc import Mapping
from importlib.resources import files as resources
from typing import NamedTuple

from activities.bench import Stand


class Said(NamedTuple):
    """What a driver printed. The project's code may have printed into it, too."""

    text: str
    nonce: str

    @property
    def last(self) -> str:
        """What the last line that begins with the nonce says; empty where there is none."""
        lines = [line for line in self.text.splitlines() if line.startswith(f"{self.nonce} ")]
        return lines[-1].partition(" ")[2] if lines else ""


def drive(stand: Stand, driver: str, plan: str, files: Mapping[str, str], seconds: float) -> Said:
    """Run a driver by its name, with its plan in JSON and files laid over the tree."""
    nonce = secrets.token_hex(16)
    script, told = f".suture_{driver}.py", f".suture_{driver}.json"
    laid = {**files, stand.inside(told): plan}
    text = stand.run_script(script, installed(f"{driver}_driver"), (told, nonce), laid, seconds)
    return Said(text, nonce)


def installed(module: str) -> str:
    """Return the source of what runs inside, as it is installed."""
    return (resources("activities") / f"{module}.py").read_text(encoding="utf-8")
