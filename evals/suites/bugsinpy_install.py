"""Installs what a bug's checkout pins, as far as it can be had for the Python that runs this.

Run inside the case's environment, in the project's tree, with one requirement a line on standard
input. A pin that only older Pythons have is replaced by the next release that there is: most old
code runs on it, and what does not is seen when the tests are run without and with the fix.
"""

import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PathDistribution, distributions
from pathlib import Path
from sysconfig import get_path

PYTEST = "pytest==7.4.4"
UV = (sys.executable, "-m", "uv", "pip")
TIMEOUT_SECONDS = 120


def succeeds(*command: str) -> bool:
    """Return whether that command ends well, and in time."""
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command, check=False, timeout=TIMEOUT_SECONDS, stdin=quiet, stdout=quiet, stderr=quiet
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def install(*arguments: str) -> bool:
    """Return whether uv could install that."""
    return succeeds(*UV, "install", "--quiet", "--python", sys.executable, *arguments)


def install_pins(pins: Sequence[str]) -> None:
    """Install each pin: its release or the nearest later one that is built for this Python.

    All at once where that works, since it is so much faster; else one by one, and from source
    where nothing is built.
    """
    nearest = ("--no-deps", "--only-binary", ":all:", "--resolution", "lowest")
    later = {pin: pin.replace("==", ">=") for pin in pins}
    if install(*nearest, *later.values()):
        return
    for pin, least in later.items():
        if not install(*nearest, least) and not install("--no-deps", pin):
            sys.stderr.write(f"{pin}: not to be had\n")


def name_project() -> None:
    """Give the project its metadata, which some code asks for. Its code is the tree's own."""
    place = Path(get_path("purelib"))
    before = set(place.glob("*.dist-info"))
    if not install("--no-deps", "."):
        return
    for found in set(place.glob("*.dist-info")) - before:
        for file in PathDistribution(found).files or ():
            if not str(file).startswith((found.name, "..", "/")):
                (place / file).unlink(missing_ok=True)


def renew_plugins() -> None:
    """Bring pytest's plugins, which were pinned for the pytest of their time, up to this one."""
    plugins = {
        entry.value.partition(":")[0]: found.name
        for found in distributions()
        for entry in found.entry_points.select(group="pytest11")
    }
    for module, name in plugins.items():
        install("--upgrade-package", name, name, PYTEST)
        if not succeeds(sys.executable, "-c", f"import {module}"):
            succeeds(*UV, "uninstall", "--python", sys.executable, name)


def main() -> None:
    """Install all of it, and a pytest that Suture knows."""
    install_pins(sys.stdin.read().split())
    install(PYTEST, "setuptools<81", "mock", "six")
    renew_plugins()
    name_project()


if __name__ == "__main__":
    main()
