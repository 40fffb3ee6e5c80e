"""Installs what a bug's checkout pins, as far as it can be had for the Python that runs this.

Run inside the case's environment, in the project's tree, with one requirement a line on standard
input. A pin that only older Pythons have is replaced by the newest that there is: most old code
runs on it, and what does not is seen when the tests are run without and with the fix.
"""

import re
import subprocess
import sys
from importlib.metadata import PathDistribution, distributions
from pathlib import Path
from sysconfig import get_path

PYTEST = "pytest==7.4.4"
TIMEOUT_SECONDS = 120


def install(*arguments: str) -> bool:
    """Return whether uv could install that."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
    try:
        done = subprocess.run(
            [*command, *arguments],
            check=False,
            timeout=TIMEOUT_SECONDS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def install_pin(pin: str) -> bool:
    """Return whether the pin, or failing that a newer release, could be installed."""
    name = re.split(r"[=<>!~;\[ ]", pin, maxsplit=1)[0]
    return (
        install("--no-deps", "--only-binary", ":all:", pin)
        or install("--no-deps", pin)
        or install("--only-binary", ":all:", name)
    )


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
    plugins = [
        found.name for found in distributions() if found.entry_points.select(group="pytest11")
    ]
    for name in plugins:
        install("--upgrade", name, PYTEST)


def main() -> None:
    """Install all of it, and a pytest that Suture knows."""
    for pin in sys.stdin.read().split("\n"):
        if pin and not install_pin(pin):
            sys.stderr.write(f"{pin}: not to be had\n")
    install(PYTEST, "setuptools<81", "mock", "six")
    renew_plugins()
    name_project()


if __name__ == "__main__":
    main()
