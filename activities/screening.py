"""Sorting out candidates that do not stand, many in one sandbox run.

It only says which are not worth a run of their own. Whatever is built on is seen again, alone; a
candidate that spoils the tree for the next ones, or forges a verdict, can only hide another one.
"""

import json
import os
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from activities.bench import Stand
from activities.driving import Said, drive, installed
from suture.patterns.sketch import shared_ends
from suture.reproduction.planning import PROBE_PATH, PROBE_SECONDS
from suture.verdict.commands import options_inside

SERVER, FORK = "_suture_screen_server", "_suture_screen_fork"
TEST_SECONDS = 60.0
"""Of one candidate that needs a fresh import; a longer one gets a run of its own."""
BASE_SECONDS = 1.0
"""Processor time of one test on the base: what takes longer says nothing about candidates."""
MAX_GUARDS = 200
"""Passing tests beside the failing ones that a candidate must not break."""
MAX_JOBS = 2
MAX_PLAN_CHARACTERS = 4 << 20
LIBRARY = (
    *("argparse", "ast", "asyncio", "datetime", "decimal", "difflib", "fractions", "inspect"),
    *("logging", "pprint", "subprocess", "traceback", "typing", "unittest", "uuid"),
)
"""What probes and pytest need in any project."""


Brief = dict[str, str | list[int | str]]
"""What a candidate changes: by path, how much stays at both ends of what, or the whole text."""


class Look(StrEnum):
    """What was seen of a candidate in passing."""

    GREEN = "green"
    """The reproduction stands, and nothing beside it broke."""
    BREAKS = "breaks"
    """The reproduction stands, and a passing test beside it does not."""
    SLOW = "slow"
    """It did not come to an end within a small multiple of the time of tests that do."""
    RED = "red"
    UNTRIED = "untried"


@dataclass(frozen=True, kw_only=True)
class Screening:
    """How candidates of one case are sorted out."""

    stand: Stand
    probe: str
    """The probe's text; empty where the project's own tests are the proof."""
    node_ids: tuple[str, ...]
    test_files: Mapping[str, str]

    def run(
        self, candidates: Sequence[Mapping[str, str]], seconds: float, patience: float = 1.0
    ) -> tuple[Look, ...]:
        """Try candidates together, the first ones first, until the time is over.

        Candidates are files to lay over the tree. With tests, the server may leave out what comes
        long after the first that stands. `patience` multiplies the time that tests have.
        """
        options = self._options(self.node_ids)
        briefs = self._briefs(candidates) if options else {}
        if options is None or len(briefs) < 2:  # noqa: PLR2004 -- one is tried alone
            return (Look.UNTRIED,) * len(candidates)
        said = self._said(self._plan(list(briefs.values()), options, patience), seconds)
        found = dict(zip(briefs, looks(*said, len(briefs)), strict=True))
        return tuple(found.get(number, Look.UNTRIED) for number in range(len(candidates)))

    def _briefs(self, candidates: Sequence[Mapping[str, str]]) -> dict[int, Brief]:
        """Say briefly what candidates change, by their numbers; what has no room is left out."""
        bases: dict[str, str] = {}
        room, found = MAX_PLAN_CHARACTERS, dict[int, Brief]()
        for number, files in enumerate(candidates):
            brief = self._briefly(files, bases)
            size = len(json.dumps(brief))
            if size <= room:
                room -= size
                found[number] = brief
        return found

    def _said(self, plan: str, seconds: float) -> Said:
        if self.probe:
            laid = {self.stand.inside(PROBE_PATH): self.probe}
        else:
            laid = dict(self.test_files)
            laid[self.stand.inside(f"{SERVER}.py")] = installed("screen_server")
            laid[self.stand.inside(f"{FORK}.py")] = installed("screen_fork")
        return drive(self.stand, "screen", plan, laid, seconds)

    def _options(self, chosen: Sequence[str]) -> tuple[tuple[str, ...], bool] | None:
        """Return what pytest is told, and whether it looks for modules in its directory.

        None: nobody can tell from outside how the tests are started.
        """
        if self.probe:
            return (), True
        return options_inside(self.stand.bench.service.test_command, chosen)

    def _plan(
        self,
        briefs: Sequence[Brief],
        options: tuple[tuple[str, ...], bool],
        patience: float,
    ) -> str:
        places = tuple(dict.fromkeys(node.partition("::")[0] for node in self.node_ids))
        collect = self._options(places) or options
        return json.dumps(
            {
                "probe": PROBE_PATH if self.probe else "",
                "server": "" if self.probe else SERVER,
                "options": options[0],
                "collect": collect[0],
                "nodes": self.node_ids,
                "here": options[1],
                "modules": LIBRARY if self.probe else (*LIBRARY, "pytest"),
                "seconds": PROBE_SECONDS if self.probe else TEST_SECONDS,
                "base_seconds": BASE_SECONDS,
                "patience": patience,
                "guards": MAX_GUARDS,
                "jobs": max(1, min(MAX_JOBS, os.cpu_count() or 1)),
                "candidates": briefs,
            }
        )

    def _briefly(self, files: Mapping[str, str], bases: dict[str, str]) -> Brief:
        """Say of each file how many characters of the base stay at both ends of what."""
        root = self.stand.bench.service.root or "."
        found: Brief = {}
        for path, text in files.items():
            if path not in bases:
                bases[path] = _read(self.stand.tree / path)
            base = bases[path]
            before, after = shared_ends(base, text)
            middle = text[before : len(text) - after]
            found[posixpath.relpath(path, root)] = [before, after, middle] if base else text
        return found


def _read(path: Path) -> str:
    """Return a file's text; nothing for one that is not there or is no text."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def looks(said: str, nonce: str, count: int) -> tuple[Look, ...]:
    """Read what the driver printed."""
    found = [Look.UNTRIED] * count
    words = "|".join(look for look in Look if look is not Look.UNTRIED)
    for line in re.finditer(rf"^{nonce} ([0-9]{{1,5}}) ({words})$", said, re.MULTILINE):
        if int(line[1]) < count:
            found[int(line[1])] = Look(line[2])
    return tuple(found)
