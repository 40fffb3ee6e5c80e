"""The Python that environments are made from: the one that runs Suture."""

import sys
from pathlib import Path

from integrations.bubblewrap.arguments import Interpreter


def own_interpreter() -> Interpreter:
    """Return this Python without its virtual environment and installed packages."""
    prefix = Path(sys.base_prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = prefix / "lib" / version / "site-packages"
    return Interpreter(
        executable=prefix / "bin" / version,
        prefix=prefix,
        packages=(packages,) if packages.is_dir() else (),
    )
