"""Which of the statements that a fix changes are run by tests."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from activities.bench import Stand
from activities.driving import drive
from suture.domain.verification import SuiteReport
from suture.verdict.commands import options_inside
from suture.verdict.coverage import Coverage, changed_statements, cover, read_ran

SECONDS, GRACE_SECONDS = 20.0, 10.0
"""Time after which no further test begins, and time that the last one may still take."""
SHORTEST_SECONDS = 4.0
"""With less time than that it is not begun."""
MAX_PLACES = 60
"""Files of tests."""


@dataclass(frozen=True, kw_only=True)
class Covering:
    """A fix on a stand of its base."""

    stand: Stand
    fixed: Mapping[str, str]
    """The changed files as the fix leaves them."""
    originals: Mapping[str, str]
    tests: Mapping[str, str]
    """Files of the regression test."""
    node_ids: Sequence[str]
    """Tests that show the fault, relative to the service's root."""
    suite: SuiteReport
    """The existing tests."""

    def run(self, until: float) -> Coverage | None:
        """Run the tests that show the fault, then the others, and see what they run.

        `until` is on the monotonic clock. None where nobody can tell: the fix changes no Python,
        the tests are not run by pytest, or there was no time.
        """
        statements = [
            statement
            for path, text in self.fixed.items()
            if path.endswith(".py")
            for statement in changed_statements(path, self.originals.get(path, ""), text)
        ]
        places, all_of_them = self._places()
        told = options_inside(self.stand.bench.service.test_command, places)
        seconds = min(SECONDS, until - time.monotonic() - GRACE_SECONDS)
        if not statements or told is None or seconds < SHORTEST_SECONDS:
            return None
        above = self.stand.inside("")
        plan = {
            "files": [path.removeprefix(above) for path in self.fixed],
            "nodes": list(self.node_ids),
            "options": told[0],
            "seconds": seconds,
            "grace": GRACE_SECONDS,
        }
        laid = {**self.fixed, **self.tests}
        wait = seconds + 2 * GRACE_SECONDS
        told_of = drive(self.stand, "coverage", json.dumps(plan), laid, wait).last
        ran = read_ran(told_of) if told_of else None
        if ran is None:
            return None
        ran = ran.moved(self.stand.inside)
        return cover(statements, ran.model_copy(update={"whole": ran.whole and all_of_them}))

    def _places(self) -> tuple[tuple[str, ...], bool]:
        """Return files of tests, those that show the fault first, and whether these are all."""
        names = [*self.node_ids, *(case.node_id for case in self.suite.cases)]
        places = [place for place in dict.fromkeys(map(_place, names)) if place.endswith(".py")]
        return tuple(places[:MAX_PLACES]), len(places) <= MAX_PLACES


def _place(node_id: str) -> str:
    return node_id.partition("::")[0]
