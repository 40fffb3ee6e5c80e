"""What runs inside the sandbox to make a virtual environment. Standard library only.

With the directory of Suture's own pytest it copies that in, so that the most common environment
needs no registry.
"""

import ensurepip
import shutil
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

PATHS_FILE = "suture_source.pth"
SCRIPT = """#!{python}
import sys

from {module} import {function}

sys.exit({function}())
"""


def main(environment: Path, *, with_pip: bool, packages: Path | None, source: list[str]) -> None:
    """Make the environment, with packages copied in and directories of source on its path."""
    wheels = list(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))
    # Unpacking the wheel takes a tenth of the time that installing it takes.
    venv.create(environment, symlinks=True, with_pip=with_pip and not wheels)
    places = {"base": str(environment), "platbase": str(environment)}
    site = Path(sysconfig.get_path("purelib", "venv", vars=places))
    if with_pip and wheels:
        with zipfile.ZipFile(wheels[0]) as wheel:
            wheel.extractall(site)
        write_script(environment, "pip", "pip._internal.cli.main", "main")
    if packages is not None:
        # The times are kept because the compiled files refer to them.
        shutil.copytree(packages, site, dirs_exist_ok=True)
        write_script(environment, "pytest", "pytest", "console_main")
    if source:
        (site / PATHS_FILE).write_text("\n".join(source) + "\n", encoding="utf-8")


def write_script(environment: Path, name: str, module: str, function: str) -> None:
    """Write a command of the environment."""
    script = environment / "bin" / name
    python = environment / "bin" / "python"
    text = SCRIPT.format(python=python, module=module, function=function)
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        with_pip=sys.argv[2] == "pip",
        packages=Path(sys.argv[3]) if sys.argv[3] else None,
        source=sys.argv[4:],
    )
