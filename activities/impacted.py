"""The tests that a patch is likeliest to break, run before all the others.

Where they fail, the whole suite need not be waited for. Where they pass, that says nothing: the
evidence gate looks at the whole suite only.
"""

from collections.abc import Iterable, Mapping

from activities.bench import Stand
from suture.domain.value import CommitSha
from suture.domain.verification import SuiteReport, TestOutcome
from suture.localisation.imports import imported_files
from suture.localisation.neighbours import files_seen_from
from suture.localisation.snapshot import Snapshot, is_test_path
from suture.toolchain.naming import is_place

SLOW_SECONDS = 10.0
"""Suites that are over sooner are run whole at once."""
MAX_PLACES = 60
"""Files, packages or classes of tests; with more of them the whole suite is as good."""
MAX_TESTS = 2_000


def run_impacted(
    files: Mapping[str, str], stand: Stand, sha: CommitSha, base: SuiteReport
) -> SuiteReport | None:
    """Run the tests that use what is changed; return the base's report with their outcomes.

    None where that is not worth it: the suite is fast, or nobody can tell which tests those are.
    """
    if base.seconds < SLOW_SECONDS or not base.ran:
        return None
    snapshot = Snapshot(stand.bench.repository, sha)
    above = stand.inside("")
    tests = impacted_files(files, snapshot)
    relative = [path.removeprefix(above) for path in tests]
    passed = (case.node_id for case in base.cases if case.outcome is TestOutcome.PASSED)
    places = dict.fromkeys(node_id.partition("::")[0] for node_id in passed)
    chosen = tuple(place for place in places if any(is_place(place, path) for path in relative))
    if not chosen or len(chosen) > MAX_PLACES:
        return None
    seen = stand.run_tests(chosen, files)
    known = {case.node_id: case for case in base.cases}
    known |= {case.node_id: case for case in seen.cases if case.node_id in known}
    return base.model_copy(update={"cases": tuple(known.values())}) if seen.ran else None


def impacted_files(changed: Iterable[str], snapshot: Snapshot) -> list[str]:
    """Return the files of tests that import a changed file, or something that imports it."""
    wanted = set(changed)
    tests = [path for path in sorted(snapshot.paths) if is_test_path(path)][:MAX_TESTS]
    return [path for path in tests if path in wanted or wanted & _used_by(path, snapshot)]


def _used_by(path: str, snapshot: Snapshot) -> set[str]:
    if path.endswith(".py"):
        return set(imported_files(path, snapshot, depth=2))
    direct = files_seen_from(path, snapshot)
    return {*direct, *(other for each in direct for other in files_seen_from(each, snapshot))}
