"""Sorting out candidates that do not stand, many in one sandbox run.

It only says which are not worth a run of their own. Whatever is built on is seen again, alone; a
candidate that spoils the tree for the next ones, or forges a verdict, can only hide another one.
"""

import json
import posixpath
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources

from activities.bench import Stand
from suture.reproduction.planning import PROBE_PATH, PROBE_SECONDS
from suture.verdict.commands import select_tests

DRIVER_PATH, PLAN_PATH = ".suture_screen.py", ".suture_screen.json"
TEST_SECONDS = 60.0
"""Of one candidate; a longer one gets a run of its own."""
MAX_PLAN_CHARACTERS = 4 << 20
LAUNCHERS = (("python", "-m", "pytest"), ("python3", "-m", "pytest"), ("pytest",), ("py.test",))
LIBRARY = (
    *("argparse", "ast", "asyncio", "datetime", "decimal", "difflib", "fractions", "inspect"),
    *("logging", "pprint", "subprocess", "traceback", "typing", "unittest", "uuid"),
)
"""What probes and pytest need in any project."""


@dataclass(frozen=True, kw_only=True)
class Screening:
    """How candidates of one case are sorted out."""

    stand: Stand
    probe: str
    """The probe's text; empty where the project's own tests are the proof."""
    node_ids: tuple[str, ...]
    test_files: Mapping[str, str]

    def run(self, candidates: Sequence[Mapping[str, str]], seconds: float) -> tuple[bool, ...]:
        """Tell of each candidate whether it is worth a run of its own.

        Candidates are files to lay over the tree. One that was not tried, as because the time was
        over, is worth one.
        """
        worthy = (True,) * len(candidates)
        options = self._options()
        if len(candidates) < 2 or options is None:  # noqa: PLR2004 -- one is tried alone
            return worthy
        plan = self._plan(candidates, options)
        if len(plan) > MAX_PLAN_CHARACTERS:
            return worthy
        nonce = secrets.token_hex(16)
        laid = {self.stand.inside(PLAN_PATH): plan}
        if self.probe:
            laid[self.stand.inside(PROBE_PATH)] = self.probe
        else:
            laid |= self.test_files
        said = self.stand.run_script(DRIVER_PATH, driver(), (PLAN_PATH, nonce), laid, seconds)
        return tuple(
            verdict is None or self._is_worthy(verdict)
            for verdict in verdicts(said, nonce, len(candidates))
        )

    def _is_worthy(self, verdict: str) -> bool:
        # A probe has the same time when it runs alone; tests may have more.
        return verdict == "green" or (verdict == "slow" and not self.probe)

    def _options(self) -> tuple[tuple[str, ...], bool] | None:
        """Return what pytest is told, and whether it looks for modules in its directory.

        None: nobody can tell from outside how the tests are started.
        """
        if self.probe:
            return (), True
        argv = select_tests(self.stand.bench.service.test_command, self.node_ids, "unused")
        for words in LAUNCHERS:
            if argv[: len(words)] == words:
                kept = (word for word in argv[len(words) :] if not word.startswith("--junitxml="))
                return tuple(kept), len(words) > 1
        return None

    def _plan(
        self, candidates: Sequence[Mapping[str, str]], options: tuple[tuple[str, ...], bool]
    ) -> str:
        root = self.stand.bench.service.root.strip("/") or "."
        return json.dumps(
            {
                "probe": PROBE_PATH if self.probe else "",
                "options": options[0],
                "here": options[1],
                "modules": LIBRARY if self.probe else (*LIBRARY, "pytest"),
                "seconds": PROBE_SECONDS if self.probe else TEST_SECONDS,
                "candidates": [
                    {posixpath.relpath(path, root): text for path, text in files.items()}
                    for files in candidates
                ],
            }
        )


def driver() -> str:
    """Return the driver's source, as it is installed."""
    return (resources("activities") / "screen_driver.py").read_text(encoding="utf-8")


def verdicts(said: str, nonce: str, count: int) -> tuple[str | None, ...]:
    """Read what the driver printed; None for candidates that it says nothing of."""
    found: list[str | None] = [None] * count
    for line in re.finditer(rf"^{nonce} ([0-9]{{1,4}}) (green|red|slow)$", said, re.MULTILINE):
        if int(line[1]) < count:
            found[int(line[1])] = line[2]
    return tuple(found)
