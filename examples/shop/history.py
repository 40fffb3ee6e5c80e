"""Makes the shop's repository: a bare `origin.git` with its whole history, always the same SHAs.

Run as `python history.py ORIGIN.git`; it prints the commits, oldest first.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

HISTORY = Path(__file__).with_name("history")
FIRST_MESSAGE = "Sell three articles"
RELEASES = {"v1.0.0": 2, "v1.1.0": 5, "v1.2.0": 7}
"""Tag -> number of the commit it is on. v1.1.0 is good; v1.2.0 is what the demo runs."""
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ana",
    "GIT_AUTHOR_EMAIL": "ana@shop.example",
    "GIT_AUTHOR_DATE": "2026-03-02T09:00:00+00:00",
    "GIT_COMMITTER_NAME": "Ana",
    "GIT_COMMITTER_EMAIL": "ana@shop.example",
    "GIT_COMMITTER_DATE": "2026-03-02T09:00:00+00:00",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


def make_history(path: Path) -> list[str]:
    """Create the bare repository at a path that does not exist yet; return the commits' SHAs."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "shop"
        shutil.copytree(HISTORY / "base", tree)
        git(tree, "init", "--quiet", "--initial-branch=main")
        git(tree, "add", "--all")
        git(tree, "commit", "--quiet", "--no-verify", "--message", FIRST_MESSAGE)
        patches = [str(patch) for patch in sorted((HISTORY / "commits").glob("*.patch"))]
        git(tree, "am", "--quiet", "--committer-date-is-author-date", *patches)
        shas = git(tree, "rev-list", "--reverse", "main").split()
        for tag, number in RELEASES.items():
            git(tree, "tag", tag, shas[number - 1])
        git(
            Path(scratch), "init", "--quiet", "--bare", "--initial-branch=main", str(path.resolve())
        )
        git(tree, "push", "--quiet", str(path.resolve()), "main", "--tags")
    return shas


def git(directory: Path, *arguments: str) -> str:
    """Run git free of the machine's own configuration."""
    ran = subprocess.run(
        ["git", *arguments],
        cwd=directory,
        env={**os.environ, **IDENTITY},
        check=True,
        capture_output=True,
        text=True,
    )
    return ran.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("origin", type=Path, help="where the bare repository goes")
    print("\n".join(make_history(parser.parse_args().origin)))


if __name__ == "__main__":
    main()
